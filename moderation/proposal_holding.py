"""The cases in which proposals wait: opened, found open, and left again.

Locks are taken in one order: the case, its proposals, and when one is approved the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import F
from django.utils import translation

from changes.models import Versioned
from moderation.cases import open_case, resolve_cases
from moderation.models import Case
from moderation.proposal_kinds import ProposalKind
from moderation.proposal_models import PROPOSAL, Proposal, ProposalQuerySet

if TYPE_CHECKING:
    from accounts.models import User

#: What a case about a new object is about: the first proposal of it.
TARGET: Final = "proposal"
# A person waits for an answer: before what can wait. Dead links have 10 (linkcheck.kinds).
PRIORITY, PRIORITY_ANONYMOUS, PRIORITY_MORE = 12, 8, 3


def hold_case_of(obj: Versioned, kind: ProposalKind, author: User | None) -> Case:
    """The open case of all proposals for an object: locked."""
    others = Proposal.objects.waiting().about(kind.object_type, obj.pk)
    return _open(
        target_type=kind.object_type,
        target_id=obj.pk,
        title=obj.title,  # type: ignore[attr-defined]
        section_id=kind.section_of(obj, {}),
        priority=_priority(others, author),
    )


def hold_case_of_new(proposal: Proposal, kind: ProposalKind, author: User | None) -> Case:
    """The open case of all proposals for the same new object: locked.

    Its title is public once it is decided, and what waits is not: it names the kind alone.
    """
    waiting = Proposal.objects.waiting().exclude(pk=proposal.pk).exclude(case=None)
    same = waiting.filter(object_type=proposal.object_type, intent=Proposal.Intent.CREATE)
    same = same.filter(key=proposal.key) if proposal.key else same.none()
    others = same.select_related("case")
    known = proposal.case or next((other.case for other in others if other.case), None)
    with translation.override(settings.LANGUAGE_CODE):
        title = str(kind.new_label)
    return _open(
        target_type=TARGET,
        target_id=known.target_id if known else proposal.pk,
        title=title,
        section_id=proposal.section_id,
        priority=_priority(same, author),
    )


def hold_case(proposal: Proposal, kind: ProposalKind, author: User | None) -> Case:
    """The open case in which ``proposal`` waits: locked."""
    if proposal.is_new:
        return hold_case_of_new(proposal, kind, author)
    obj = kind.model._base_manager.get(pk=proposal.object_id)
    return hold_case_of(obj, kind, author)


def _open(**about: Any) -> Case:
    """Open the case or find it open, and lock it; what moderators saw of it is not so any more."""
    case = open_case(kind=PROPOSAL, reason="", **about)
    case = Case.objects.select_for_update().get(pk=case.pk)
    if not case.is_open:  # decided by somebody just now
        open_case(kind=PROPOSAL, reason="", **about)
    touch_case(case)
    case.refresh_from_db()
    return case


def _priority(others: ProposalQuerySet, author: User | None) -> int:
    """What several people want goes first, what comes without an account last."""
    waiting = list(others.values_list("author_id", flat=True)[: PRIORITY_MORE + 1])
    is_known = author is not None or any(waiting)
    own = PRIORITY if is_known else PRIORITY_ANONYMOUS
    further = [one for one in waiting if one is None or author is None or one != author.pk]
    return own + min(PRIORITY_MORE, len(further))


def say_what_it_is_about(case: Case, proposal: Proposal) -> None:
    """Words by which moderators find the case, and the rule for the statistics."""
    case.reason = f"{proposal.title}\n{proposal.summary}".strip()
    case.evidence = {"rule": proposal.rule}
    case.save(update_fields=["reason", "evidence"])


def leave_case(case: Case, note: str) -> None:
    """A proposal of ``case`` waits no more: close it where none does, or say that it changed."""
    if case.proposals.waiting().exists():
        touch_case(case)
    else:
        resolve_cases(
            target_type=case.target_type, target_ids=[case.target_id], note=note, kinds=[PROPOSAL]
        )


def touch_case(case: Case) -> None:
    """What moderators saw of ``case`` is not so any more: they look again before they decide."""
    Case.objects.filter(pk=case.pk).update(version=F("version") + 1)
