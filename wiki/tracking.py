"""What the wiki tells the lower apps about itself: history, recent changes, links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.urls import ResolverMatch
from django.utils.translation import gettext_lazy

from catalog.models import Placement, Resource, ResourceTag, Section
from changes.models import Change, ObjectType
from changes.objects import ObjectRef, Place, RevisionField, TrackedObject, register
from changes.recording import Authorship, listen
from linkcheck.own_site import DELETED, HERE, MISSING, OwnAnswer, register_finder
from linkcheck.uses import UseHandler, listen_to_marks, register_handler
from wiki.editing import replace_page_urls, revert_page
from wiki.models import Page, PageEmbed
from wiki.permissions import may_edit_page
from wiki.rendering import mark_pages_stale, revision_html
from wiki.restoring import PAGE_RESTORER


def register_wiki() -> None:
    """Called once by ``WikiConfig.ready``."""
    register(
        TrackedObject(
            object_type=ObjectType.PAGE,
            model=Page,
            url_prefix="wiki:page",
            find_refs=_find_page_refs,
            fields=_PAGE_FIELDS,
            revert=_revert_page,
            restorer=PAGE_RESTORER,
            render=revision_html,
            may_edit=may_edit_page,
            place_of=_place_of,
        )
    )
    register_handler(
        ObjectType.PAGE, UseHandler(replace_urls=_replace_in_page, refresh=mark_pages_stale)
    )
    register_finder("wiki:page_", _find_at_address)
    listen(_mark_embedding_pages_stale)
    listen_to_marks(ObjectType.RESOURCE, _mark_pages_that_embed)


def _section_titles(ids: Sequence[int]) -> Sequence[str]:
    titles = dict(Section.objects.filter(pk__in=ids).values_list("pk", "title"))
    return [titles.get(pk, "") for pk in ids]


def _page_titles(ids: Sequence[int]) -> Sequence[str]:
    titles = dict(Page.objects.filter(pk__in=ids).values_list("pk", "title"))
    return [titles.get(pk, "") for pk in ids]


# Reverting brings back a page's text, not its name, its rights or its place among redirects.
_PAGE_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title"), is_reverted=False),
    RevisionField(name="slug", label=gettext_lazy("Address"), is_reverted=False),
    RevisionField(name="body", label=gettext_lazy("Text"), is_prose=True),
    RevisionField(name="language", label=gettext_lazy("Language")),
    RevisionField(name="section_id", label=gettext_lazy("Section"), as_texts=_section_titles),
    RevisionField(
        name="translation_of_id",
        label=gettext_lazy("Translation of"),
        as_texts=_page_titles,
        is_reverted=False,
    ),
    RevisionField(name="source_version", label=gettext_lazy("Revision of the original")),
    RevisionField(
        name="redirect_to_id",
        label=gettext_lazy("Redirect to"),
        as_texts=_page_titles,
        is_reverted=False,
    ),
    RevisionField(
        name="deleted_at",
        label=gettext_lazy("Deleted"),
        as_text=lambda at: at.isoformat(" ", "seconds"),
        is_reverted=False,
    ),
)


def _place_of(page: Any) -> Place:
    """A page belongs to its section and stands on that one's list alone."""
    listed_in = frozenset() if page.section_id is None else frozenset({page.section_id})
    return Place(section_id=page.section_id, listed_in=listed_in)


def _find_page_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    pages = Page.objects.filter(pk__in=ids).only("title", "slug", "deleted_at")
    return {
        page.pk: ObjectRef(
            title=page.title, url=page.get_absolute_url(), is_public=not page.is_deleted
        )
        for page in pages
    }


def _revert_page(
    *, object_id: int, to_version: int, by: Authorship, since: int | None = None
) -> Page:
    return revert_page(page_id=object_id, to_version=to_version, by=by, since=since)


def _find_at_address(match: ResolverMatch) -> OwnAnswer:
    """What a reader gets who follows an address of a page, or of something about it."""
    page = Page.objects.select_related("redirect_to").filter(slug=match.kwargs["slug"]).first()
    if page is None:
        return MISSING
    if page.is_deleted:
        return DELETED
    if page.redirect_to is not None and match.view_name == "wiki:page_detail":
        return OwnAnswer(301, page.redirect_to.get_absolute_url())
    return HERE


def _replace_in_page(*, object_id: int, urls: Mapping[str, str], by: Authorship) -> None:
    replace_page_urls(page_id=object_id, urls=urls, by=by)


def _mark_embedding_pages_stale(change: Change) -> None:
    """A resource changed: the pages that embed a list in which it stands or stood follow.

    The listener runs before the resource's own derived rows are made, so the lists that it newly
    enters are found by its row, those that it leaves by its index rows.
    """
    if change.object_type == ObjectType.RESOURCE and PageEmbed.objects.exists():
        _mark_by_resource(Resource.objects.get(pk=change.object_id))


def _mark_pages_that_embed(resource_ids: Sequence[int]) -> None:
    """A mark on links of these resources changed: lists that show it are drawn anew."""
    if not PageEmbed.objects.exists():
        return
    sections = Section.objects.filter(placements__resource__in=resource_ids)
    tags = ResourceTag.objects.filter(resource__in=resource_ids).values_list("tag", flat=True)
    _mark_by_lists(set(sections.values_list("slug", flat=True)), set(tags))


def _mark_by_resource(resource: Resource) -> None:
    section_ids = {*resource.places(), *_indexed(Placement, resource, "section_id")}
    slugs = set(Section.objects.filter(pk__in=section_ids).values_list("slug", flat=True))
    _mark_by_lists(slugs, {*resource.tags, *_indexed(ResourceTag, resource, "tag")})


def _mark_by_lists(slugs: set[str], tags: set[str]) -> None:
    """Draw the pages anew whose lists can show a resource of these sections and tags."""
    embeds = PageEmbed.objects.filter(
        Q(section_slug__in=slugs, tag="")
        | Q(section_slug__in=slugs, tag__in=tags)
        | Q(section_slug="", tag__in=tags)
        | Q(section_slug="", tag="")
    )
    mark_pages_stale(list(embeds.values_list("page_id", flat=True)))


def _indexed(model: Any, resource: Any, column: str) -> set[Any]:
    return set(model.objects.filter(resource=resource).values_list(column, flat=True))
