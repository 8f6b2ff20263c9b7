"""The edit flow's way to proposals: who may not publish proposes, and moderators amend.

The same forms and views serve for all of it. ``?proposal=`` says which own proposal of a new object
is revised (that of an edit is found by itself), ``?amend=`` which one a moderator amends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may
from changes.conflicts import put_on_top, show_conflicts
from changes.editing import EditConflictError
from changes.filters import MAX_ID
from changes.forms import RevisionForm, is_id
from changes.models import Versioned
from changes.proposing import Desk, Editing, Filling, Kept
from changes.refusals import EditHeldError, EditRefusedError, tell_refusal
from moderation.cases import StaleCaseError, decide
from moderation.explaining import explain_stale
from moderation.models import Case
from moderation.proposal_deciding import AMEND, Amendment
from moderation.proposal_kinds import ProposalKind, find_proposal_kind
from moderation.proposal_models import Proposal
from moderation.proposing import (
    Draft,
    Proposer,
    may_propose,
    propose_edit,
    propose_new,
    propose_write,
    rebase,
)
from moderation.rules.guarding import RuleRefusedError
from moderation.scope import DECIDE, may_decide

SESSION_KEY: Final = "proposals"
MAX_REMEMBERED: Final = 100
_signer = Signer(salt="moderation.proposals")


def proposer_of(request: HttpRequest) -> Proposer:
    """Who asks, with what was proposed without an account in this session."""
    own = request.session.get(SESSION_KEY, ())
    return Proposer(user=request.user, own=frozenset(own))


def remember(request: HttpRequest, proposal: Proposal) -> None:
    """Let this session have a proposal that was made without an account."""
    ids = [pk for pk in request.session.get(SESSION_KEY, ()) if pk != proposal.pk]
    request.session[SESSION_KEY] = [*ids, proposal.pk][-MAX_REMEMBERED:]


def sign_link(proposal: Proposal) -> str:
    """The address by which whoever has no account comes back to a proposal."""
    token = _signer.signature(str(proposal.pk))
    return f"{proposal.get_absolute_url()}?token={token}"


def is_link_of(proposal: Proposal, token: str) -> bool:
    """Whether ``token`` is that of :func:`sign_link`."""
    try:
        _signer.unsign(f"{proposal.pk}{_signer.sep}{token}")
    except BadSignature:
        return False
    return True


def may_judge(user: User | AnonymousUser, proposal: Proposal) -> bool:
    """Whether ``user`` decides about ``proposal``, and so may read it."""
    case = proposal.case
    return may(user, DECIDE) or (case is not None and may_decide(user, case))


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits for one object: the own proposal of who asks, and for moderators their case."""

    own: Proposal | None
    case: Case | None
    count: int


def find_waiting(request: HttpRequest, object_type: str, object_id: int) -> Waiting | None:
    """What waits for an object that ``request`` may know of; one query, none for most readers."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    rows = Proposal.objects.open().about(object_type, object_id).select_related("case")
    found = list(rows.defer("fields"))
    if not found:
        return None
    by = proposer_of(request)
    waiting = [one for one in found if one.is_waiting and may_judge(request.user, one)]
    return Waiting(
        own=next((one for one in found if by.owns(one)), None),
        case=waiting[0].case if waiting else None,
        count=len(waiting),
    )


def find_proposal_desk(
    request: HttpRequest, editing: Editing, held: EditHeldError | None
) -> Desk | None:
    """Where an edit goes that is not published at once; None where it is, or may not be made."""
    kind = find_proposal_kind(editing.object_type)
    if kind is None:
        return None
    amended = _find_named(request, editing, "amend")
    if amended is not None and may_judge(request.user, amended):
        return _AmendingDesk(request=request, editing=editing, kind=kind, proposal=amended)
    by = proposer_of(request)
    named = _find_named(request, editing, "proposal")
    own = named if named is not None and named.is_open and by.owns(named) else None
    if own is None and editing.may_publish:
        return None
    if not may_propose(request.user):
        return None
    if own is None and editing.obj is not None:
        mine = by.proposals().open().about(editing.object_type, editing.obj.pk)
        own = mine.filter(intent=Proposal.Intent.EDIT).first()
    return _ProposingDesk(
        request=request, editing=editing, kind=kind, by=by, proposal=own, held=held
    )


def _find_named(request: HttpRequest, editing: Editing, name: str) -> Proposal | None:
    """The proposal that the address names, if it is about what the form is about."""
    number = request.GET.get(name, "")
    if not (is_id(number) and int(number) <= MAX_ID):
        return None
    of_kind = Proposal.objects.filter(object_type=editing.object_type)
    if editing.obj is None:
        about = of_kind.filter(intent=Proposal.Intent.CREATE)
    else:
        about = of_kind.filter(intent=Proposal.Intent.EDIT, object_id=editing.obj.pk)
    return about.select_related("author", "case").filter(pk=int(number)).first()


def _fill(kind: ProposalKind, editing: Editing, proposal: Proposal) -> Filling:
    """The form's content: the proposal on top of the object as it stands."""
    said = {
        "proposal_version": proposal.version,
        "summary": proposal.summary,
        "is_minor": proposal.is_minor,
    }
    if editing.obj is None:
        return Filling(obj=kind.model(**proposal.fields), initial=said)
    try:
        edit = rebase(kind, editing.obj, proposal)
    except EditConflictError as conflict:
        conflicts = conflict.conflicts
        obj = put_on_top(editing.obj, conflict.merged, conflicts, kind.prose)
        return Filling(obj=obj, conflicts=show_conflicts(editing.obj, conflicts), initial=said)
    return Filling(obj=put_on_top(editing.obj, edit.values, (), ()), initial=said)


