"""Who asks, from which address; and the answer to whoever asks too often."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from accounts.addresses import client_address
from accounts.blocks import BlockedError
from accounts.limits import LimitReachedError
from config.errors import find_typed_texts, is_same_origin

logger = logging.getLogger(__name__)


class VisitorMiddleware:
    """Tells ``request.user`` where it acts from, so that operations need no request for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user

        def place() -> Any:
            user.client_address = client_address(request)  # type: ignore[union-attr]
            return user._wrapped if isinstance(user, SimpleLazyObject) else user

        # As lazy as before: a page that does not ask who reads it costs no session.
        request.user = SimpleLazyObject(place)  # type: ignore[assignment]
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer_limit(request, error) if isinstance(error, LimitReachedError) else None


def handle_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 403 with the reason, and what was typed into a form of ours: ``handler403``."""
    typed = find_typed_texts(request) if is_same_origin(request) else []
    block = exception.block if isinstance(exception, BlockedError) else None
    context = {"exception": str(exception), "blocked": block, "typed": typed}
    return render(request, "403.html", context, status=403)


def answer_limit(request: HttpRequest, error: LimitReachedError) -> HttpResponse:
    """Return 429 with the limit, how long to wait, and what was typed."""
    logger.info("429 for %s %s: %s", request.method, request.path, error)
    # Only if our own page sent it: another site must not be able to put words on a page of ours.
    typed = find_typed_texts(request) if is_same_origin(request) else []
    context = {"limit": error, "typed": typed}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response
