"""What moderation holds of a person: handed out to them, and erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.erasing import Erasure, keep_personal_data
from changes.people import USER
from moderation.edit_cases import SUSPICIOUS, UNPATROLLED
from moderation.models import (
    Case,
    Decision,
    HeldStanding,
    MassRevert,
    Note,
    Proposal,
    ProposalEvent,
    Report,
    SectionReviewer,
)

if TYPE_CHECKING:
    from accounts.models import User


def register_personal_data() -> None:
    """Called once by ``ModerationConfig.ready``."""
    keep_personal_data(erase=erase, export=export)


def export(user: User) -> Mapping[str, Any]:
    """What they proposed, reported, decided and noted; no titles, which may be hidden since."""
    proposals = Proposal.objects.filter(author=user).order_by("pk")
    said = ProposalEvent.objects.filter(actor=user).order_by("pk")
    reports = Report.objects.filter(reporter=user).order_by("pk")
    decisions = Decision.objects.filter(actor=user).order_by("pk")
    notes = Note.objects.filter(author=user).order_by("pk")
    return {
        "proposals": list(
            proposals.values(
                *("created_at", "object_type", "object_id", "intent", "fields"),
                *("summary", "state", "decided_at"),
            )
        ),
        "said_of_proposals": list(said.values("at", "proposal_id", "kind", "text")),
        "reports": list(reports.values("at", "target_type", "target_id", "reason", "text")),
        "decisions": list(decisions.values("at", "kind", "target_type", "target_id", "action")),
        "notes": list(notes.values("at", "case_id", "kind", "text")),
    }


def erase(erasure: Erasure) -> None:
    """Their decisions stay in the public log under the pseudonym; their duties end."""
    user, name = erasure.user, erasure.name
    # By one statement: the database lets nothing else of the log be changed.
    Decision.objects.filter(actor=user).update(actor=None, actor_label=erasure.pseudonym)
    Case.objects.filter(claimed_by=user).update(claimed_by=None, claimed_until=None)
    Case.objects.filter(assigned_to=user).update(assigned_to=None)
    SectionReviewer.objects.filter(user=user).delete()
    HeldStanding.objects.filter(user=user).delete()
    Case.objects.filter(target_type=USER, target_id=user.pk).update(title=erasure.pseudonym)
    about_edits = Case.objects.filter(kind__in=(SUSPICIOUS, UNPATROLLED), reason__icontains=name)
    erasure.reword_rows(about_edits.order_by(), "reason")
    mentions = Q(text__icontains=f"@{name}") | Q(details__to__iexact=name)
    erasure.reword_rows(Note.objects.filter(mentions).order_by(), "text", "details")
    erasure.reword_rows(MassRevert.objects.filter(accounts=user).order_by(), "names")
