"""Whether what is stored agrees with itself: the history of every object, row by row.

The upper apps check what they derive from their objects with the same :class:`Finding`;
``wiki.integrity`` puts it all together for ``manage.py check_integrity``.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from changes.models import Change, Versioned

RowT = TypeVar("RowT", bound=models.Model)

CHUNK = 100  # objects looked at together: their texts are in memory at once
_STREAM = 2000  # small rows fetched at a time


class Damage(StrEnum):
    """What can disagree; part of the JSON of ``check_integrity``."""

    CURRENT = "current"  # the row and its newest revision
    REVISIONS = "revisions"  # the numbers of the revisions
    CHANGES = "changes"  # revisions and recent changes
    DERIVED = "derived"  # what is computed from the row
    USES = "uses"  # links, where they are used and whether


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One disagreement: in which object, of which kind, in words."""

    object_type: str
    object_id: int
    damage: Damage
    message: str

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}: {self.message}"


@contextmanager
def one_view() -> Iterator[None]:
    """See the database as it is at one moment, while others go on writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # Not atomic(): that is IMMEDIATE here and would keep every writer out.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def in_chunks(rows: models.QuerySet[RowT]) -> Iterator[list[RowT]]:
    """The rows by primary key, ``CHUNK`` at a time: memory does not grow with the table."""
    stream = rows.order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk


def check_history(object_type: str, model: type[Versioned]) -> Iterator[Finding]:
    """Findings about the revisions of every object of ``model`` and their lines in Change."""
    for finder in (_check_trails, _check_current):
        yield from finder(object_type, model)


# --- The numbers: three streams in the order of the objects, walked together ---------------------


@dataclass(frozen=True)
class _Step:
    """What a revision and the Change that goes with it must agree on."""

    version: int | None
    before: int | None
    actor_id: int | None
    base: int | None = field(default=None, compare=False)

    @property
    def is_founded(self) -> bool:
        """Whether it was made from an earlier revision, if from any."""
        return self.base is None or self.version is None or self.base < self.version


@dataclass
class _Trail:
    version: int | None = None  # of the object; None where it is gone
    revisions: list[_Step] = field(default_factory=list)
    changes: list[_Step] = field(default_factory=list)


def _check_trails(object_type: str, model: type[Versioned]) -> Iterator[Finding]:
    for pk, trail in _read_trails(object_type, model):
        for damage, message in _judge(trail):
            yield Finding(object_type=object_type, object_id=pk, damage=damage, message=message)


def _read_trails(object_type: str, model: type[Versioned]) -> Iterator[tuple[int, _Trail]]:
    history = model.history.model  # type: ignore[attr-defined]
    streams: list[tuple[models.QuerySet[Any], tuple[str, ...]]] = [
        (model._base_manager.order_by("pk"), ("pk", "version")),
        (
            history.objects.order_by("id", "history_id"),
            ("id", "version", "history_user_id", "base_version"),
        ),
        (
            Change.objects.filter(object_type=object_type).order_by("object_id", "id"),
            ("object_id", "version_after", "version_before", "actor_id"),
        ),
    ]
    merged = heapq.merge(
        *(_tagged(tag, rows, columns) for tag, (rows, columns) in enumerate(streams)),
        key=itemgetter(0),
    )
    for pk, rows in groupby(merged, key=itemgetter(0)):
        yield pk, _make_trail(rows)


def _tagged(
    tag: int, rows: models.QuerySet[Any], columns: tuple[str, ...]
) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    for pk, *values in rows.values_list(*columns).iterator(chunk_size=_STREAM):
        yield pk, tag, tuple(values)


def _make_trail(rows: Iterable[tuple[int, int, tuple[Any, ...]]]) -> _Trail:
    trail = _Trail()
    for _pk, tag, values in rows:
        if tag == 0:
            (trail.version,) = values
        elif tag == 1:
            version, actor_id, base = values
            trail.revisions.append(_Step(version, version - 1 or None, actor_id, base))
        else:
            after, before, actor_id = values
            trail.changes.append(_Step(after, before, actor_id))
    return trail


def _judge(trail: _Trail) -> Iterator[tuple[Damage, str]]:
    if trail.version is None:
        yield Damage.CURRENT, _("it is gone, but not its history")
        return
    numbers = [step.version for step in trail.revisions]
    expected = list(range(1, trail.version + 1))
    if numbers != expected:
        yield Damage.REVISIONS, _describe_numbers(numbers, expected)
    bases = [
        s.version for s in trail.revisions if s.base is not None and s.base >= (s.version or 0)
    ]
    if bases:
        yield Damage.REVISIONS, _("revisions are not based on earlier ones: %s") % _some(bases)
    if trail.changes != trail.revisions:
        yield Damage.CHANGES, _describe_changes(trail)


def _describe_numbers(numbers: list[int | None], expected: list[int]) -> str:
    missing = sorted(set(expected) - set(numbers))
    if missing:
        return _("revisions are missing: %s") % _some(missing)
    surplus = [number for number in numbers if number not in set(expected)]
    if surplus:
        return _("there are revisions above its version: %s") % _some(surplus)
    return _("revisions stand twice or out of order: %s") % _some(numbers)


def _describe_changes(trail: _Trail) -> str:
    changed = {step.version for step in trail.changes}
    missing = [step.version for step in trail.revisions if step.version not in changed]
    if missing:
        return _("revisions without a line in recent changes: %s") % _some(missing)
    different = [step.version for step in trail.changes if step not in trail.revisions]
    if different:
        return _("recent changes tell of other revisions: %s") % _some(different)
    return _("recent changes stand twice or out of order")


def _some(numbers: Iterable[int | None]) -> str:
    """The first few of ``numbers``, in words."""
    shown = [str(number) for number in islice(numbers, 11)]
    return ", ".join(shown[:10]) + (" …" if len(shown) > 10 else "")


# --- The values: each row and the revision of its version, a chunk at a time ---------------------


def _check_current(object_type: str, model: type[Versioned]) -> Iterator[Finding]:
    history = model.history.model  # type: ignore[attr-defined]
    names = [tracked.attname for tracked in history.tracked_fields]
    version = model._base_manager.filter(pk=OuterRef("id")).values("version")
    newest = history.objects.filter(version=Subquery(version))
    for chunk in in_chunks(model._base_manager.all()):
        revisions = {row.id: row for row in newest.filter(id__in=[obj.pk for obj in chunk])}
        for obj in chunk:
            revision = revisions.get(obj.pk)
            if revision is None:
                continue  # its number is missing: said above
            different = [n for n in names if getattr(obj, n) != getattr(revision, n)]
            if different:
                yield Finding(
                    object_type=object_type,
                    object_id=obj.pk,
                    damage=Damage.CURRENT,
                    message=_("it differs from its newest revision in %s") % ", ".join(different),
                )


# --- What is derived: a comparison that every app uses -------------------------------------------


def compare_derived(
    object_type: str, object_id: int, stored: dict[str, Any], computed: dict[str, Any]
) -> Iterator[Finding]:
    """A finding for each value of ``computed``, by what it is called, that is stored otherwise."""
    for name, value in computed.items():
        if stored[name] != value:
            yield Finding(
                object_type=object_type,
                object_id=object_id,
                damage=Damage.DERIVED,
                message=_("%s is not what follows from it") % name,
            )
