"""Addresses of the site itself: resolved against its routes, never fetched (rule 18)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from linkcheck.observations import OWN_ROUTE, Hop, Observation
from markup.urls import is_internal


def look_at_own(url: str, at: datetime) -> Observation | None:
    """Return what the site's routes say about ``url``; None for an address of another site."""
    if not is_internal(url, settings.SITE_URL):
        return None
    status = 200 if _has_route(unquote(urlsplit(url).path) or "/") else 404
    return Observation(url=url, at=at, method=OWN_ROUTE, status=status, hops=(Hop(url, status),))


def _has_route(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
