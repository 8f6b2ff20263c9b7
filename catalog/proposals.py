"""How entries and sections are proposed by those who may not publish them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.editing import (
    create_resource,
    create_section_from,
    edit_resource,
    edit_section,
)
from catalog.editing.resources import RESOURCE_PROSE, clean_new_resource, clean_resource_edit
from catalog.editing.sections import SECTION_PROSE, clean_new_section, clean_section_edit
from catalog.models import Resource, Section
from catalog.rendering import render_description, render_introduction
from changes.cleaning import within_output
from changes.editing import MergedEdit
from changes.models import ObjectType
from changes.objects import ObjectRef
from changes.recording import Authorship, NothingChangedError
from changes.restoring import RestoringRefusedError, Run, Target, restore
from markup.urls import url_key
from moderation.proposal_kinds import ProposalKind, register_proposals


def register_catalog_proposals() -> None:
    """Called once by ``CatalogConfig.ready``."""
    register_proposals(
        ProposalKind(
            object_type=ObjectType.RESOURCE,
            model=Resource,
            new_label=gettext_lazy("new entry"),
            edit_label=gettext_lazy("edit of an entry"),
            prose=RESOURCE_PROSE,
            clean=_clean_resource,
            create=_create_resource,
            edit=_edit_resource,
            edit_url=lambda resource: reverse("catalog:resource_edit", args=[resource.slug]),
            create_url=lambda: reverse("catalog:resource_create"),
            key_of=lambda values: url_key(values["url"]),
            find_standing=_find_listed,
        )
    )
    register_proposals(
        ProposalKind(
            object_type=ObjectType.SECTION,
            model=Section,
            new_label=gettext_lazy("new section"),
            edit_label=gettext_lazy("edit of a section"),
            prose=SECTION_PROSE,
            clean=_clean_section,
            create=_create_section,
            edit=_edit_section,
            edit_url=lambda section: reverse("catalog:section_edit", args=[section.slug]),
            create_url=lambda: reverse("catalog:section_create"),
        )
    )


def _clean_resource(
    resource: Resource | None, values: Mapping[str, Any], base_version: int
) -> dict[str, Any]:
    if resource is None:
        cleaned = clean_new_resource(values)
    else:
        cleaned = clean_resource_edit(resource, values, base_version)
    with within_output("description"):
        render_description(cleaned.get("description", ""))
    return cleaned


def _create_resource(values: Mapping[str, Any], by: Authorship, again: int | None) -> Resource:
    """One that was made of the same proposal, and retired again, comes back as it is now."""
    made = Resource.objects.filter(pk=again).first() if again else None
    if made is None or not made.is_retired:
        return create_resource(values=values, by=by)
    listed = {**values, "status": Resource.Status.LISTED, "retired_reason": ""}
    return _edit_resource(made.pk, made.version, listed, by)[0]


def _edit_resource(
    resource_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Resource, MergedEdit]:
    return edit_resource(resource_id=resource_id, base_version=base_version, values=values, by=by)


def _find_listed(keys: Collection[str]) -> Mapping[str, tuple[int, ObjectRef]]:
    resources = Resource.objects.filter(url_key__in=keys).only("title", "slug", "url_key")
    return {
        one.url_key: (one.pk, ObjectRef(title=one.title, url=one.get_absolute_url()))
        for one in resources
    }


def _clean_section(
    section: Section | None, values: Mapping[str, Any], base_version: int
) -> dict[str, Any]:
    if section is not None and section.is_deleted:
        raise ValidationError(_("This section was deleted meanwhile."))
    cleaned = clean_section_edit(section, values) if section else clean_new_section(values)
    with within_output("introduction"):
        render_introduction(cleaned.get("introduction", ""))
    return cleaned


def _create_section(values: Mapping[str, Any], by: Authorship, again: int | None) -> Section:
    """One that was made of the same proposal, and deleted again, comes back as it is now."""
    made = Section.objects.filter(pk=again).first() if again else None
    if made is None or not made.is_deleted:
        return create_section_from(values=values, by=by)
    deleted = Target(ObjectType.SECTION, made.pk, (Run(made.version - 1, made.version),))
    try:
        restore([deleted], reason=by.summary, by=by)
        made.refresh_from_db()
        return _edit_section(made.pk, made.version, values, by)[0]
    except NothingChangedError:
        return made
    except RestoringRefusedError as refused:
        raise ValidationError(str(refused)) from refused


def _edit_section(
    section_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Section, MergedEdit]:
    return edit_section(section_id=section_id, base_version=base_version, values=values, by=by)
