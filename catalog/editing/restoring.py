"""Making entries and sections what they were before somebody's revisions, with their places."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from catalog.editing.resources import require_section, write_resource
from catalog.editing.sections import hold_tree, write_section
from catalog.models import Resource, Section
from changes.leading import refuse_circles
from changes.models import Change, ObjectType
from changes.recording import Authorship
from changes.restoring import Plan, Restorer, settle_addresses
from markup.urls import url_key


def restore_resources(plans: Sequence[Plan], by: Authorship) -> None:
    """Write what ``plans`` say, each entry by one revision; inside a transaction.

    Entries can change addresses among themselves. Raises PermissionDenied, AlreadyListedError or
    ValidationError.
    """
    require(by.authority, "catalog.change_resource")
    for plan in plans:
        if "url" in plan.changed:  # parked: the constraint is content meanwhile
            parked = f" {plan.current.pk}"
            Resource.objects.filter(pk=plan.current.pk).update(url_key=parked)
    for plan in plans:
        step = plan.apply(kind_when_gone=Change.Kind.RETIRED)
        if not plan.current.is_retired:
            require_section(plan.current)
        write_resource(plan.current, step, by)


def _settle_resources(plans: Sequence[Plan]) -> None:
    settle_addresses(plans, name="url", key=url_key, find_occupants=_find_listed)
    refuse_circles(ObjectType.RESOURCE, plans)


def _find_listed(keys: Collection[str]) -> Mapping[str, tuple[int, str]]:
    rows = Resource.objects.filter(url_key__in=keys).values_list("url_key", "pk", "title")
    return {key: (pk, title) for key, pk, title in rows}


def _go_from_lists(reason: str) -> Mapping[str, Any]:
    return {"status": Resource.Status.RETIRED.value, "retired_reason": reason[:500]}


RESOURCE_RESTORER = Restorer(
    gone=_go_from_lists,
    is_gone=lambda row: row.status == Resource.Status.RETIRED,
    address=lambda row: url_key(row.url),
    leans_on=lambda _row: None,
    settle=_settle_resources,
    write=restore_resources,
    gone_label=gettext_lazy("retired"),
)


def restore_sections(plans: Sequence[Plan], by: Authorship) -> None:
    """Write what ``plans`` say, each section by one revision; inside a transaction.

    Raises PermissionDenied, or ValidationError where sections would stand inside each other, or
    something still stands in one that goes.
    """
    require(by.authority, "catalog.change_section")
    if any("deleted_at" in plan.changed for plan in plans):
        require(by.authority, "catalog.delete_section")
    hold_tree()
    _refuse_circles(plans)
    _refuse_occupied(plans)
    for plan in plans:
        write_section(plan.current, plan.apply(kind_when_gone=Change.Kind.DELETED), by)


def _refuse_circles(plans: Sequence[Plan]) -> None:
    parents = dict(Section.objects.values_list("pk", "parent_id"))
    parents |= {plan.current.pk: plan.values["parent_id"] for plan in plans}
    for plan in plans:
        seen: set[int | None] = set()
        place: int | None = plan.current.pk
        while place is not None and place not in seen:
            seen.add(place)
            place = parents.get(place)
        if place is not None:
            raise ValidationError(_("Sections would stand inside each other."))


def _refuse_occupied(plans: Sequence[Plan]) -> None:
    """Nobody would find what stands in a section that is gone."""
    going = [plan.current.pk for plan in plans if plan.values["deleted_at"] is not None]
    inside = Section.objects.existing().filter(parent__in=going).exclude(pk__in=going)
    listed = Resource.objects.listed().filter(placements__section__in=going)
    for found in (inside.first(), listed.first()):
        if found is not None:
            message = _("“%(title)s” still stands in it.") % {"title": found.title}
            raise ValidationError(message)


SECTION_RESTORER = Restorer(
    gone=lambda _reason: {"deleted_at": timezone.now()},
    is_gone=lambda row: row.deleted_at is not None,
    address=lambda row: row.slug,
    leans_on=lambda row: row.parent_id,
    settle=lambda _plans: None,
    write=restore_sections,
    gone_label=gettext_lazy("deleted"),
)
