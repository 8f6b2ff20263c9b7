"""Rollback: all that the last author of an object wrote there in a row is taken back at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.limits import count
from accounts.permissions import require
from changes.models import Change
from changes.objects import get_tracked
from changes.patrolling import PATROL, mark_patrolled
from changes.recording import MAX_SUMMARY, Authorship, NothingChangedError, StaleVersionError

if TYPE_CHECKING:
    from accounts.models import User

_AT_ONCE = 200  # conditions of one query: SQLite parses no more than a thousand

Key = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What would be taken back: the revisions after ``to`` up to ``through``, all of one author.

    ``kept_label`` is who wrote revision ``to``, which comes back.
    """

    object_type: str
    object_id: int
    author_id: int | None
    author_label: str
    kept_label: str
    to: int
    through: int

    @property
    def count(self) -> int:
        """How many revisions are taken back."""
        return self.through - self.to


def find_rollback(object_type: str, object_id: int) -> Rollback | None:
    """As :func:`find_rollbacks`, for one object."""
    return find_rollbacks([(object_type, object_id)]).get((object_type, object_id))


def find_rollbacks(keys: Iterable[Key]) -> dict[Key, Rollback]:
    """What could be rolled back in each object, by type and id.

    Objects in which nobody but the last author ever wrote are left out: there is nothing to go
    back to. Three queries for each two hundred objects.
    """
    wanted = sorted(set(keys))
    found: dict[Key, Rollback] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        found |= _find(wanted[start : start + _AT_ONCE])
    return found


def _find(keys: Collection[Key]) -> dict[Key, Rollback]:
    newest = _find_newest({key: Q() for key in keys})
    others = {key: ~_written_by(change) for key, change in newest.items()}
    kept = _find_newest(others)
    return {
        key: Rollback(
            object_type=key[0],
            object_id=key[1],
            author_id=newest[key].actor_id,
            author_label=newest[key].actor_label,
            kept_label=change.actor_label,
            to=change.version_after or 0,
            through=newest[key].version_after or 0,
        )
        for key, change in kept.items()
    }


def _written_by(change: Change) -> Q:
    """Changes of the same author; by the name where the account is gone."""
    actor_id = change.beneath("actor_id")
    if actor_id is None:
        return Q(actor__isnull=True, actor_label=change.beneath("actor_label"))
    return Q(actor__isnull=False, actor_id=actor_id)


def _find_newest(conditions: dict[Key, Q]) -> dict[Key, Change]:
    """The newest revision of each object that meets its condition; two queries."""
    if not conditions:
        return {}
    about = Q()
    for (object_type, object_id), condition in conditions.items():
        about |= Q(object_type=object_type, object_id=object_id) & condition
    revisions = Change.objects.filter(about, version_after__isnull=False).order_by()
    rows = revisions.values_list("object_type", "object_id").annotate(last=Max("version_after"))
    wanted = Q()
    for object_type, object_id, last in rows:
        wanted |= Q(object_type=object_type, object_id=object_id, version_after=last)
    if not wanted:
        return {}
    changes = Change.objects.filter(wanted)
    return {(change.object_type, change.object_id): change for change in changes}


@transaction.atomic
def roll_back(
    *,
    object_type: str,
    object_id: int,
    through: int,
    actor: User,
    summary: str = "",
    permission: str = PATROL,
) -> Rollback:
    """Take back all that the last author of an object wrote there in a row, as one revision.

    ``through`` is the newest revision that ``actor`` saw. What is taken back counts as patrolled,
    and is as easily brought back as any revision. ``permission`` is the one that the calling
    operation asks for. Raises PermissionDenied, LimitReachedError,
    :class:`StaleVersionError` where somebody wrote since, or ValidationError where there is
    nothing to go back to.
    """
    require(actor, permission)
    tracked = get_tracked(object_type)
    if tracked.model is None or tracked.revert is None:
        raise ValidationError(_("This has no revisions that could be taken back."))
    count("rollback", actor=actor)
    found = find_rollback(object_type, object_id)
    if found is None:
        raise ValidationError(
            _("Nobody else wrote here: there is no earlier revision to go back to.")
        )
    if found.through != through:
        raise StaleVersionError(f"{object_type} {object_id} is at {found.through}")
    by = Authorship(actor=actor, summary=(summary.strip() or _default_summary(found))[:MAX_SUMMARY])
    try:
        reverted = tracked.revert(object_id=object_id, to_version=found.to, by=by)
    except NothingChangedError:
        raise ValidationError(
            _("It reads like revision %(number)d already: nothing was changed.")
            % {"number": found.to}
        ) from None
    if reverted.version != through + 1:  # somebody was quicker than the operation's lock
        raise StaleVersionError(f"{object_type} {object_id} is at {reverted.version - 1}")
    undone = Change.objects.of_object(object_type, object_id)
    mark_patrolled(
        undone.filter(version_after__gt=found.to, version_after__lte=through),
        actor=actor,
        permission=permission,
    )
    return found


def _default_summary(found: Rollback) -> str:
    return _("Rolled back what %(author)s wrote, to revision %(number)d by %(kept)s") % {
        "author": found.author_label,
        "number": found.to,
        "kept": found.kept_label,
    }