@dataclass(kw_only=True)
class _ProposingDesk:
    """Keeps what somebody sends who may not publish it; ``proposal`` is their own that waits."""

    request: HttpRequest
    editing: Editing
    kind: ProposalKind
    by: Proposer
    proposal: Proposal | None
    held: EditHeldError | None

    @property
    def is_trapped(self) -> bool:
        return not self.request.user.is_authenticated

    @property
    def context(self) -> Mapping[str, Any]:
        button = _("Send the new version") if self.proposal else _("Send to the moderators")
        desk = {
            "template": "moderation/_desk_propose.html",
            "button": button,
            "proposal": self.proposal,
            "why": self.editing.why_not,
        }
        return {"desk": desk}

    @property
    def proposal_version(self) -> int:
        return self.proposal.version if self.proposal else 0

    def fill(self) -> Filling | None:
        return _fill(self.kind, self.editing, self.proposal) if self.proposal else None

    def keep(self, form: RevisionForm) -> Kept:
        data = form.cleaned_data
        draft = Draft(
            values=form.values(),
            base_version=form.base_version,
            seen_version=data.get("proposal_version") or 0,
            summary=data.get("summary", ""),
            is_minor=data.get("is_minor", False),
            held=self.held,
            insists=self.request.POST.get("do") == "insist",
        )
        object_type = self.editing.object_type
        if self.editing.obj is not None:
            proposal = propose_edit(
                object_type=object_type, object_id=self.editing.obj.pk, draft=draft, by=self.by
            )
        else:
            revises = self.proposal.pk if self.proposal else None
            proposal = propose_new(
                object_type=object_type, draft=draft, by=self.by, revises=revises
            )
        if proposal.author_id is None:
            remember(self.request, proposal)
        if self.held is not None:
            return Kept(url=proposal.get_absolute_url(), message=_say_held(self.held))
        return Kept(
            url=proposal.get_absolute_url(), message=_("Thank you. A moderator will look at it.")
        )


def keep_held_write(
    request: HttpRequest, obj: Versioned, summary: str, refused: EditRefusedError
) -> Kept | None:
    """Have a revert or a retirement wait that a rule held; None where nobody may propose it."""
    object_type = str(obj._meta.model_name)
    if not isinstance(refused, RuleRefusedError) or not may_propose(request.user):
        return None
    held = refused.as_held()
    proposal = propose_write(
        object_type=object_type,
        object_id=obj.pk,
        values=refused.values or {},
        summary=summary,
        held=held,
        by=proposer_of(request),
    )
    tell_refusal(held)
    return Kept(url=proposal.get_absolute_url(), message=_say_held(held))


def _say_held(held: EditHeldError) -> str:
    text = _("%(reason)s Nothing is lost: a moderator will look at it.")
    return text % {"reason": held.reason}


@dataclass(kw_only=True)
class _AmendingDesk:
    """Publishes a proposal as a moderator amended it."""

    request: HttpRequest
    editing: Editing
    kind: ProposalKind
    proposal: Proposal
    is_trapped: bool = False

    @property
    def context(self) -> Mapping[str, Any]:
        desk = {
            "template": "moderation/_desk_amend.html",
            "button": _("Approve as amended"),
            "proposal": self.proposal,
            "mine": _("Proposed"),
        }
        return {"desk": desk, "cancel_url": self._case_url()}

    @property
    def proposal_version(self) -> int:
        return self.proposal.version

    def fill(self) -> Filling | None:
        return _fill(self.kind, self.editing, self.proposal)

    def keep(self, form: RevisionForm) -> Kept:
        assert isinstance(self.request.user, User)
        data, case = form.cleaned_data, self.proposal.case
        if case is None:
            raise ValidationError(_("This proposal does not wait any more."))
        amendment = Amendment(
            values=form.values(),
            base_version=form.base_version,
            seen_version=data.get("proposal_version") or 0,
            summary=data.get("summary", ""),
            is_minor=data.get("is_minor", False),
        )
        try:
            decide(
                case_id=case.pk,
                version=case.version,
                action=AMEND,
                reason="",
                actor=self.request.user,
                params={"proposal": self.proposal.pk, "amendment": amendment},
            )
        except StaleCaseError as stale:
            raise ValidationError(explain_stale(stale.case)) from None
        return Kept(url=self._next_url(), message=_("Published as you amended it."))

    def _case_url(self) -> str:
        case = self.proposal.case
        return case.get_absolute_url() if case else reverse("moderation:case_list")

    def _next_url(self) -> str:
        """Back to the queue as it was narrowed."""
        target, queue = self.request.GET.get("next", ""), reverse("moderation:case_list")
        is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
        return target if is_ours and target.startswith(queue) else queue
