"""Proposing a change, revising it and withdrawing it: what authors of proposals do."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.blocks import find_block
from accounts.limits import count
from accounts.permissions import may, refuse_blocked
from changes.editing import EditConflictError, MergedEdit, merge_edit, merge_onto
from changes.models import Versioned
from changes.recording import NothingChangedError, Subject
from changes.refusals import EditHeldError
from changes.typed import typed_texts
from moderation.models import Case
from moderation.new_links import check_proposed_links
from moderation.proposal_holding import (
    hold_case,
    hold_case_of,
    hold_case_of_new,
    leave_case,
    say_what_it_is_about,
)
from moderation.proposal_kinds import ProposalKind, get_proposal_kind
from moderation.proposal_models import Proposal, ProposalEvent, ProposalQuerySet
from moderation.rules.guarding import check_proposed_edit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

#: "May propose": everybody with an account has it. "May publish" is what the operations ask for.
PROPOSE: Final = "moderation.add_proposal"
MAX_MESSAGE: Final = 2000


class DeclinedBeforeError(ValidationError):
    """The same new object was proposed before, and declined; ``reason`` is the one given then."""

    def __init__(self, proposal: Proposal, reason: str) -> None:
        day = date_format(timezone.localtime(proposal.decided_at), "DATE_FORMAT")
        text = _("This was proposed before and declined on %(day)s: %(reason)s")
        super().__init__(text % {"day": day, "reason": reason})
        self.declined = proposal


@dataclass(frozen=True, kw_only=True)
class Proposer:
    """Who proposes. ``own`` are proposals that were made without an account in the same session."""

    user: User | AnonymousUser
    own: frozenset[int] = frozenset()

    @property
    def account(self) -> User | None:
        return self.user if self.user.is_authenticated else None

    @property
    def label(self) -> str:
        return self.account.label if self.account else ""

    def owns(self, proposal: Proposal) -> bool:
        """Whether they made ``proposal``."""
        if proposal.author_id is not None:
            return proposal.author_id == self.user.pk
        return proposal.pk in self.own

    def proposals(self) -> ProposalQuerySet:
        """All that they proposed, the newest first."""
        own = Proposal.objects.filter(pk__in=self.own, author=None)
        if self.account is not None:
            own = own | Proposal.objects.filter(author=self.account)
        return own.order_by("-id")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is proposed: values of the operation's fields, and what its author says of them.

    ``base_version`` is the revision they were written against, ``seen_version`` the version of the
    author's own proposal that they stand on (0: none). ``held`` says why an edit waits that its
    author may publish.
    """

    values: Mapping[str, Any]
    base_version: int = 0
    seen_version: int = 0
    summary: str = ""
    is_minor: bool = False
    held: EditHeldError | None = None
    insists: bool = False  # although the same was declined before


def may_propose(user: User | AnonymousUser) -> bool:
    """Whether ``user`` may propose what they may not publish; who is blocked may not."""
    if not user.is_authenticated:
        return bool(settings.ANONYMOUS_PROPOSALS) and find_block(user) is None
    return may(user, PROPOSE)


def require_propose(user: User | AnonymousUser) -> None:
    """Raise PermissionDenied, with words for a person, unless :func:`may_propose`."""
    if may_propose(user):
        return
    refuse_blocked(user)
    if user.is_authenticated:
        raise PermissionDenied(_("Your account may not propose changes."))
    raise PermissionDenied(_("Sign in to propose a change."))


@transaction.atomic
def propose_edit(*, object_type: str, object_id: int, draft: Draft, by: Proposer) -> Proposal:
    """Have an edit of an object wait for a moderator, rebased on the object as it stands.

    Who has one waiting revises it. Raises what the edit itself would raise: EditConflictError with
    what others published, or with the author's own newer proposal, NothingChangedError,
    ValidationError by field; EditRefusedError and LimitReachedError, PermissionDenied.
    """
    require_propose(by.user)
    count("proposal", actor=by.user)
    kind = get_proposal_kind(object_type)
    obj = kind.model._base_manager.get(pk=object_id)
    case = hold_case_of(obj, kind, by.account)
    own = _find_own(by, object_type, object_id)
    edit = _merge(kind, obj, own, draft)
    if not edit.changed:
        raise NothingChangedError
    labels = _check(obj, edit, draft, by)
    proposal = own or Proposal(
        object_type=object_type,
        object_id=object_id,
        intent=Proposal.Intent.EDIT,
    )
    proposal.labels = labels
    proposal.fields = {name: edit.values[name] for name in edit.changed}
    proposal.base_version = obj.version
    proposal.title = obj.title  # type: ignore[attr-defined]
    proposal.section_id = kind.section_of(obj, edit.values)
    return _write(proposal, draft, by, case)


