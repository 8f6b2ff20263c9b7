"""What a person sees when a form is refused before any view has seen it, and what they typed."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# Never given back: what is secret, and what no person has typed.
_SECRET: Final = re.compile(r"pass|token|secret|code|key", re.IGNORECASE)
_MACHINE: Final = frozenset({"next", "version", "base_revision", "remember", "action"})


class NulMiddleware:
    """Answer 400 to an address with a NUL in it, however escaped.

    No address of ours has one, and PostgreSQL refuses to compare with it: here, once, rather than
    wherever a view looks something up. In forms the fields see to it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("a NUL in the address")
        return self.get_response(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form without a valid token, and give back what was typed into it.

    The usual cause is a session that ended, or began, in another tab. The texts are shown only
    if the browser says that our own page sent them: another site must not be able to put words
    on a page of ours. Then the form can be sent again as it was, with a token that is valid now.
    ``reason`` is Django's, for its log; it says nothing to a person.
    """
    is_ours = is_same_origin(request)
    context = {
        "typed": find_typed_texts(request) if is_ours else [],
        "again": _find_fields(request) if is_ours else [],
    }
    return render(request, "403_csrf.html", context, status=403)


def _find_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return every field to send again; none of a form with a secret in it, to be typed anew."""
    fields = [(n, v) for n, v in _all_fields(request) if n != "csrfmiddlewaretoken"]
    return [] if any(_SECRET.search(name) for name, _value in fields) else fields


def _all_fields(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.POST.lists() for value in values]


def is_same_origin(request: HttpRequest) -> bool:
    """Say whether a page of this very site sent the request.

    Fetch metadata where the browser sends it (https://www.w3.org/TR/fetch-metadata/), else the
    origin, else the referrer. A page cannot forge any of the three; none of them is a no.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        referrer = urlsplit(request.headers.get("Referer", ""))
        origin = f"{referrer.scheme}://{referrer.netloc}" if referrer.netloc else None
    if origin is None:
        return site == "same-origin"
    return origin == f"{request.scheme}://{request.get_host()}"


def find_typed_texts(request: HttpRequest) -> list[tuple[str, str]]:
    """Return name and value of each text field, as it was sent, without secrets."""
    return [
        (name, value)
        for name, value in _all_fields(request)
        if not _SECRET.search(name) and name not in _MACHINE and value.strip()
    ]
