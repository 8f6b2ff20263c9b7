"""What the catalog tells the lower apps about itself: history, recent changes, links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.duplicate_cases import register_duplicates
from catalog.duplicates import find_merged_into, nudge_duplicates
from catalog.editing import (
    replace_resource_urls,
    replace_section_urls,
    restore_resource,
    retire_resource,
    revert_resource,
    revert_section,
    use_archived_copy,
)
from catalog.editing.restoring import RESOURCE_RESTORER, SECTION_RESTORER
from catalog.models import Resource, Section
from catalog.permissions import may_edit_resource, may_edit_section
from catalog.rendering import render_description, render_introduction
from changes.describing import DELETED_AT, refs_to, titles_of
from changes.models import ObjectType
from changes.objects import ObjectRef, Place, RevisionField, TrackedObject, register
from changes.recording import Authorship, NothingChangedError, listen
from linkcheck.own_site import register_slugs
from linkcheck.uses import UseHandler, register_handler
from markup.urls import InvalidUrl, link_url


def register_catalog() -> None:
    """Called once by ``CatalogConfig.ready``."""
    register(
        TrackedObject(
            object_type=ObjectType.SECTION,
            model=Section,
            url_prefix="catalog:section",
            find_refs=refs_to(Section),
            fields=_SECTION_FIELDS,
            revert=_revert_section,
            restorer=SECTION_RESTORER,
            render=lambda revision: render_introduction(revision.introduction).html,
            may_edit=may_edit_section,
            place_of=_place_of_section,
        )
    )
    register(
        TrackedObject(
            object_type=ObjectType.RESOURCE,
            model=Resource,
            url_prefix="catalog:resource",
            find_refs=_find_resource_refs,
            fields=_RESOURCE_FIELDS,
            revert=_revert_resource,
            restorer=RESOURCE_RESTORER,
            render=lambda revision: render_description(revision.description).html,
            may_edit=may_edit_resource,
            place_of=_place_of_resource,
            leads_by="merged_into_id",
        )
    )
    register_duplicates()
    listen(nudge_duplicates)
    register_slugs("catalog:section_", Section)
    register_slugs("catalog:resource_", Resource, leads_to=find_merged_into)
    register_handler(ObjectType.SECTION, UseHandler(replace_urls=_replace_in_section))
    register_handler(
        ObjectType.RESOURCE,
        UseHandler(
            replace_urls=_replace_in_resource,
            retire=_retire_resource,
            restore=_restore_resource,
            use_copy=_use_copy_in_resource,
        ),
    )


def _place_of_section(section: Any) -> Place:
    """A section is part of itself, and stands in the one above it."""
    listed_in = frozenset() if section.parent_id is None else frozenset({section.parent_id})
    return Place(section_id=section.pk, listed_in=listed_in)


def _place_of_resource(resource: Any) -> Place:
    return Place(section_id=resource.section_id, listed_in=frozenset(resource.places()))


def _find_resource_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    resources = Resource.objects.filter(pk__in=ids).only("title", "slug")
    return {r.pk: ObjectRef(title=r.title, url=r.get_absolute_url()) for r in resources}


def _section_titles(ids: Sequence[int]) -> Sequence[str]:
    titles = dict(Section.objects.filter(pk__in=ids).values_list("pk", "title"))
    return [titles.get(pk) or _("section %(id)s") % {"id": pk} for pk in ids]


def _titles_of_places(places: Sequence[list[list[int]]]) -> Sequence[str]:
    """The titles of each list of [section id, position], with commas between them."""
    ids = [section_id for pairs in places for section_id, _position in pairs]
    titles = dict(zip(ids, _section_titles(ids), strict=True))
    return [", ".join(titles[section_id] for section_id, _position in pairs) for pairs in places]


_SECTION_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title")),
    RevisionField(name="parent_id", label=gettext_lazy("Inside"), as_texts=_section_titles),
    RevisionField(name="position", label=gettext_lazy("Position")),
    RevisionField(name="introduction", label=gettext_lazy("Introduction"), is_prose=True),
    DELETED_AT,
)

_RESOURCE_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title")),
    RevisionField(name="url", label=gettext_lazy("Address")),
    RevisionField(name="description", label=gettext_lazy("Description"), is_prose=True),
    RevisionField(name="kind", label=gettext_lazy("Kind")),
    RevisionField(name="level", label=gettext_lazy("Level")),
    RevisionField(name="language", label=gettext_lazy("Language")),
    RevisionField(name="tags", label=gettext_lazy("Tags"), as_text=lambda tags: ", ".join(tags)),
    RevisionField(name="section_id", label=gettext_lazy("Section"), as_texts=_section_titles),
    RevisionField(
        name="further_sections",
        label=gettext_lazy("Further sections"),
        as_texts=_titles_of_places,
    ),
    RevisionField(name="position", label=gettext_lazy("Position")),
    RevisionField(name="group", label=gettext_lazy("Group")),
    RevisionField(name="badges", label=gettext_lazy("Badges")),
    RevisionField(name="archive_url", label=gettext_lazy("Archived copy")),
    RevisionField(
        name="is_feature_complete",
        label=gettext_lazy("Feature-complete"),
        as_text=lambda value: _("yes") if value else _("no"),
    ),
    RevisionField(name="status", label=gettext_lazy("Status")),
    RevisionField(name="retired_reason", label=gettext_lazy("Why it was retired")),
    RevisionField(
        name="merged_into_id",
        label=gettext_lazy("Merged into"),
        as_texts=titles_of(Resource),
        is_reverted=False,
    ),
)


def _revert_section(
    *, object_id: int, to_version: int, by: Authorship, since: int | None = None
) -> Section:
    return revert_section(section_id=object_id, to_version=to_version, by=by, since=since)


def _revert_resource(
    *, object_id: int, to_version: int, by: Authorship, since: int | None = None
) -> Resource:
    return revert_resource(resource_id=object_id, to_version=to_version, by=by, since=since)


def _replace_in_section(*, object_id: int, urls: Mapping[str, str], by: Authorship) -> None:
    replace_section_urls(section_id=object_id, urls=urls, by=by)


def _replace_in_resource(*, object_id: int, urls: Mapping[str, str], by: Authorship) -> None:
    replace_resource_urls(resource_id=object_id, urls=urls, by=by)


def _use_copy_in_resource(
    *, object_id: int, url: str, copy_url: str, moves_address: bool, by: Authorship
) -> None:
    use_archived_copy(
        resource_id=object_id, url=url, copy_url=copy_url, moves_address=moves_address, by=by
    )


def _retire_resource(*, object_id: int, url: str, reason: str, by: Authorship) -> bool:
    """Retire the entry if ``url`` is its own address; whether it was."""
    resource = Resource.objects.get(pk=object_id)
    if _address(resource.url) != _address(url):
        return False
    try:
        retire_resource(resource_id=object_id, reason=reason, by=by)
    except NothingChangedError:
        return False
    return True


def _restore_resource(*, object_id: int, by: Authorship) -> None:
    restore_resource(resource_id=object_id, by=by)


def _address(url: str) -> str:
    try:
        return link_url(url)[0]
    except InvalidUrl:
        return url
