"""What programs that read the whole site are told: where everything is, and what is of no use."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from changes.models import Change
from wiki.sitemaps import KINDS, LISTS, MOST_ADDRESSES, Kind, write_file, write_index, write_lists

XML: Final = "application/xml; charset=utf-8"
_HOUR: Final = 60 * 60
#: Without end, or of no use to who does not write here.
_LEFT_OUT: Final = (
    *("/accounts/", "/search/", "/changes/", "/changes.", "/review/", "/report/"),
    *("/proposals/", "/language/", "/*/-/new/", "/*/translate/", "/*/links/", "/*/reviewers/"),
    *("/*/edit/", "/*/revert/", "/*/compare/", "/*/revisions/", "/*/blame/", "/*/at/"),
    *("/*/contributors/", "/*/merge/", "/*/rename/", "/*/delete/", "/*/retire/"),
)


def _state(request: HttpRequest, **values: Any) -> str:
    """Changes with whatever is written or hidden; one query."""
    state = repr((Change.objects.newest_ids(), request.path))
    return f'"{hashlib.blake2b(state.encode(), digest_size=12).hexdigest()}"'


@require_safe
@cache_control(public=True, max_age=_HOUR)
@condition(etag_func=_state)
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The files in which all addresses stand."""
    return HttpResponse(write_index(), content_type=XML)


@require_safe
@cache_control(public=True, max_age=_HOUR)
@condition(etag_func=_state)
def sitemap_file(request: HttpRequest, sitemap_kind: str, sitemap_number: int) -> HttpResponseBase:
    """Up to 50,000 addresses of one kind."""
    if (sitemap_kind, sitemap_number) == (LISTS, 1):
        return HttpResponse(write_lists(), content_type=XML)
    known = KINDS.get(sitemap_kind)
    if known is None or not 1 <= sitemap_number <= _count_files(known):
        raise Http404
    return StreamingHttpResponse(write_file(known, sitemap_number), content_type=XML)


def _count_files(kind: Kind) -> int:
    return max(-(-kind.rows().count() // MOST_ADDRESSES), 1)


@require_safe
@cache_control(public=True, max_age=_HOUR)
def robots(request: HttpRequest) -> HttpResponse:
    """What programs are asked to leave, and where all addresses stand."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _LEFT_OUT), ""]
    lines.append(f"Sitemap: {settings.SITE_URL.rstrip('/')}{reverse('wiki:sitemap_index')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
