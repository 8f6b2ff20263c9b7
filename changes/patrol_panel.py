"""What a patroller sees beside a difference: whether somebody looked, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts.models import User
from changes.models import Change
from changes.objects import TrackedObject
from changes.patrolling import MAX_CHOSEN, may_patrol
from changes.rolling_back import Rollback, find_rollback


@dataclass(frozen=True, kw_only=True)
class PatrolPanel:
    """The changes between two revisions: ``waiting`` are those nobody looked at.

    ``patrolled_by`` is who looked at the newest, where all are patrolled. ``rollback`` is what one
    key takes back, where these are the newest revisions.
    """

    waiting: Sequence[Change]
    newest: int
    patrolled_by: User | None
    patrolled_at: datetime | None
    rollback: Rollback | None = None


def find_panel(
    request: HttpRequest, tracked: TrackedObject, obj: Any, first: int, last: int
) -> PatrolPanel | None:
    """The panel for what came after revision ``first`` up to ``last``; None for other readers."""
    if not may_patrol(request.user):
        return None
    about = Change.objects.of_object(tracked.object_type, obj.pk).select_related("patrolled_by")
    changes = list(about.filter(version_after__gt=first, version_after__lte=last)[:MAX_CHOSEN])
    if not changes:
        return None
    return PatrolPanel(
        waiting=[change for change in changes if not change.is_patrolled],
        newest=changes[0].pk,
        patrolled_by=changes[0].patrolled_by,
        patrolled_at=changes[0].patrolled_at,
        rollback=_find_rollback(tracked, obj) if last == obj.version else None,
    )


def _find_rollback(tracked: TrackedObject, obj: Any) -> Rollback | None:
    return find_rollback(tracked.object_type, obj.pk) if tracked.revert else None
