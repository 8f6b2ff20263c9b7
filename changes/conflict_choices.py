"""Choosing in a conflict: of each place that two people changed mine, theirs or both, by buttons.

Both versions stand in the text between marks, so that it can be mended by hand as well; a choice
is applied where they still do. What a place was before is sent along, since nobody else knows it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.http import QueryDict

from changes.conflicts import MARK_BETWEEN, MARK_MINE, MARK_THEIRS
from changes.editing import FieldConflict
from changes.forms import ProseField, RevisionForm
from markup.diffing import Diff, diff_texts
from markup.merging import merge_texts
from markup.words import unify_line_ends

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from changes.conflicts import ShownConflict

MAX_PLACES: Final = 100  # shown with buttons; what is beyond is mended by hand
CHOOSE, BEFORE = "choose-", "was-"  # a place in a text
TAKE, THEIRS = "take-", "theirs-"  # a field that is merged as a whole
_ITEM: Final = re.compile(r"\s*(?:[-*+>|]|\d+[.)])\s?")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place that two people changed; ``before`` is None where that is not known."""

    key: str
    before: str | None
    theirs: str
    mine: str

    @property
    def theirs_diff(self) -> Diff:
        return diff_texts(self.before or "", self.theirs)

    @property
    def mine_diff(self) -> Diff:
        return diff_texts(self.before or "", self.mine)


@dataclass(frozen=True, kw_only=True)
class FieldChoice:
    """What is to be chosen in one field: places of a text, or one of three values.

    ``values`` are the texts before, theirs and mine; ``sent`` is theirs as the form sends it.
    """

    name: str
    label: StrOrPromise
    places: list[Place] = field(default_factory=list)
    values: tuple[str, str, str] | None = None
    sent: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Marked:
    """Two versions between marks: the lines from ``start`` up to ``end`` of a text."""

    start: int
    end: int
    theirs: str
    mine: str

    @property
    def key(self) -> str:
        return _key(self.theirs, self.mine)


def take_choices(data: QueryDict) -> tuple[QueryDict, dict[str, str]]:
    """What was sent with the choices applied, and what each place was before, by its key."""
    taken = QueryDict(mutable=True)
    for name, values in data.lists():
        if not name.startswith((CHOOSE, BEFORE, TAKE, THEIRS)):
            taken.setlist(name, values)
    for name in data:
        of_field = name.removeprefix(TAKE)
        if name.startswith(TAKE) and data[name] == "theirs" and THEIRS + of_field in data:
            taken.setlist(of_field, data.getlist(THEIRS + of_field))
    chosen = _texts_of(data, CHOOSE)
    for name in list(taken):
        text = str(taken[name])
        if chosen and MARK_THEIRS in text:
            taken[name] = _apply(unify_line_ends(text), chosen)
    return taken, _texts_of(data, BEFORE)


def _texts_of(data: QueryDict, prefix: str) -> dict[str, str]:
    """What was sent under names that begin with ``prefix``, by the rest of the name."""
    return {
        name.removeprefix(prefix): unify_line_ends(str(data[name]))
        for name in data
        if name.startswith(prefix)
    }


def find_open(form: RevisionForm, before: Mapping[str, str]) -> list[FieldChoice]:
    """The places of a form's texts in which both versions stand still."""
    found = []
    for name, its_field in form.fields.items():
        text = form.data.get(name, "") if isinstance(its_field, ProseField) else ""
        if MARK_THEIRS not in text:
            continue
        places = [
            Place(key=one.key, before=before.get(one.key), theirs=one.theirs, mine=one.mine)
            for one in _find_marked(unify_line_ends(text).split("\n"))[:MAX_PLACES]
        ]
        if places:
            found.append(FieldChoice(name=name, label=its_field.label or name, places=places))
    return found


def offer_choices(
    form: RevisionForm, current: Any, shown: Iterable[ShownConflict]
) -> list[FieldChoice]:
    """What is to be chosen where an edit is in conflict with ``current``."""
    found = []
    theirs = form.initial_of(current)
    for conflict in shown:
        name = conflict.item.name.removesuffix("_id")
        its_field = form.fields.get(name)
        if its_field is None:
            continue
        if isinstance(its_field, ProseField):
            places = find_places(conflict.item)[:MAX_PLACES]
            found.append(FieldChoice(name=name, label=conflict.label, places=places))
            continue
        sent = its_field.prepare_value(theirs.get(name))
        sent = [str(one) for one in (sent if isinstance(sent, list) else [sent]) if one is not None]
        found.append(
            FieldChoice(name=name, label=conflict.label, values=conflict.values, sent=sent)
        )
    return found


def find_places(item: FieldConflict) -> list[Place]:
    """The places in which both sides changed a text."""
    conflicts = merge_texts(item.base, item.theirs, item.mine).conflicts
    return [
        Place(key=_key(one.ours, one.theirs), before=one.base, theirs=one.ours, mine=one.theirs)
        for one in conflicts
    ]


def _key(theirs: str, mine: str) -> str:
    """By what stands there: a place keeps its key when others are mended by hand."""
    return hashlib.sha256(f"{theirs}\0{mine}".encode()).hexdigest()[:16]


def _find_marked(lines: list[str]) -> list[_Marked]:
    found = []
    start = between = -1
    for index, line in enumerate(lines):
        if line == MARK_THEIRS:
            start, between = index, -1
        elif line == MARK_BETWEEN and start >= 0:
            between = index
        elif line == MARK_MINE and between > start >= 0:
            theirs, mine = lines[start + 1 : between], lines[between + 1 : index]
            found.append(
                _Marked(start=start, end=index + 1, theirs="\n".join(theirs), mine="\n".join(mine))
            )
            start = between = -1
    return found


def _apply(text: str, chosen: Mapping[str, str]) -> str:
    lines = text.split("\n")
    for one in reversed(_find_marked(lines)):
        kept = {
            "theirs": one.theirs,
            "mine": one.mine,
            "both": _join(one.theirs, one.mine),
        }.get(chosen.get(one.key, ""))
        if kept is not None:
            lines[one.start : one.end] = kept.split("\n") if kept else []
    return "\n".join(lines)


def _join(theirs: str, mine: str) -> str:
    """Both, as two paragraphs, or as neighbours in one list or table."""
    if not theirs or not mine:
        return theirs or mine
    is_list = _ITEM.match(theirs.rsplit("\n", 1)[-1]) and _ITEM.match(mine)
    return f"{theirs}\n{mine}" if is_list else f"{theirs.rstrip()}\n\n{mine}"
