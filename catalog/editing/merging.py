"""Merging two entries into one: the other is retired, and its address leads on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import require
from catalog.editing.resources import (
    MAX_TAGS,
    RESOURCE_PROSE,
    clean_resource_edit,
    write_resource,
)
from catalog.models import Resource, Section
from changes.editing import merge_edit, take_step
from changes.group_models import ChangeGroup
from changes.grouping import grouping
from changes.models import Change
from changes.recording import Authorship, NothingChangedError, StaleVersionError, Step
from markup.urls import url_key

#: What the entry that stays takes over where it has nothing of its own.
_FILLED: Final = ("description", "kind", "level", "group", "archive_url")


def join_tags(kept: list[str], gone: list[str]) -> list[str]:
    """The tags of both, those of the one that stays first, as many as an entry has."""
    return list(dict.fromkeys([*kept, *gone]))[:MAX_TAGS]


#: What can be made of the values of two entries.
JOINERS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"tags": join_tags}


def join_values(kept: Resource, gone: Resource) -> dict[str, Any]:
    """What a merge without questions makes of two: tags of both, and what is empty is filled."""
    values = {name: getattr(kept, name) or getattr(gone, name) for name in _FILLED}
    return {**values, "tags": join_tags(kept.tags, gone.tags)}


@transaction.atomic
def merge_resources(
    *,
    kept_id: int,
    gone_id: int,
    kept_version: int,
    gone_version: int,
    values: Mapping[str, Any],
    by: Authorship,
) -> ChangeGroup:
    """Give one entry ``values`` of both and the places of both, and retire the other into it.

    What is attached to that follows (:mod:`changes.leading`). One group of revisions. What others
    wrote in the entry that stays since ``kept_version`` is merged. Raises StaleVersionError where
    the one that goes was changed since ``gone_version``, EditConflictError, NothingChangedError,
    PermissionDenied or ValidationError.
    """
    kept, gone = _hold(kept_id, gone_id, by)
    if gone.version != gone_version:
        raise StaleVersionError(f"resource {gone.pk} is at {gone.version}")
    with grouping(ChangeGroup.Kind.MERGE, by) as made:
        _merge(kept, gone, kept_version, values, made.by)
    return made.group


@transaction.atomic
def merge_entries(*, kept_id: int, gone_id: int, by: Authorship) -> None:
    """As :func:`merge_resources`, without a question, as they stand: for a decision of a case."""
    kept, gone = _hold(kept_id, gone_id, by)
    _merge(kept, gone, kept.version, join_values(kept, gone), by)


def _hold(kept_id: int, gone_id: int, by: Authorship) -> tuple[Resource, Resource]:
    require(by.authority, "catalog.change_resource")
    rows = Resource.objects.select_for_update().filter(pk__in=(kept_id, gone_id)).order_by("pk")
    held = {resource.pk: resource for resource in rows}
    kept, gone = held[kept_id], held[gone_id]
    if kept_id == gone_id:
        raise ValidationError(_("Nothing is merged into itself: name the other one."))
    if kept.is_retired:
        message = _("“%(title)s” is retired: put it back on the list first.")
        raise ValidationError(message % {"title": kept.title})
    if gone.is_retired:
        raise NothingChangedError
    return kept, gone


def _merge(
    kept: Resource, gone: Resource, base_version: int, values: Mapping[str, Any], by: Authorship
) -> None:
    address = kept.url
    wanted = clean_resource_edit(kept, _with_places(kept, gone, values), base_version)
    edit = merge_edit(kept, base_version=base_version, values=wanted, prose=RESOURCE_PROSE)
    if "url" in edit.changed and url_key(edit.values["url"]) == gone.url_key:
        # They exchange their addresses; the parked one keeps the constraint content meanwhile.
        Resource.objects.filter(pk=gone.pk).update(url_key=f" {gone.pk}")
        gone.url = address
    details = {"merged_id": gone.pk}
    try:
        step = take_step(
            kept, edit, kind=Change.Kind.MERGED, base_version=base_version, details=details
        )
    except NothingChangedError:
        pass  # everything stands there already
    else:
        write_resource(kept, step, by)
    _retire_into(gone, kept, by)


def _with_places(kept: Resource, gone: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """``values``, and every section in which either stands as one of the entry that stays."""
    primary = values.get("section_id", kept.section_id)
    places = {**gone.places(), **kept.places()}
    existing = Section.objects.existing().filter(pk__in=places)
    standing = set(existing.values_list("pk", flat=True)) - {primary}
    known = dict(kept.further_sections)
    further = [[pk, at] for pk, at in known.items() if pk in standing]
    further += [[pk, None] for pk in places if pk in standing and pk not in known]
    return {**values, "further_sections": further}


def _retire_into(gone: Resource, kept: Resource, by: Authorship) -> None:
    gone.status = Resource.Status.RETIRED
    gone.retired_reason = _("Duplicate")
    gone.merged_into = kept
    step = Step(
        kind=Change.Kind.MERGED,
        changed_fields=["status", "retired_reason", "merged_into_id"],
        base_version=gone.version,
        details={"into_id": kept.pk},
        is_consequence=True,
    )
    write_resource(gone, step, by)
