"""What became of one person's proposals: what trust in them can be built on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from moderation.proposal_models import Proposal

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.proposal_models import ProposalQuerySet


@dataclass(frozen=True, kw_only=True)
class ProposalRecord:
    """When proposals of one person were approved and declined, the latest first.

    A decision that was taken back does not count, nor what was withdrawn or not needed any more.
    """

    approved_at: list[datetime]
    declined_at: list[datetime]


def find_proposal_record(user: User, *, since: datetime | None = None) -> ProposalRecord:
    """The record of ``user``, or what of it came after ``since``; two queries on an index."""
    decided = Proposal.objects.by(user).order_by("-decided_at")
    if since is not None:
        decided = decided.filter(decided_at__gt=since)
    return ProposalRecord(
        approved_at=_times(decided.approved()), declined_at=_times(decided.declined())
    )


def _times(proposals: ProposalQuerySet) -> list[datetime]:
    return [at for at in proposals.values_list("decided_at", flat=True) if at is not None]
