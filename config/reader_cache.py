"""Whole responses kept for readers who are not signed in, while nothing that they show changes.

See ``docs/decisions/reader-cache.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

ALIAS: Final = "readers"
MAX_BYTES: Final = 128 * 1024  # of one response: what is kept has a bound, whatever is written


@dataclass(frozen=True)
class _Kept:
    """A response, and the state of what it shows, read before it was drawn."""

    state: object
    body: bytes
    headers: dict[str, str]


def answer(
    request: HttpRequest, *, state: object | None, draw: Callable[[], HttpResponse]
) -> HttpResponse:
    """The kept response if it was drawn from an equal ``state``, else what ``draw()`` returns.

    ``state`` is everything that the response depends on besides address and language, read by the
    caller from the database just now: any value that can be compared and pickled; None where
    nothing may be kept. What it leaves out, such as "3 minutes ago", is at most
    ``settings.READER_CACHE_SECONDS`` old. Nobody who is signed in, or who asks with parameters, is
    answered from here, and nothing that was drawn for one person is kept.
    """
    if state is None or _is_personal(request):
        return draw()
    cache, key = caches[ALIAS], _key(request)
    kept: _Kept | None = cache.get(key)
    if kept is None or kept.state != state:
        response = draw()
        if not _may_keep(request, response):
            return response
        kept = _Kept(state, response.content, _headers(response))
        cache.set(key, kept)
    response = HttpResponse(kept.body, headers=kept.headers)
    return get_conditional_response(request, kept.headers["ETag"], response=response) or response


def _is_personal(request: HttpRequest) -> bool:
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_session or bool(request.META.get("QUERY_STRING"))


def _key(request: HttpRequest) -> str:
    """Address and language; the host as well, which must be one of ours (else 400)."""
    parts = (request.scheme, request.get_host(), request.path, get_language())
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _may_keep(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether ``response`` is a page for everybody: no token, no message, no cookie in it.

    An answer to HEAD may differ from the page, so it is given from what is kept, but not kept.
    """
    session: Any = request.session
    is_for_one = request.META.get("CSRF_COOKIE_NEEDS_UPDATE") or session.modified
    return (
        request.method == "GET"
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not is_for_one
        and len(response.content) <= MAX_BYTES
    )


def _headers(response: HttpResponse) -> dict[str, str]:
    """Those of the view, a tag of the very bytes, and leave to keep them but not to trust them."""
    patch_vary_headers(response, ["Cookie"])
    digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
    return {**response.headers, "ETag": f'"{digest}"', "Cache-Control": "no-cache"}
