"""Addresses of the site itself: resolved against its routes, never fetched (rule 18).

Whether what a route is about exists only its owner knows: upper apps register their models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Model
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone

from linkcheck.models import Link
from linkcheck.observations import OWN_ROUTE, ErrorKind, Hop, Observation
from markup.urls import InvalidUrl, is_internal, link_url

#: So many redirects of our own are followed.
MAX_HOPS = 5


@dataclass(frozen=True)
class OwnAnswer:
    """What a reader would get: 200, 404, 410 for what was deleted; or 301 to the path ``to``."""

    status: int
    to: str = ""


HERE, MISSING, DELETED = OwnAnswer(200), OwnAnswer(404), OwnAnswer(410)

_finders: dict[str, Callable[[ResolverMatch], OwnAnswer]] = {}


def register_slugs(
    routes: str, model: type[Model], *, leads_to: Callable[[Any], Any | None] = lambda _found: None
) -> None:
    """Have the rows of ``model`` be what is at the routes whose names begin with ``routes``.

    ``routes`` is such as "wiki:page_"; only those with a slug are asked about, all others are
    there. A row that ``leads_to`` another one does so at its own page, the route that ends in
    ``detail``; one that ``is_deleted`` is gone.
    """

    def find(match: ResolverMatch) -> OwnAnswer:
        found = model._base_manager.filter(slug=match.kwargs["slug"]).first()
        if found is None:
            return MISSING
        if getattr(found, "is_deleted", False):
            return DELETED
        target = leads_to(found) if match.view_name == f"{routes}detail" else None
        return HERE if target is None else OwnAnswer(301, target.get_absolute_url())

    _finders[routes] = find


def look_at_own(url: str, at: datetime) -> Observation | None:
    """Return what a reader of the site would get at ``url``; None for an address of another site.

    A redirect is followed within the site, as a browser would. Outside any event loop.
    """
    if not is_internal(url, settings.SITE_URL):
        return None
    hops: list[Hop] = []
    answer = OwnAnswer(301, urlsplit(url).path or "/")
    while answer.to and len(hops) <= MAX_HOPS:
        address = f"{settings.SITE_URL.rstrip('/')}{answer.to}" if hops else url
        answer = _find(unquote(answer.to))
        hops.append(Hop(address, answer.status))
    is_lost = bool(answer.to)
    return Observation(
        url=url,
        at=at,
        method=OWN_ROUTE,
        status=None if is_lost else answer.status,
        error=ErrorKind.REDIRECT_LOOP if is_lost else ErrorKind.NONE,
        hops=tuple(hops),
    )


def _find(path: str) -> OwnAnswer:
    try:
        match = resolve(path)
    except Resolver404:
        return MISSING
    if match.kwargs:
        for routes, find in _finders.items():
            if match.view_name.startswith(routes):
                return find(match)
    return HERE


def expect_change(path: str) -> None:
    """Something appeared at a path of the site, moved or went away: links to it are looked at."""
    try:
        address, _fragment = link_url(f"{settings.SITE_URL.rstrip('/')}{path}")
    except InvalidUrl:
        return
    links = Link.objects.used().filter(url=address, next_check_at__isnull=False)
    links.update(next_check_at=timezone.now(), is_urgent=True)
