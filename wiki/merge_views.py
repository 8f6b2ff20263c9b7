"""Merging pages in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import require
from changes.merge_flow import Merging, run_merge, say_what_follows
from changes.models import ObjectType
from changes.objects import get_tracked
from markup.slugs import slugify_title
from moderation.protection import require_publish
from wiki.merging import merge_pages
from wiki.models import Page
from wiki.relinking import find_linking

ASKED: Final = ("body", "language", "section_id")
SUGGESTED: Final = 8


@require_http_methods(["GET", "HEAD", "POST"])
def page_merge(request: HttpRequest, slug: str) -> HttpResponse:
    """Merge a page into another one; ``?into=`` names that."""
    page = get_object_or_404(Page.objects.published(), slug=slug)
    require(request.user, "wiki.rename_page")

    def require_page(other: Page) -> None:
        require_publish(request.user, ObjectType.PAGE, other)

    require_page(page)
    merging = Merging(
        tracked=get_tracked(ObjectType.PAGE),
        obj=page,
        names=ASKED,
        find=_find_page,
        require=require_page,
        merge=merge_pages,
        suggested=_suggest(page),
        consequences=lambda _kept: _consequences(page),
    )
    return run_merge(request, merging)


def _find_page(text: str) -> Page | None:
    """The page of a title or an address; a redirect's is the one that it leads to."""
    slug = slugify_title(text.rstrip("/").rpartition("/")[2])
    page = Page.objects.existing().select_related("redirect_to").filter(slug=slug).first()
    if page is None or page.redirect_to is None:
        return page
    target = page.redirect_to
    return None if target.is_deleted or target.is_redirect else target


def _suggest(page: Page) -> Sequence[Any]:
    """Pages whose title begins with the same word."""
    words = page.title.split()
    if not words:
        return []
    similar = Page.objects.published().filter(title__istartswith=words[0]).exclude(pk=page.pk)
    return list(similar.defer("body")[:SUGGESTED])


def _consequences(page: Page) -> list[str]:
    """What follows pages without being asked about, in sentences."""
    links, redirects = find_linking(page.slug).count(), page.redirects.existing().count()
    sentences = [_("The address of this page leads to the other one from then on.")]
    if links:
        words = ngettext(
            "%(count)d page links here: its link leads to the other one.",
            "%(count)d pages link here: their links lead to the other one.",
            links,
        )
        sentences.append(words % {"count": links})
    if redirects:
        words = ngettext(
            "%(count)d redirect is led on.", "%(count)d redirects are led on.", redirects
        )
        sentences.append(words % {"count": redirects})
    sentences.append(say_what_follows())
    return sentences
