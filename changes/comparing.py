"""What differs between revisions, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, TextField
from django.db.models.functions import Length

from changes.objects import RevisionField, TrackedObject
from markup.diffing import Diff, diff_texts

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class FieldDiff:
    """One field that differs, and how its text does.

    ``diff.is_empty`` where the values differ and their texts do not (a last line end).
    """

    name: str
    label: StrOrPromise
    is_prose: bool
    diff: Diff


def compare(
    tracked: TrackedObject, old: Any | None, new: Any, *, only_reverted: bool = False
) -> list[FieldDiff]:
    """The fields that differ between two rows of a history (or between one and its object).

    ``old`` is None before the first revision. ``only_reverted`` leaves out what reverting does not
    bring back. Nothing, where the text of either is hidden.
    """
    return compare_many(tracked, [(old, new)], only_reverted=only_reverted)[0]


def compare_many(
    tracked: TrackedObject,
    pairs: Sequence[tuple[Any | None, Any]],
    *,
    only_reverted: bool = False,
) -> list[list[FieldDiff]]:
    """:func:`compare` for many pairs: at most one query for each field that looks its text up."""
    found: list[list[FieldDiff]] = [[] for _pair in pairs]
    for field in tracked.fields:
        if only_reverted and not field.is_reverted:
            continue
        for index, diff in _compare_field(field, pairs):
            found[index].append(diff)
    return found


def _compare_field(
    field: RevisionField, pairs: Sequence[tuple[Any | None, Any]]
) -> Iterable[tuple[int, FieldDiff]]:
    """The index of each pair that differs in ``field``, with the difference."""
    indexes: list[int] = []
    values: list[Any] = []
    for index, (old, new) in enumerate(pairs):
        if _is_veiled(old) or _is_veiled(new):
            continue
        value = getattr(new, field.name)
        if old is None:
            if value not in (None, "", []):
                indexes.append(index)
                values += [None, value]
        elif getattr(old, field.name) != value:
            indexes.append(index)
            values += [getattr(old, field.name), value]
    texts = list(_texts(field, values))
    for place, index in enumerate(indexes):
        old_text, new_text = texts[2 * place : 2 * place + 2]
        diff = diff_texts(old_text, new_text)
        yield (
            index,
            FieldDiff(name=field.name, label=field.label, is_prose=field.is_prose, diff=diff),
        )


def _is_veiled(row: Any | None) -> bool:
    """Whether the text of a row is hidden: nothing can be said of what it differs in."""
    return bool(getattr(row, "hides_text", False)) and not row.is_unveiled  # type: ignore[union-attr]


def _texts(field: RevisionField, values: Sequence[Any]) -> list[str]:
    """The texts of ``values``; nothing (None) has none."""
    known = [value for value in values if value is not None]
    texts = iter(field.texts_of(known) if known else [])
    return ["" if value is None else next(texts) for value in values]


def find_revisions(
    tracked: TrackedObject,
    wanted: Mapping[int, Collection[int]],
    *,
    max_length: int | None = None,
) -> dict[tuple[int, int], Any]:
    """Rows of the history by (id of the object, number of the revision); one query.

    ``wanted`` has numbers of revisions by id. Rows with a text of more than ``max_length``
    characters are left out.
    """
    if tracked.model is None or not wanted:
        return {}
    condition = Q()
    for object_id, numbers in wanted.items():
        condition |= Q(id=object_id, version__in=numbers)
    rows = tracked.model.history.filter(condition)  # type: ignore[attr-defined]
    if max_length is not None:
        for name in _text_names(tracked):
            size = f"{name}_length"
            rows = rows.alias(**{size: Length(name)}).filter(**{f"{size}__lte": max_length})
    return {(row.id, row.version): row for row in rows}


def _text_names(tracked: TrackedObject) -> list[str]:
    """The fields of prose that are stored as text: what is stored as JSON has no length."""
    fields: Any = tracked.model._meta  # type: ignore[union-attr]
    prose = [field.name for field in tracked.fields if field.is_prose]
    return [name for name in prose if isinstance(fields.get_field(name), TextField)]
