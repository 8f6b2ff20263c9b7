"""What the wiki tells the lower apps about itself: history, recent changes, links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy

from catalog.models import Resource, Section
from changes.describing import DELETED_AT, place_in_section, refs_to, titles_of
from changes.models import Change, ObjectType
from changes.objects import RevisionField, TrackedObject, register
from changes.recording import Authorship, listen
from linkcheck.own_site import register_slugs
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
            find_refs=refs_to(Page),
            fields=_PAGE_FIELDS,
            revert=_revert_page,
            restorer=PAGE_RESTORER,
            render=revision_html,
            may_edit=may_edit_page,
            place_of=place_in_section,
            leads_by="redirect_to_id",
        )
    )
    register_handler(
        ObjectType.PAGE, UseHandler(replace_urls=_replace_in_page, refresh=mark_pages_stale)
    )
    register_slugs("wiki:page_", Page, leads_to=lambda page: page.redirect_to)
    listen(_mark_embedding_pages_stale)
    listen_to_marks(ObjectType.RESOURCE, _mark_pages_that_embed)


# Reverting brings back a page's text, not its name, its rights or its place among redirects.
_PAGE_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title"), is_reverted=False),
    RevisionField(name="slug", label=gettext_lazy("Address"), is_reverted=False),
    RevisionField(name="body", label=gettext_lazy("Text"), is_prose=True),
    RevisionField(name="language", label=gettext_lazy("Language")),
    RevisionField(name="section_id", label=gettext_lazy("Section"), as_texts=titles_of(Section)),
    RevisionField(
        name="translation_of_id",
        label=gettext_lazy("Translation of"),
        as_texts=titles_of(Page),
        is_reverted=False,
    ),
    RevisionField(name="source_version", label=gettext_lazy("Revision of the original")),
    RevisionField(
        name="redirect_to_id",
        label=gettext_lazy("Redirect to"),
        as_texts=titles_of(Page),
        is_reverted=False,
    ),
    DELETED_AT,
)


def _revert_page(
    *, object_id: int, to_version: int, by: Authorship, since: int | None = None
) -> Page:
    return revert_page(page_id=object_id, to_version=to_version, by=by, since=since)


def _replace_in_page(*, object_id: int, urls: Mapping[str, str], by: Authorship) -> None:
    replace_page_urls(page_id=object_id, urls=urls, by=by)


def _mark_embedding_pages_stale(change: Change) -> None:
    """A list that pages embed changed, or the section came or went of which it is."""
    is_of_list = change.object_type in (ObjectType.RESOURCE, ObjectType.SECTION)
    if not is_of_list or change.version_after is None or not PageEmbed.objects.exists():
        return
    if change.object_type == ObjectType.RESOURCE:
        _mark_by_resources(_states(Resource, change))
    else:
        states = _states(Section, change)
        known = {(state.slug, state.deleted_at is None) for state in states}
        if len(states) == 1 or len(known) > 1:
            embeds = PageEmbed.objects.filter(section_slug__in={slug for slug, _there in known})
            mark_pages_stale(list(embeds.values_list("page_id", flat=True)))


def _states(model: Any, change: Change) -> list[Any]:
    """An object as the change left it and, where there was one, as it was before."""
    versions = [change.version_after, change.version_before]
    rows = model.history.filter(id=change.object_id, version__in=[v for v in versions if v])
    return list(rows)


def _mark_pages_that_embed(resource_ids: Sequence[int]) -> None:
    """A mark on links of these resources changed: lists that show it are drawn anew."""
    if PageEmbed.objects.exists():
        _mark_by_resources(Resource.objects.filter(pk__in=resource_ids))


def _mark_by_resources(states: Iterable[Any]) -> None:
    """Draw the pages anew that can show a resource that is, or was, as one of ``states``.

    By a list, or by a link to it.
    """
    states = list(states)
    section_ids = {
        section_id
        for state in states
        for section_id in (state.section_id, *(pk for pk, _place in state.further_sections))
    }
    slugs = Section.objects.filter(pk__in=section_ids).values_list("slug", flat=True)
    lists = Q(
        entry_slug="",
        section_slug__in=["", *slugs],
        tag__in=["", *{tag for state in states for tag in state.tags}],
        kind__in={"", *(state.kind for state in states)},
        level__in={"", *(state.level for state in states)},
        language__in={"", *(state.language for state in states)},
    )
    embeds = PageEmbed.objects.filter(lists | Q(entry_slug__in={state.slug for state in states}))
    mark_pages_stale(list(embeds.values_list("page_id", flat=True).distinct()))
