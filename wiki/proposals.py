"""How pages are proposed by those who may not publish them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from changes.cleaning import within_output
from changes.editing import MergedEdit
from changes.models import ObjectType
from changes.objects import ObjectRef
from changes.recording import Authorship
from moderation.proposal_kinds import ProposalKind, register_proposals
from wiki.editing import (
    PAGE_PROSE,
    clean_edit,
    clean_new,
    create_page,
    edit_page,
    slug_of,
)
from wiki.models import Page
from wiki.rendering import render_body


def register_page_proposals() -> None:
    """Called once by ``WikiConfig.ready``."""
    register_proposals(
        ProposalKind(
            object_type=ObjectType.PAGE,
            model=Page,
            new_label=gettext_lazy("new page"),
            edit_label=gettext_lazy("edit of a page"),
            prose=PAGE_PROSE,
            clean=_clean,
            create=_create,
            edit=_edit,
            edit_url=lambda page: reverse("wiki:page_edit", args=[page.slug]),
            create_url=lambda: reverse("wiki:page_create"),
            key_of=lambda values: slug_of(values["title"]),
            find_standing=_find_standing,
        )
    )


def _clean(page: Page | None, values: Mapping[str, Any], base_version: int) -> dict[str, Any]:
    cleaned = clean_new(values) if page is None else clean_edit(page, values)
    with within_output("body"):
        render_body(cleaned.get("body", ""), cleaned.get("language", "en"))
    return cleaned


def _create(values: Mapping[str, Any], by: Authorship, again: int | None) -> Page:
    """One that was taken away comes back by itself: it is the deleted page at its address."""
    return create_page(values=values, by=by)


def _edit(
    page_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Page, MergedEdit]:
    return edit_page(page_id=page_id, base_version=base_version, values=values, by=by)


def _find_standing(slugs: Collection[str]) -> Mapping[str, tuple[int, ObjectRef]]:
    pages = Page.objects.existing().filter(slug__in=slugs).only("title", "slug")
    return {
        page.slug: (page.pk, ObjectRef(title=page.title, url=page.get_absolute_url()))
        for page in pages
    }
