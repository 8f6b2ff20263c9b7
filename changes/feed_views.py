"""Feeds over HTTP: asked often, answered from one index lookup while nothing is new."""

from __future__ import annotations

from csp.constants import NONE
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from changes.feed_formats import FORMATS
from changes.feeds import build_feed
from changes.filters import ChangeQuery

# Part of the ETag: a new number makes every reader fetch again.
REPRESENTATION = 1


@require_safe
def serve_feed(
    request: HttpRequest, query: ChangeQuery, format: str, *, title: str, home_url: str
) -> HttpResponse:
    """The answer to ``query`` as "atom", "rss" or "json"; 304 where the reader has it already.

    Whether it has is one query on the index of changes. In the site's language, whoever asks: what
    one reader fetched may serve others.
    """
    newest = query.find().values_list("pk", "at").first()
    number, at = newest or (0, None)
    etag = f'"{REPRESENTATION}-{format}-{number}"'
    modified = int(at.timestamp()) if at else None
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        with translation.override(settings.LANGUAGE_CODE):
            feed = build_feed(query, path=request.path, home_url=home_url, title=title)
            kind = FORMATS[format]
            response = HttpResponse(kind.write(feed), content_type=kind.content_type)
    return _with_validators(sandboxed(response), etag=etag, modified=modified)


def sandboxed(response: HttpResponse) -> HttpResponse:
    """``response`` with a policy that lets a browser that shows it do nothing (RELIABILITY §3)."""
    response._csp_config = {"default-src": [NONE], "sandbox": True}  # type: ignore[attr-defined]
    return response


def _with_validators(response: HttpResponse, *, etag: str, modified: int | None) -> HttpResponse:
    """``response`` as anyone may keep it who asks each time whether it still holds."""
    response.headers["ETag"] = etag
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = "public, no-cache"
    response.headers["Content-Language"] = settings.LANGUAGE_CODE
    return response
