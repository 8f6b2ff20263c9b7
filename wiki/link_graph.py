"""How pages hang together: what is wanted, what nobody links to, what leads nowhere."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet

from wiki.models import Page, PageLink, PageQuerySet, Path, PathStep


def wanted_pages() -> QuerySet[PageLink, Any]:
    """Slugs that pages link to and where neither page nor path stands, the most wanted first."""
    standing = Page.objects.existing().filter(slug=OuterRef("target_slug"))
    paths = Path.objects.existing().filter(slug=OuterRef("target_slug"))
    return (
        PageLink.objects.filter(~Exists(standing), ~Exists(paths), source__deleted_at__isnull=True)
        .values("target_slug")
        .annotate(n=Count("source", distinct=True), title=Min("target_title"))
        .order_by("-n", "target_slug")
    )


def orphans() -> PageQuerySet:
    """Pages that no other page links to, neither directly nor by a redirect, and no path has."""
    links = PageLink.objects.filter(source__deleted_at__isnull=True)
    to_page = links.filter(target_slug=OuterRef("slug")).exclude(source=OuterRef("pk"))
    linked_redirects = Page.objects.existing().filter(
        Exists(links.filter(target_slug=OuterRef("slug"))), redirect_to=OuterRef("pk")
    )
    steps = PathStep.objects.filter(page=OuterRef("pk"), path__deleted_at__isnull=True)
    return Page.objects.published().filter(
        ~Exists(to_page), ~Exists(linked_redirects), ~Exists(steps)
    )


def dead_ends() -> PageQuerySet:
    """Pages that link to no other page."""
    outgoing = PageLink.objects.filter(source=OuterRef("pk")).exclude(target_slug=OuterRef("slug"))
    return Page.objects.published().filter(~Exists(outgoing))


def double_redirects() -> PageQuerySet:
    """Redirects to redirects, with the page at the end as ``redirect_to.redirect_to``."""
    return (
        Page.objects.existing()
        .filter(redirect_to__redirect_to__isnull=False)
        .exclude(redirect_to=F("pk"))
        .select_related("redirect_to__redirect_to")
    )