@transaction.atomic
def propose_write(
    *,
    object_type: str,
    object_id: int,
    values: Mapping[str, Any],
    summary: str,
    held: EditHeldError,
    by: Proposer,
) -> Proposal:
    """Have a revert or a retirement wait that a rule held: ``values`` is all that it changes.

    It is published as an edit. Raises ValidationError where an edit of the same author waits
    already, which this would take the place of; the rest as :func:`propose_edit`.
    """
    require_propose(by.user)
    count("proposal", actor=by.user)
    kind = get_proposal_kind(object_type)
    obj = kind.model._base_manager.get(pk=object_id)
    case = hold_case_of(obj, kind, by.account)
    if _find_own(by, object_type, object_id) is not None:
        raise ValidationError(_("An edit of yours waits here already: withdraw it first."))
    proposal = Proposal(
        object_type=object_type,
        object_id=object_id,
        intent=Proposal.Intent.EDIT,
        fields=dict(values),
        base_version=obj.version,
        title=obj.title,  # type: ignore[attr-defined]
        section_id=kind.section_of(obj, values),
    )
    return _write(proposal, Draft(values=values, summary=summary, held=held), by, case)


@transaction.atomic
def propose_new(
    *, object_type: str, draft: Draft, by: Proposer, revises: int | None = None
) -> Proposal:
    """Have a new object wait for a moderator; ``revises`` is an own proposal of one that waits.

    Raises ValidationError by field, also where it stands already, DeclinedBeforeError unless the
    draft insists, EditRefusedError, LimitReachedError, PermissionDenied.
    """
    require_propose(by.user)
    count("proposal", actor=by.user)
    kind = get_proposal_kind(object_type)
    own = _hold_own(revises, by) if revises is not None else None
    if own is not None and own.version != draft.seen_version:
        raise ValidationError(_("You changed this proposal elsewhere: look at it again first."))
    values = kind.clean(None, draft.values, 0)
    key = kind.key_of(values)
    if own is None and key and not draft.insists:
        _refuse_declined(object_type, key)
    check_proposed_links(before=(), after=_texts(values), actor=by.user)
    subject = Subject(object_type=object_type, title=values["title"])
    labels = check_proposed_edit(
        subject=subject, before={}, after=values, actor=by.user, summary=draft.summary
    )
    proposal = own or Proposal(object_type=object_type, intent=Proposal.Intent.CREATE)
    proposal.labels = list(labels)
    proposal.fields, proposal.key = values, key
    proposal.title = values["title"]
    proposal.section_id = kind.section_of(None, values)
    if own is None:
        proposal.author, proposal.author_label = by.account, by.label
        proposal.save()
    return _write(proposal, draft, by, hold_case_of_new(proposal, kind, by.account))


@transaction.atomic
def withdraw_proposal(*, proposal_id: int, by: Proposer) -> Proposal:
    """Take an own proposal back; ValidationError where it was decided meanwhile."""
    refuse_blocked(by.user)
    proposal = _hold_own(proposal_id, by)
    proposal.state = Proposal.State.WITHDRAWN
    proposal.decided_at = timezone.now()
    proposal.version += 1
    proposal.save()
    note_event(proposal, ProposalEvent.Kind.WITHDRAWN, actor=by.account)
    if proposal.case is not None:
        leave_case(proposal.case, _("What was proposed was withdrawn."))
    return proposal


@transaction.atomic
def answer_moderators(*, proposal_id: int, text: str, by: Proposer) -> Proposal:
    """Say something to the moderators; where they asked for changes the proposal waits again.

    ValidationError for the field ``text``, or where it was decided meanwhile.
    """
    require_propose(by.user)
    count("proposal", actor=by.user)
    text = text.replace("\0", "").strip()
    if not text:
        raise ValidationError({"text": _("Write something.")})
    if len(text) > MAX_MESSAGE:
        raise ValidationError({"text": _("At most %(max)d characters.") % {"max": MAX_MESSAGE}})
    proposal = _hold_own(proposal_id, by)
    note_event(proposal, ProposalEvent.Kind.SAID, actor=by.account, text=text)
    proposal.state = Proposal.State.WAITING
    proposal.version += 1
    kind = get_proposal_kind(proposal.object_type)
    proposal.case = hold_case(proposal, kind, by.account)
    proposal.save()
    say_what_it_is_about(proposal.case, proposal)
    return proposal


def note_event(
    proposal: Proposal, kind: ProposalEvent.Kind, *, actor: User | None, text: str = ""
) -> None:
    """Write down what happened to a proposal, for its author and moderators."""
    label = actor.label if actor else ""
    ProposalEvent.objects.create(
        proposal=proposal, kind=kind, actor=actor, actor_label=label, text=text
    )


