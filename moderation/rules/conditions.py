"""The kinds of conditions that a rule is put together from; each is a pure function of the facts.

A condition is stored as ``{"kind": …, "negated": …}`` with its parameters by name. The kinds stand
in modules by what they look at: sizes, text, links, authors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from moderation.rules.facts import EditFacts
from moderation.rules.findings import Finding
from moderation.rules.parameters import Parameter

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_CONDITIONS: Final = 20

Stored = Mapping[str, Any]
Check = Callable[[EditFacts, Mapping[str, Any]], "Finding | None"]


@dataclass(frozen=True, kw_only=True)
class ConditionKind:
    """One kind.

    ``label`` stands in the menu. ``says`` is the condition in words with its parameters, ``found``
    the same of what was found, with the values of the :class:`Finding`. ``check`` gets the prepared
    parameters. ``cost`` puts cheap conditions first: 0 compares numbers, 1 reads the new text, 2
    needs the old one as well, 3 asks for what the author did before.
    """

    name: str
    group: StrOrPromise
    label: StrOrPromise
    says: StrOrPromise
    found: StrOrPromise
    check: Check
    parameters: Sequence[Parameter] = ()
    cost: int = 1

    def describe(self, stored: Stored) -> str:
        """A condition of this kind in words."""
        return str(self.says) % {p.name: p.show(stored.get(p.name, "")) for p in self.parameters}

    def tell(self, values: Mapping[str, Any]) -> str:
        """What was found, in words."""
        try:
            return str(self.found) % values
        except (KeyError, TypeError, ValueError):  # found by an older version of the software
            return str(self.label)


@dataclass(frozen=True)
class Condition:
    """One condition, ready to be asked."""

    kind: ConditionKind
    values: Mapping[str, Any]
    is_negated: bool = False

    def find(self, facts: EditFacts) -> Finding | None:
        """What it finds in an edit, None where it is not met."""
        found = self.kind.check(facts, self.values)
        if not self.is_negated:
            return found
        return None if found else Finding()


_kinds: dict[str, ConditionKind] = {}


def register_condition(kind: ConditionKind) -> None:
    """Make a kind of condition known."""
    _kinds[kind.name] = kind


def find_condition_kind(name: str) -> ConditionKind | None:
    """The kind of that name."""
    return _kinds.get(name)


def all_condition_kinds() -> list[ConditionKind]:
    """Every kind, in the order of registration."""
    return list(_kinds.values())


def read_condition(stored: Stored) -> Condition:
    """Prepare a stored condition; ValidationError, by parameter, for one that means nothing."""
    kind = _kinds.get(str(stored.get("kind", "")))
    if kind is None:
        raise ValidationError(_("This kind of condition is not known."))
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for parameter in kind.parameters:
        try:
            values[parameter.name] = parameter.prepare(stored.get(parameter.name))
        except ValidationError as error:
            errors[parameter.name] = error.messages
    if errors:
        raise ValidationError(errors)
    return Condition(kind, values, bool(stored.get("negated")))


def clean_conditions(conditions: Iterable[Stored]) -> list[dict[str, Any]]:
    """Conditions as they are stored: what belongs to their kinds alone. Raises ValidationError."""
    cleaned = []
    for stored in conditions:
        kind = read_condition(stored).kind
        own = {p.name: stored[p.name] for p in kind.parameters}
        cleaned.append({"kind": kind.name, "negated": bool(stored.get("negated")), **own})
    if not cleaned:
        raise ValidationError(_("A rule needs a condition: without one it would match every edit."))
    if len(cleaned) > MAX_CONDITIONS:
        raise ValidationError(_("At most %(max)d conditions.") % {"max": MAX_CONDITIONS})
    return cleaned


def describe_condition(stored: Stored) -> str:
    """A stored condition in words."""
    kind = _kinds.get(str(stored.get("kind", "")))
    if kind is None:
        return str(stored.get("kind", ""))
    words = kind.describe(stored)
    return _("not: %(condition)s") % {"condition": words} if stored.get("negated") else words


def tell_finding(stored: Mapping[str, Any]) -> str:
    """A stored finding in words."""
    kind = _kinds.get(str(stored.get("kind", "")))
    if kind is None:
        return str(stored.get("kind", ""))
    if stored.get("negated"):
        return _("not: %(condition)s") % {"condition": kind.label}
    return kind.tell(stored.get("values", {}))
