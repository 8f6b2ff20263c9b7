"""Counting what somebody's edits came to: accepted, taken back, declined."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, F, Max, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.roles import CONTRIBUTORS, TRUSTED
from changes.models import Change, Source
from moderation.log_models import Decision
from moderation.proposal_models import Proposal
from moderation.trust import Needs, Record, Rules

if TYPE_CHECKING:
    from accounts.models import User

#: The kind of decisions about standing in the log, and those after which the count begins anew.
STANDING = "standing"
_ANEW = ("demote", "set", "release")
#: Doors through which what is written is no edit of a person's own.
_NOT_COUNTED = (Source.IMPORT, Source.REPAIR)


def read_rules() -> Rules:
    """The rules as the settings have them."""
    trust = settings.TRUST

    def needs(name: str) -> Needs:
        return Needs(
            edits=trust[f"{name}_EDITS"],
            days=trust[f"{name}_DAYS"],
            age_days=trust[f"{name}_AGE_DAYS"],
        )

    return Rules(
        needs={CONTRIBUTORS: needs("CONTRIBUTOR"), TRUSTED: needs("TRUSTED")},
        window_days=trust["WINDOW_DAYS"],
        declined_edits=trust["DECLINED_EDITS"],
        declined_percent=trust["DECLINED_PERCENT"],
    )


def find_record(user: User) -> Record:
    """What the edits of ``user`` came to; four queries.

    An edit counts as accepted once somebody looked at it (a proposal: by being approved), or once
    it stood for TRUST_UNDISPUTED_DAYS, and for as long as nobody takes it back. It counts as
    declined where another took it back by a revision that itself was looked at: so nobody is pulled
    down by someone whom nobody trusts. Imports and repairs of links are not counted.
    """
    now = timezone.now()
    begun, changed = _find_beginnings(user)
    window = now - timedelta(days=settings.TRUST["WINDOW_DAYS"])
    recent = max(window, changed or window)
    edits = Change.objects.by(user).revisions().exclude(source__in=_NOT_COUNTED).order_by()
    counts = _count_accepted(edits, begun, recent, now)
    taken_back = edits.filter(
        reverted_by__patrolled_at__isnull=False, reverted_by__at__gt=recent
    ).exclude(reverted_by__actor=user)
    declined = Proposal.objects.filter(author=user).declined().filter(decided_at__gt=recent)
    return Record(
        accepted=counts["accepted"],
        days=counts["days"],
        recent=counts["recent"],
        declined=taken_back.count() + declined.order_by().count(),
        age_days=(now - user.date_joined).days,
    )


def _count_accepted(
    edits: Any, begun: datetime | None, recent: datetime, now: datetime
) -> dict[str, int]:
    undisputed = now - timedelta(days=settings.TRUST["UNDISPUTED_DAYS"])
    standing = edits.filter(
        Q(patrolled_at__isnull=False) | Q(at__lte=undisputed), reverted_by__isnull=True
    )
    if begun is not None:
        standing = standing.filter(at__gt=begun)
    counts: dict[str, int] = standing.aggregate(
        accepted=Count("pk"),
        days=Count(TruncDate("at"), distinct=True),
        recent=Count("pk", filter=Q(at__gt=recent)),
    )
    return counts


def _find_beginnings(user: User) -> tuple[datetime | None, datetime | None]:
    """When the count of accepted edits began anew, and when the standing last changed."""
    decisions = Decision.objects.standing().filter(
        kind=STANDING, target_type="user", target_id=user.pk
    )
    row = decisions.order_by().aggregate(
        begun=Max("at", filter=Q(action__in=_ANEW)), changed=Max("at")
    )
    return row["begun"], row["changed"]


def find_authors_of(change: Change) -> Collection[int]:
    """Whose edits ``change`` makes count, or takes back; none of most changes."""
    authors: set[int] = set()
    if change.kind in (Change.Kind.REVERTED, Change.Kind.DELETED, Change.Kind.RETIRED):
        taken = Change.objects.filter(reverted_by=change).exclude(actor=F("reverted_by__actor"))
        authors.update(pk for pk in taken.order_by().values_list("actor_id", flat=True) if pk)
    is_approved = change.patrolled_by_id is not None and change.patrolled_by_id != change.actor_id
    if is_approved and change.actor_id is not None:
        authors.add(change.actor_id)
    return authors
