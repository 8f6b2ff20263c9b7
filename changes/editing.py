"""What an edit of any historied object has in common: lock, merge with what others wrote, compare.

The steps of journey 1 (DESIGN §4) that know nothing of pages or resources.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from django.utils import timezone

from changes.hiding import refuse_hidden_text
from changes.models import Change, Versioned
from changes.recording import NothingChangedError, Step
from markup.merging import merge_texts, merge_values
from markup.parts import merge_parts

VersionedT = TypeVar("VersionedT", bound=Versioned)
Merger = Callable[[Any, Any, Any], tuple[Any, bool]]


@dataclass(frozen=True)
class FieldConflict:
    """One field that two people changed in the same place: three texts, none of them lost."""

    name: str
    base: Any
    theirs: Any
    mine: Any


class EditConflictError(Exception):
    """Two edits of the same place; nothing was written.

    ``current`` is the object as it stands, ``merged`` the values of the fields that did merge.
    """

    def __init__(
        self, current: Versioned, conflicts: list[FieldConflict], merged: dict[str, Any]
    ) -> None:
        super().__init__(f"{len(conflicts)} fields in conflict with version {current.version}")
        self.current = current
        self.conflicts = conflicts
        self.merged = merged


@dataclass(frozen=True, kw_only=True)
class MergedEdit:
    """Values to store, which of them differ from what is stored, and whether others were merged."""

    values: dict[str, Any]
    changed: list[str]
    was_merged: bool = False
    size_difference: int = 0  # bytes of prose


@dataclass
class _Merge:
    values: dict[str, Any] = field(default_factory=dict)
    conflicts: list[FieldConflict] = field(default_factory=list)


def lock(model: type[VersionedT], pk: int) -> VersionedT:
    """The row, held until the transaction ends; ``DoesNotExist`` where there is none.

    On PostgreSQL the row's lock, on SQLite the database's (``transaction_mode: IMMEDIATE``).
    """
    return model._base_manager.select_for_update().get(pk=pk)


def take_step(
    current: Versioned,
    edit: MergedEdit,
    *,
    kind: str,
    base_version: int,
    details: Mapping[str, Any] | None = None,
) -> Step:
    """Set what ``edit`` changes on ``current``, not saved yet, and describe it as a step.

    Raises :class:`NothingChangedError` where it changes nothing.
    """
    if not edit.changed:
        raise NothingChangedError
    for name in edit.changed:
        setattr(current, name, edit.values[name])
    return Step(
        kind=kind,
        changed_fields=edit.changed,
        base_version=base_version,
        size_difference=edit.size_difference,
        details=dict(details or {}),
    )


def take_away(current: Any, *, reason: str, size: int) -> Step:
    """Mark ``current``, not saved yet, as deleted: a text of ``size`` bytes goes from readers.

    Raises :class:`NothingChangedError` where it is deleted already.
    """
    if current.is_deleted:
        raise NothingChangedError
    current.deleted_at = timezone.now()
    return Step(
        kind=Change.Kind.DELETED,
        changed_fields=["deleted_at"],
        base_version=current.version,
        size_difference=-size,
        details={"reason": reason},
    )


def bring_back(current: Any, *, size: int) -> Step:
    """Mark ``current``, not saved yet, as there again.

    Raises :class:`NothingChangedError` where it is not deleted, HiddenTextError where its text was
    hidden.
    """
    if not current.is_deleted:
        raise NothingChangedError
    refuse_hidden_text(current)
    current.deleted_at = None
    return Step(
        kind=Change.Kind.RESTORED,
        changed_fields=["deleted_at"],
        base_version=current.version,
        size_difference=size,
    )


def merge_edit(
    current: Versioned,
    *,
    base_version: int,
    values: Mapping[str, Any],
    prose: Collection[str] = (),
) -> MergedEdit:
    """What to store when ``values``, written against ``base_version``, meet ``current``.

    Fields named in ``prose`` are merged as text (diff3), those that the model has a merger for by
    that, others as a whole. Raises
    :class:`EditConflictError` where both sides changed the same place. An unknown base counts as a
    base in which everything was different: nothing is overwritten silently.
    """
    if base_version == current.version:
        return _describe_edit(current, values, prose)
    base = current.history.filter(version=base_version).first()  # type: ignore[attr-defined]
    if base is not None and base.hides_text and not base.is_unveiled:
        base = None  # a conflict would show it
    return merge_onto(current, base=base, values=values, prose=prose)


def merge_onto(
    current: Versioned,
    *,
    base: Any | None,
    values: Mapping[str, Any],
    prose: Collection[str] = (),
) -> MergedEdit:
    """As :func:`merge_edit`, of values written against ``base``: a revision, None if unknown."""
    merged = _merge_with_current(current, base, values, prose)
    return replace(_describe_edit(current, merged, prose), was_merged=True)


def _describe_edit(
    current: Versioned, values: Mapping[str, Any], prose: Collection[str]
) -> MergedEdit:
    changed = [name for name, value in values.items() if getattr(current, name) != value]
    difference = sum(
        len(str(values[name]).encode()) - len(str(getattr(current, name)).encode())
        for name in changed
        if name in prose or name in current.mergers
    )
    return MergedEdit(values=dict(values), changed=changed, size_difference=difference)


def _merge_with_current(
    current: Versioned, base: Any | None, values: Mapping[str, Any], prose: Collection[str]
) -> dict[str, Any]:
    merge = _Merge()
    for name, mine in values.items():
        theirs = getattr(current, name)
        if base is None:
            _take_only_if_equal(merge, name, theirs, mine)
            continue
        stood = getattr(base, name)
        value, is_conflict = merge_value(
            stood, theirs, mine, is_prose=name in prose, merger=current.mergers.get(name)
        )
        if is_conflict:
            merge.conflicts.append(FieldConflict(name, stood, theirs, mine))
        else:
            merge.values[name] = value
    if merge.conflicts:
        raise EditConflictError(current, merge.conflicts, merge.values)
    return merge.values


def _take_only_if_equal(merge: _Merge, name: str, theirs: Any, mine: Any) -> None:
    if theirs == mine:
        merge.values[name] = mine
    else:
        merge.conflicts.append(FieldConflict(name, "", theirs, mine))


def merge_value(
    base: Any, theirs: Any, mine: Any, *, is_prose: bool, merger: Merger | None = None
) -> tuple[Any, bool]:
    """One field of a three-way merge, and whether it is a conflict; the value is theirs then."""
    if merger is not None:
        return merger(base, theirs, mine)
    if not is_prose:
        return merge_values(base, theirs, mine)
    merged = merge_texts(base, theirs, mine).text
    if merged is None:
        merged = merge_parts(base, theirs, mine)
    return (theirs, True) if merged is None else (merged, False)


def revert_details(to_version: int, since: int | None) -> dict[str, Any]:
    """What a Change says of a revert; with ``since`` later revisions than that one stand."""
    return {"to": to_version} if since is None else {"to": to_version, "since": since}


def replacement_details(urls: Mapping[str, str]) -> dict[str, Any]:
    """What a Change says of links that were replaced; ``urls`` has the new by the old ones."""
    if len(urls) == 1:
        ((old, new),) = urls.items()
        return {"from": old, "to": new}
    return {"urls": dict(urls)}
