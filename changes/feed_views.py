"""Feeds over HTTP: asked often, answered from one index lookup while nothing is new."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from csp.constants import NONE
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from changes.feed_formats import FORMATS, ChangeFeed
from changes.feeds import build_feed
from changes.filters import ChangeQuery
from changes.hiding import with_hiding_state

# Part of the ETag: a new number makes every reader fetch again.
REPRESENTATION = 1


@require_safe
def serve_feed(
    request: HttpRequest,
    query: ChangeQuery,
    format: str,
    *,
    address: str,
    title: Callable[[], str],
    home_url: str,
) -> HttpResponse:
    """The answer to ``query`` as "atom", "rss" or "json"; 304 where the reader has it already.

    ``address`` is that of the feed's first page, ``home_url`` that of the same list as a page;
    ``title`` is asked for once the site's language is spoken.
    """

    def build() -> ChangeFeed:
        return build_feed(query, address=address, home_url=home_url, title=title())

    return answer_feed(request, format, rows=query.find(), build=build, also=_waiting(query))


def answer_feed(
    request: HttpRequest, format: str, *, rows: Any, build: Callable[[], ChangeFeed], also: str = ""
) -> HttpResponse:
    """What ``build`` makes as "atom", "rss" or "json"; 304 where the reader has it already.

    Whether it has is one query: the newest of ``rows`` (newest first, each with its ``at``) on its
    index, and whether anything was hidden since. ``also`` is what else a reader's copy depends on.
    In the site's language, whoever asks: what one reader fetched may serve others.
    """
    columns = ("pk", "at", "hidden_count", "hidden_newest", "hidden_at")
    newest = with_hiding_state(rows).values_list(*columns).first()
    number, at, *hidden, hidden_at = newest or (0, None, None, None, None)
    state = f"{number}{also}-{'-'.join(map(str, hidden))}"
    return answer_state(request, format, state=state, times=(at, hidden_at), build=build)


def digest(*facts: Any) -> str:
    """A short text that is another whenever any of ``facts`` is: for the state of a feed."""
    return hashlib.blake2b(repr(facts).encode(), digest_size=16).hexdigest()


def answer_state(
    request: HttpRequest,
    format: str,
    *,
    state: str,
    times: Iterable[datetime | None],
    build: Callable[[], ChangeFeed],
) -> HttpResponse:
    """What ``build`` makes as "atom", "rss" or "json"; 304 where the reader has it already.

    ``state`` is another one whenever that would be; the newest of ``times`` is when it last was.
    """
    etag = f'"{REPRESENTATION}-{format}-{state}"'
    modified = max((int(at.timestamp()) for at in times if at is not None), default=None)
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        with translation.override(settings.LANGUAGE_CODE):
            kind = FORMATS[format]
            response = HttpResponse(kind.write(build()), content_type=kind.content_type)
    return _with_validators(sandboxed(response), etag=etag, modified=modified)


def _waiting(query: ChangeQuery) -> str:
    """What leaves a list without anything new coming to it: what was patrolled."""
    return f"-{query.find().count()}" if query.patrolled else ""


def refuse_feed(form: forms.Form) -> HttpResponse:
    """400 with what is wrong with the question, one line for each field, as plain text."""
    words = [f"{name}: {text}" for name, texts in form.errors.items() for text in texts]
    kind = "text/plain; charset=utf-8"
    return sandboxed(HttpResponse("\n".join(words), status=400, content_type=kind))


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
