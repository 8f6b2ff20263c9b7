"""The facts of edits that were made already, many at once in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count

from accounts.permissions import find_holders
from changes.comparing import find_revisions
from changes.models import Change
from changes.objects import TrackedObject, get_tracked
from moderation.rules.attempts import (
    NOT_LOOKED_AT,
    STANDINGS,
    edit_kind_of,
    has_content,
    prose_of,
    values_of,
)
from moderation.rules.author_conditions import MAX_COUNTED, MAX_MINUTES, MAX_RECENT
from moderation.rules.facts import EditFacts
from moderation.rules.models import Standing

#: Revisions whose texts are held in memory together.
CHUNK: Final = 50
#: Characters; longer texts are left out, and that is said.
MAX_LENGTH: Final = 200_000
# Rows looked through for edits by people, behind however many by programs.
_LOOKED_THROUGH: Final = 20_000
_MAX_TIMES: Final = 20_000


@dataclass(frozen=True)
class PastEdit:
    """One edit of the past; ``facts`` are None where its texts are too long to look at."""

    change: Change
    facts: EditFacts | None


def find_past_changes(limit: int) -> list[Change]:
    """The last ``limit`` edits that rules would have been asked about, the newest first.

    One query; edits by programs and those that follow from others are no edits here.
    """
    newest = Change.objects.values_list("pk", flat=True).first() or 0
    changes = (
        Change.objects.revisions()
        .filter(pk__gt=newest - _LOOKED_THROUGH, version_after__isnull=False)
        .exclude(source__in=NOT_LOOKED_AT)
        .exclude(actor__is_bot=True)
        .select_related("actor")[:limit]
    )
    return [change for change in changes if "redirect_to" not in change.details]


def read_past_edits(changes: Sequence[Change]) -> Iterator[PastEdit]:
    """The facts of ``changes`` (the newest first), in order.

    Five queries about their authors, and for each :data:`CHUNK` one a type of object among them.
    What authors may do is taken from today; how old an account was and what it had done, from the
    time of the edit.
    """
    authors = _Authors(changes)
    for start in range(0, len(changes), CHUNK):
        chunk = changes[start : start + CHUNK]
        rows = _read_rows(chunk)
        for change in chunk:
            after = rows.get((change.object_type, change.object_id, change.version_after or 0))
            if after is None:
                yield PastEdit(change, None)
            elif has_content(change.kind, after.changed_fields):
                yield PastEdit(change, _facts(change, after, rows, authors))


def _read_rows(changes: Sequence[Change]) -> dict[tuple[str, int, int], Any]:
    """Rows of histories by type, id and number."""
    wanted: dict[str, dict[int, set[int]]] = {}
    for change in changes:
        numbers = wanted.setdefault(change.object_type, {}).setdefault(change.object_id, set())
        numbers |= {n for n in (change.version_before, change.version_after) if n}
    found: dict[tuple[str, int, int], Any] = {}
    for object_type, numbers_of in wanted.items():
        tracked = _find_tracked(object_type)
        if tracked is not None:
            rows = find_revisions(tracked, numbers_of, max_length=MAX_LENGTH)
            found |= {(object_type, *key): row for key, row in rows.items()}
    return found


def _find_tracked(object_type: str) -> TrackedObject | None:
    try:
        return get_tracked(object_type)
    except KeyError:
        return None


def _facts(
    change: Change, after: Any, rows: Mapping[tuple[str, int, int], Any], authors: _Authors
) -> EditFacts | None:
    tracked = get_tracked(change.object_type)
    key = change.object_type, change.object_id
    before = rows.get((*key, change.version_before)) if change.version_before else None
    if before is None and change.version_before:
        return None
    return EditFacts(
        object_type=change.object_type,
        edit_kind=edit_kind_of(change.kind),
        title=change.object_title,
        summary=change.summary,
        changed_fields=frozenset(after.changed_fields),
        size_difference=change.size_difference,
        prose=prose_of(tracked),
        new=values_of(tracked, after),
        read_old=lambda: values_of(tracked, before) if before is not None else {},
        site_url=settings.SITE_URL,
        **authors.describe(change),
    )


class _Authors:
    """What is known of the authors of some changes."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._ids = {change.actor_id for change in changes if change.actor_id is not None}
        self._standings = _find_standings(self._ids)
        self._times = _read_times(self._ids, changes)
        self._counts = _count_before(self._ids, changes)

    def describe(self, change: Change) -> dict[str, Any]:
        """Standing, age and earlier edits of who made ``change``, as of then."""
        actor = change.actor
        if actor is None:
            return {"standing": Standing.NEWCOMER}
        at, pk, times = change.at, actor.pk, self._times[actor.pk]
        since = at - timedelta(minutes=MAX_MINUTES)
        return {
            "standing": self._standings.get(pk, Standing.NEWCOMER),
            "account_age": at - actor.date_joined,
            "read_edit_ages": lambda: [at - t for t, n in times if n < change.pk and t > since][
                :MAX_RECENT
            ],
            "count_edits": lambda: min(self._counts.get(change.pk, 0), MAX_COUNTED),
        }


def _find_standings(ids: Collection[int]) -> dict[int, Standing]:
    """Where today's rights put people: three queries."""
    found: dict[int, Standing] = {}
    for permission, standing in STANDINGS.items():
        people = find_holders(permission).filter(pk__in=ids)
        for pk in people.values_list("pk", flat=True):
            found.setdefault(pk, standing)
    return found


def _read_times(
    ids: Collection[int], changes: Sequence[Change]
) -> defaultdict[int, list[tuple[datetime, int]]]:
    """When people made their edits, with the ids of these, the latest first; one query."""
    found: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
    if changes:
        since = changes[-1].at - timedelta(minutes=MAX_MINUTES)
        edits = Change.objects.revisions().filter(
            actor__in=ids, at__gt=since, pk__lte=changes[0].pk
        )
        for actor_id, at, pk in edits.values_list("actor_id", "at", "pk")[:_MAX_TIMES]:
            found[actor_id].append((at, pk))
    return found


def _count_before(ids: Collection[int], changes: Sequence[Change]) -> dict[int, int]:
    """How many edits the author of each change had made before it, by the id of the change.

    One query for what came before all of them; what lies between them is counted here.
    """
    if not changes:
        return {}
    older = Change.objects.revisions().filter(actor__in=ids, pk__lt=changes[-1].pk)
    rows = older.order_by().values_list("actor_id").annotate(number=Count("pk"))
    counts: defaultdict[int | None, int] = defaultdict(int, rows)
    before: dict[int, int] = {}
    for change in reversed(changes):
        before[change.pk] = counts[change.actor_id]
        counts[change.actor_id] += 1
    return before
