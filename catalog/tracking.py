"""What the catalog tells the lower apps about itself: history, recent changes, links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import may
from catalog.editing import (
    replace_resource_url,
    replace_section_url,
    retire_resource,
    revert_resource,
    revert_section,
)
from catalog.models import Resource, Section
from changes.models import ObjectType
from changes.objects import ObjectRef, RevisionField, TrackedObject, register
from changes.recording import Authorship, NothingChangedError
from linkcheck.uses import UseHandler, register_handler
from markup.rendering import render_markdown
from markup.urls import InvalidUrl, link_url


def register_catalog() -> None:
    """Called once by ``CatalogConfig.ready``."""
    register(
        TrackedObject(
            object_type=ObjectType.SECTION,
            model=Section,
            url_prefix="catalog:section",
            find_refs=_find_section_refs,
            fields=_SECTION_FIELDS,
            revert=_revert_section,
            render=lambda revision: render_markdown(revision.introduction),
            may_edit=lambda user, section: may(user, "catalog.change_section"),
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
            render=lambda revision: render_markdown(revision.description),
            may_edit=lambda user, resource: may(user, "catalog.change_resource"),
        )
    )
    register_handler(ObjectType.SECTION, UseHandler(replace_url=_replace_in_section))
    register_handler(
        ObjectType.RESOURCE, UseHandler(replace_url=_replace_in_resource, retire=_retire_resource)
    )


def _find_section_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    sections = Section.objects.filter(pk__in=ids).only("title", "slug")
    return {s.pk: ObjectRef(title=s.title, url=s.get_absolute_url()) for s in sections}


def _find_resource_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    resources = Resource.objects.filter(pk__in=ids).only("title", "slug")
    return {r.pk: ObjectRef(title=r.title, url=r.get_absolute_url()) for r in resources}


def _section_title(section_id: Any) -> str:
    if section_id is None:
        return ""
    section = Section.objects.filter(pk=section_id).first()
    return section.title if section else _("section %(id)s") % {"id": section_id}


_SECTION_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title"), as_text=str),
    RevisionField(name="parent_id", label=gettext_lazy("Inside"), as_text=_section_title),
    RevisionField(name="position", label=gettext_lazy("Position"), as_text=str),
    RevisionField(
        name="introduction", label=gettext_lazy("Introduction"), as_text=str, is_prose=True
    ),
)

_RESOURCE_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title"), as_text=str),
    RevisionField(name="url", label=gettext_lazy("Address"), as_text=str),
    RevisionField(
        name="description", label=gettext_lazy("Description"), as_text=str, is_prose=True
    ),
    RevisionField(name="kind", label=gettext_lazy("Kind"), as_text=str),
    RevisionField(name="level", label=gettext_lazy("Level"), as_text=str),
    RevisionField(name="language", label=gettext_lazy("Language"), as_text=str),
    RevisionField(name="tags", label=gettext_lazy("Tags"), as_text=lambda tags: ", ".join(tags)),
    RevisionField(name="section_id", label=gettext_lazy("Section"), as_text=_section_title),
    RevisionField(
        name="further_sections",
        label=gettext_lazy("Further sections"),
        as_text=lambda places: ", ".join(_section_title(place[0]) for place in places),
    ),
    RevisionField(name="position", label=gettext_lazy("Position"), as_text=str),
    RevisionField(name="group", label=gettext_lazy("Group"), as_text=str),
    RevisionField(name="badges", label=gettext_lazy("Badges"), as_text=str),
    RevisionField(name="archive_url", label=gettext_lazy("Archived copy"), as_text=str),
    RevisionField(name="status", label=gettext_lazy("Status"), as_text=str),
    RevisionField(name="retired_reason", label=gettext_lazy("Why it was retired"), as_text=str),
)


def _revert_section(*, object_id: int, to_version: int, by: Authorship) -> Section:
    return revert_section(section_id=object_id, to_version=to_version, by=by)


def _revert_resource(*, object_id: int, to_version: int, by: Authorship) -> Resource:
    return revert_resource(resource_id=object_id, to_version=to_version, by=by)


def _replace_in_section(*, object_id: int, old_url: str, new_url: str, by: Authorship) -> None:
    replace_section_url(section_id=object_id, old_url=old_url, new_url=new_url, by=by)


def _replace_in_resource(*, object_id: int, old_url: str, new_url: str, by: Authorship) -> None:
    replace_resource_url(resource_id=object_id, old_url=old_url, new_url=new_url, by=by)


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


def _address(url: str) -> str:
    try:
        return link_url(url)[0]
    except InvalidUrl:
        return url
