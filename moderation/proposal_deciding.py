"""What moderators do with a proposal: approve it, amended or not, ask for changes, decline it.

Each function runs inside the transaction of :func:`moderation.cases.decide`, which holds the case,
and returns what the public log keeps: nothing of what is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import LimitReachedError
from accounts.models import User
from changes.editing import EditConflictError
from changes.models import Source
from changes.recording import MAX_SUMMARY, Authorship, NothingChangedError
from changes.refusals import EditHeldError
from changes.restoring import RestoringRefusedError, Run, Target, restore
from changes.taking_back import from_json, take_back
from moderation.proposal_holding import touch_case
from moderation.proposal_kinds import get_proposal_kind
from moderation.proposal_models import Proposal, ProposalEvent
from moderation.proposal_notices import (
    CHANGES_REQUESTED,
    DECLINED,
    REOPENED,
    tell_approved,
    tell_author,
)
from moderation.proposing import note_event
from moderation.standing_reviews import review_later

if TYPE_CHECKING:
    from changes.models import Versioned
    from moderation.handlers import Request
    from moderation.log_models import Decision
    from moderation.models import Case

APPROVE: Final = "approve"
AMEND: Final = "amend"
ASK: Final = "ask"
DECLINE: Final = "decline"

State = Proposal.State


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """What a moderator makes of a proposal before it is published.

    ``values`` of the operation's fields, written against the revision ``base_version`` and version
    ``seen_version`` of the proposal.
    """

    values: Mapping[str, Any]
    base_version: int
    seen_version: int
    summary: str = ""
    is_minor: bool = False


def approve(case: Case, request: Request) -> dict[str, Any]:
    """Publish a proposal by the ordinary operation: its author credited, who accepts it recorded.

    Raises ValidationError with words for the moderator where it cannot be published as it is.
    """
    proposal = _take(case, request)
    try:
        return _publish(proposal, request, None)
    except EditConflictError:
        message = _("It conflicts with what was published since: amend it.")
        raise ValidationError(message) from None


def approve_amended(case: Case, request: Request) -> dict[str, Any]:
    """Publish what a moderator made of a proposal (``params["amendment"]``); both are credited.

    Raises what the operation raises; ValidationError where its author revised it meanwhile.
    """
    amendment: Amendment = request.params["amendment"]
    proposal = _take(case, request)
    if proposal.version != amendment.seen_version:
        raise ValidationError(_("Its author revised it meanwhile: look at it again first."))
    return _publish(proposal, request, amendment)


def ask_for_changes(case: Case, request: Request) -> dict[str, Any]:
    """Hand a proposal back to its author, with what shall be changed."""
    proposal = _take(case, request)
    proposal.state = State.CHANGES_REQUESTED
    _save(proposal, request, ProposalEvent.Kind.CHANGES_REQUESTED)
    tell_author(proposal, CHANGES_REQUESTED, actor=request.actor, reason=request.reason)
    return _facts(proposal)


def decline(case: Case, request: Request) -> dict[str, Any]:
    """Decline a proposal; its author is told why."""
    proposal = _take(case, request)
    proposal.state = State.DECLINED
    _close(proposal, request.actor)
    _save(proposal, request, ProposalEvent.Kind.DECLINED)
    if proposal.author_id is not None:
        review_later([proposal.author_id])
    tell_author(proposal, DECLINED, actor=request.actor, reason=request.reason)
    return _facts(proposal)


ACTIONS: Final[Mapping[str, Callable[[Case, Request], dict[str, Any]]]] = {
    APPROVE: approve,
    AMEND: approve_amended,
    ASK: ask_for_changes,
    DECLINE: decline,
}
_STATES: Final = {
    APPROVE: (State.APPROVED, State.SUPERSEDED),
    AMEND: (State.APPROVED, State.SUPERSEDED),
    ASK: (State.CHANGES_REQUESTED,),
    DECLINE: (State.DECLINED,),
}


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """Bring a proposal back to waiting; what an approval published is taken back.

    What others wrote since stays. Raises ValidationError where that cannot be done any more.
    """
    try:
        number = decision.details.get("proposal", 0)
        proposal = Proposal.objects.select_for_update(of=("self",)).get(pk=number)
    except Proposal.DoesNotExist:
        raise ValidationError(_("This proposal is gone.")) from None
    if proposal.state not in _STATES[decision.action]:
        raise ValidationError(_("Its author went on with this proposal since."))
    _refuse_newer(proposal)
    by = _authorship_of_undoing(decision, request)
    if proposal.is_new and proposal.state == State.APPROVED:
        changed = [_take_away(proposal, by)]
    else:
        changed = take_back(from_json(decision.details.get("revisions", ())), by)
    proposal.state = State.WAITING
    proposal.decided_at = proposal.decided_by = proposal.result_version = None
    _save(proposal, request, ProposalEvent.Kind.UNDONE)
    tell_author(proposal, REOPENED, actor=request.actor)
    if proposal.case is not None:
        touch_case(proposal.case)
    return {"changed": changed}


def _take(case: Case, request: Request) -> Proposal:
    """The proposal that is to be decided: locked, and of this case."""
    proposals = Proposal.objects.select_for_update(of=("self",)).filter(case=case)
    proposal = proposals.filter(pk=request.params.get("proposal") or 0).first()
    if proposal is None:
        raise ValidationError(_("Choose which proposal this is about."))
    if not proposal.is_waiting:
        raise ValidationError(_("This proposal does not wait any more."))
    return proposal


def _publish(proposal: Proposal, request: Request, amendment: Amendment | None) -> dict[str, Any]:
    by = _authorship(proposal, request, amendment)
    try:
        obj = _write(proposal, amendment, by)
    except NothingChangedError:
        return _leave_as_it_is(proposal, request)
    except EditHeldError as held:
        raise ValidationError(held.reason) from None
    except LimitReachedError as limit:
        raise ValidationError(limit.message) from None
    except ObjectDoesNotExist:
        raise ValidationError(_("What this would change is gone.")) from None
    except PermissionDenied as denied:
        raise ValidationError(str(denied)) from None
    proposal.state = State.APPROVED
    proposal.object_id, proposal.result_version = obj.pk, obj.version
    _close(proposal, request.actor)
    _save(proposal, request, ProposalEvent.Kind.APPROVED)
    tell_approved(proposal, actor=request.actor, is_amended=amendment is not None)
    return {
        **_facts(proposal),
        "author_id": by.actor.pk,
        "revision": obj.version,
        "title": obj.title,  # type: ignore[attr-defined]
    }


def _write(proposal: Proposal, amendment: Amendment | None, by: Authorship) -> Versioned:
    kind = get_proposal_kind(proposal.object_type)
    values = amendment.values if amendment else proposal.fields
    if proposal.is_new:
        return kind.create(values, by, proposal.object_id)
    base_version = amendment.base_version if amendment else proposal.base_version
    obj, _edit = kind.edit(proposal.object_id or 0, base_version or 0, values, by)
    return obj


def _authorship(proposal: Proposal, request: Request, amendment: Amendment | None) -> Authorship:
    """The author is the proposal's, the authority the moderator's; an amendment names both."""
    said = amendment or proposal
    summary = said.summary
    details: dict[str, Any] = {"proposal": proposal.pk}
    if amendment is not None:
        credit = _("amended by %(name)s") % {"name": request.actor.label}
        summary = f"{summary[: MAX_SUMMARY - len(credit) - 3]} ({credit})".strip()
        details["amended_by"] = request.actor.label
    return Authorship(
        actor=proposal.author or User.objects.get_anonymous(),
        accepted_by=request.actor,
        summary=summary,
        is_minor=said.is_minor,
        source=Source.PROPOSAL,
        details=details,
    )


def _leave_as_it_is(proposal: Proposal, request: Request) -> dict[str, Any]:
    """Somebody published the same meanwhile: nothing is left to publish."""
    proposal.state = State.SUPERSEDED
    _close(proposal, request.actor)
    _save(proposal, request, ProposalEvent.Kind.SUPERSEDED)
    tell_approved(proposal, actor=request.actor, is_amended=False)
    return {**_facts(proposal), "superseded": True}


def _facts(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal": proposal.pk,
        "object_type": proposal.object_type,
        "is_new": proposal.is_new,
    }


def _close(proposal: Proposal, moderator: User) -> None:
    proposal.decided_at, proposal.decided_by = timezone.now(), moderator


def _save(proposal: Proposal, request: Request, kind: ProposalEvent.Kind) -> None:
    proposal.version += 1
    proposal.save()
    note_event(proposal, kind, actor=request.actor, text=request.reason)


def _refuse_newer(proposal: Proposal) -> None:
    """There is one open proposal of an author for an object."""
    if proposal.is_new or proposal.is_open or proposal.author is None:
        return
    mine = Proposal.objects.by(proposal.author).open()
    if mine.about(proposal.object_type, proposal.object_id or 0).exclude(pk=proposal.pk).exists():
        raise ValidationError(
            _("%(name)s has proposed another edit since: decide about that one.")
            % {"name": proposal.author_label}
        )


def _authorship_of_undoing(decision: Decision, request: Request) -> Authorship:
    summary = request.reason or _("Approval taken back")
    return Authorship(actor=request.actor, summary=summary[:MAX_SUMMARY])


def _take_away(proposal: Proposal, by: Authorship) -> tuple[str, int]:
    """Type and id of what the approval made, or brought back, and is not there any more."""
    kind = get_proposal_kind(proposal.object_type)
    obj = kind.model._base_manager.select_for_update().get(pk=proposal.object_id)
    title: str = obj.title  # type: ignore[attr-defined]
    if obj.version != proposal.result_version:
        message = _("“%(title)s” was changed since: take it away by hand.")
        raise ValidationError(message % {"title": title})
    run = Run(obj.version - 1 or None, obj.version)
    try:
        restore([Target(proposal.object_type, obj.pk, (run,))], reason=by.summary, by=by)
    except RestoringRefusedError as refused:
        raise ValidationError(f"{title}: {refused}") from refused
    return proposal.object_type, obj.pk
