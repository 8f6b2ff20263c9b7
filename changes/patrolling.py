"""Patrol: who looked at which change. One look by somebody who is trusted is enough."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.permissions import may, require
from changes.filters import MAX_ID, ChangeQuery
from changes.lines import ChangeLine, make_lines
from changes.models import Change, ChangeQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

PATROL = "changes.patrol_change"
MAX_CHOSEN = 500  # changes marked by their ids at once
_LOOKED_AHEAD = 50


Hearer = Callable[[Collection[int]], None]
_hearers: list[Hearer] = []


def hear_patrols(hearer: Hearer) -> None:
    """Have ``hearer`` called with the ids of those whose changes others patrol, or see taken back.

    Registered in ``AppConfig.ready()``.
    """
    if hearer not in _hearers:
        _hearers.append(hearer)


def may_patrol(user: User | AnonymousUser) -> bool:
    """Whether ``user`` sees what is patrolled, and says so."""
    return may(user, PATROL)


def count_unpatrolled() -> int:
    """How many changes wait for somebody to look at them; one query on a partial index."""
    return Change.objects.unpatrolled().order_by().count()


def patrol(*, change_ids: Collection[int], actor: User) -> int:
    """Mark changes as patrolled by ``actor``; how many were not yet.

    Nobody patrols what they wrote themselves, unless their edits need no patrol anyway; those are
    left out. Raises PermissionDenied.
    """
    wanted = [number for number in change_ids if number <= MAX_ID][:MAX_CHOSEN]
    return mark_patrolled(Change.objects.filter(pk__in=wanted), actor=actor)


def patrol_all(*, query: ChangeQuery, up_to: int, actor: User) -> int:
    """Mark all that ``query`` finds up to the change with the id ``up_to``; how many there were.

    The query is of one user or one object; ``up_to`` is the newest change that the patroller had
    before them: what came since is not marked unseen. Raises PermissionDenied, or ValueError for a
    wider query.
    """
    if query.user is None and query.object_id is None:
        raise ValueError("only what one user did, or one object, is patrolled as a whole")
    return mark_patrolled(query.find().filter(pk__lte=min(up_to, MAX_ID)), actor=actor)


def mark_patrolled(changes: ChangeQuerySet, *, actor: User, permission: str = PATROL) -> int:
    """As :func:`patrol`, for operations that know which changes are meant.

    ``permission`` is the one that the calling operation asks for.
    """
    require(actor, permission)
    changes = changes.order_by().unpatrolled()
    if not may(actor, "changes.autopatrol"):
        changes = changes.exclude(actor=actor)
    user_ids = _find_concerned(changes) - {actor.pk}
    marked = changes.update(patrolled_by=actor, patrolled_at=timezone.now())
    for hear in _hearers:
        hear(user_ids)
    return marked


def _find_concerned(changes: ChangeQuerySet) -> set[int]:
    """Who made these changes, and whose they take back; one query."""
    taken_back = Change.objects.order_by().filter(reverted_by__in=changes.values("pk"))
    authors = changes.values_list("actor_id").union(taken_back.values_list("actor_id"))
    return {pk for (pk,) in authors if pk is not None}


def find_next_unpatrolled(*, after: int = 0) -> ChangeLine | None:
    """The oldest change nobody looked at behind the one numbered ``after``, else the oldest of all.

    One whose object readers can see goes first. None where none waits; at most four queries.
    """
    waiting = Change.objects.unpatrolled().order_by("id")
    for changes in (waiting.filter(pk__gt=min(after, MAX_ID)), waiting):
        lines = make_lines(list(changes[:_LOOKED_AHEAD]))
        if lines:
            return next((line for line in lines if line.diff_url), lines[0])
    return None
