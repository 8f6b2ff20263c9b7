"""Conditions on how much text an edit adds or takes away, and on which fields it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from changes.models import CONTENT_TYPES
from changes.objects import get_tracked
from moderation.rules.conditions import ConditionKind, register_condition
from moderation.rules.facts import EditFacts
from moderation.rules.findings import Finding, quote_from
from moderation.rules.parameters import choice, number

# From this many characters on a text counts as emptied though a little is left.
_WORTH_SOMETHING: Final = 200
_GROUP: Final = _("Size")


def register_size_conditions() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_condition(
        ConditionKind(
            name="size_removed",
            group=_GROUP,
            label=_("Text removed, in bytes"),
            says=_("at least %(number)s bytes of text removed"),
            found=_("%(count)d bytes of text removed"),
            parameters=[number(_("Bytes, at least"), least=1, most=1_000_000, initial=2000)],
            check=_check_removed,
            cost=0,
        )
    )
    register_condition(
        ConditionKind(
            name="share_removed",
            group=_GROUP,
            label=_("Text removed, in percent"),
            says=_("at least %(number)s %% of the text removed"),
            found=_("%(count)d %% of the text removed"),
            parameters=[number(_("Percent, at least"), least=1, most=100, initial=50)],
            check=_check_share_removed,
            cost=2,
        )
    )
    register_condition(
        ConditionKind(
            name="size_added",
            group=_GROUP,
            label=_("Text added, in bytes"),
            says=_("at least %(number)s bytes of text added"),
            found=_("%(count)d bytes of text added"),
            parameters=[number(_("Bytes, at least"), least=1, most=1_000_000, initial=20_000)],
            check=_check_added,
            cost=0,
        )
    )
    register_condition(
        ConditionKind(
            name="blanked",
            group=_GROUP,
            label=_("Text emptied"),
            says=_("text emptied, but for at most %(number)s characters"),
            found=_("%(before)d characters emptied, %(count)d left"),
            parameters=[number(_("Characters left, at most"), least=0, most=1000, initial=20)],
            check=_check_blanked,
        )
    )
    register_condition(
        ConditionKind(
            name="field_changed",
            group=_GROUP,
            label=_("A field changed"),
            says=_("changed: %(choice)s"),
            found=_("changed: %(field)s"),
            parameters=[choice(_("Field"), find_field_choices)],
            check=_check_field,
            cost=0,
        )
    )


def find_field_choices() -> Sequence[tuple[str, Any]]:
    """The fields of each type of object, as ``page.body``, in groups."""
    found: list[tuple[str, Any]] = []
    for object_type in CONTENT_TYPES:
        try:
            fields = get_tracked(object_type).fields
        except KeyError:
            continue
        name = object_type.label.capitalize()
        found.append((name, [(f"{object_type}.{f.name}", f"{name}: {f.label}") for f in fields]))
    return found


def _check_removed(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    removed = -facts.size_difference
    return Finding(values={"count": removed}) if removed >= values["number"] else None


def _check_added(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    added = facts.size_difference
    return Finding(values={"count": added}) if added >= values["number"] else None


def _check_share_removed(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    if facts.size_difference >= 0:
        return None
    before = len(facts.old_prose.encode())
    removed = before - len(facts.new_prose.encode())
    if not before or removed * 100 < values["number"] * before:
        return None
    return Finding(values={"count": removed * 100 // before})


def _check_blanked(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    if facts.size_difference >= 0 or not facts.prose & facts.changed_fields:
        return None
    left = len(facts.new_prose.strip())
    if left > values["number"]:
        return None
    old = facts.old_prose.strip()
    if left and len(old) < _WORTH_SOMETHING:
        return None
    return Finding(values={"before": len(old), "count": left}, quote=quote_from(old, 0, len(old)))


def _check_field(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    object_type, _dot, name = values["choice"].partition(".")
    if facts.object_type != object_type or name not in facts.changed_fields:
        return None
    if facts.old and facts.old.get(name) == facts.new.get(name):
        return None
    fields = {field.name: field.label for field in get_tracked(object_type).fields}
    return Finding(values={"field": str(fields.get(name, name))})