def hold_proposal(proposal_id: int) -> Proposal:
    """The proposal, locked after its case; ``DoesNotExist`` where there is none."""
    case_id = Proposal.objects.values_list("case_id", flat=True).get(pk=proposal_id)
    if case_id is not None:
        Case.objects.select_for_update().get(pk=case_id)
    return Proposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)


def find_declined(object_type: str, key: str) -> tuple[Proposal, str] | None:
    """The last proposal of the same new object that was declined, and why."""
    if not key:
        return None
    same = Proposal.objects.declined().filter(object_type=object_type, key=key)
    declined = same.filter(intent=Proposal.Intent.CREATE).order_by("-decided_at").first()
    if declined is None:
        return None
    said = declined.events.filter(kind=ProposalEvent.Kind.DECLINED).last()
    return declined, said.text if said else ""


def rebase(kind: ProposalKind, obj: Versioned, proposal: Proposal) -> MergedEdit:
    """A proposal for ``obj`` on top of it as it stands; EditConflictError where it cannot be."""
    base_version = proposal.base_version or 0
    return merge_edit(obj, base_version=base_version, values=proposal.fields, prose=kind.prose)


def _merge(kind: ProposalKind, obj: Versioned, own: Proposal | None, draft: Draft) -> MergedEdit:
    """What the draft makes of ``obj``; with the own proposal where that was not seen."""
    base_version = draft.base_version
    values = kind.clean(obj, draft.values, base_version)
    edit = merge_edit(obj, base_version=base_version, values=values, prose=kind.prose)
    if own is None or own.version == draft.seen_version:
        return edit
    try:
        before = rebase(kind, obj, own)
    except EditConflictError:
        # It could not be published as it is: what its author writes now takes its place.
        return edit
    proposed = copy(obj)
    for name, value in before.values.items():
        setattr(proposed, name, value)
    base = obj.history.filter(version=obj.version).first()  # type: ignore[attr-defined]
    both = merge_onto(proposed, base=base, values=edit.values, prose=kind.prose)
    joined = {**before.values, **both.values}
    return merge_edit(obj, base_version=obj.version, values=joined, prose=kind.prose)


def _write(proposal: Proposal, draft: Draft, by: Proposer, case: Case) -> Proposal:
    is_known = bool(proposal.pk) and proposal.case_id is not None
    if not is_known:
        proposal.author, proposal.author_label = by.account, by.label
    else:
        proposal.version += 1
    proposal.case = case
    proposal.summary, proposal.is_minor = draft.summary, draft.is_minor
    if draft.held is not None:
        proposal.rule, proposal.held_reason = draft.held.rule[:100], draft.held.reason
    proposal.state = Proposal.State.WAITING
    proposal.updated_at = timezone.now()
    proposal.save()
    kind = ProposalEvent.Kind.REVISED if is_known else ProposalEvent.Kind.PROPOSED
    note_event(proposal, kind, actor=by.account, text=draft.summary)
    say_what_it_is_about(case, proposal)
    return proposal


def _find_own(by: Proposer, object_type: str, object_id: int) -> Proposal | None:
    """The own edit of an object that is still open: locked."""
    edits = by.proposals().open().about(object_type, object_id)
    own = edits.filter(intent=Proposal.Intent.EDIT).select_for_update(of=("self",))
    return own.first()


def _hold_own(proposal_id: int, by: Proposer) -> Proposal:
    """An own proposal that is still open, locked; ValidationError where it is not any more."""
    proposal = hold_proposal(proposal_id)
    if not by.owns(proposal):
        raise PermissionDenied(_("This is somebody else's proposal."))
    if not proposal.is_open:
        raise ValidationError(_("This proposal was decided or withdrawn meanwhile."))
    return proposal


def _refuse_declined(object_type: str, key: str) -> None:
    found = find_declined(object_type, key)
    if found is not None:
        raise DeclinedBeforeError(*found)


def _check(obj: Any, edit: MergedEdit, draft: Draft, by: Proposer) -> list[str]:
    """What would never be published, whoever approves it, is not proposed either.

    Returned are the labels of the rules that would mark it.
    """
    before = {name: getattr(obj, name) for name in edit.values}
    check_proposed_links(before=_texts(before), after=_texts(edit.values), actor=by.user)
    subject = Subject(object_type=obj._meta.model_name, title=edit.values.get("title", obj.title))
    labels = check_proposed_edit(
        subject=subject, before=before, after=edit.values, actor=by.user, summary=draft.summary
    )
    return list(labels)


def _texts(values: Mapping[str, Any]) -> list[str]:
    return typed_texts(values.values())
