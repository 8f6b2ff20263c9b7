"""Proposals in the review queue: how moderators see them, and what they can decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from changes.objects import ObjectRef, TrackedObject, find_refs
from changes.objects import register as register_object
from moderation.forms import MAX_REASON, DecisionForm
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision
from moderation.proposal_deciding import ACTIONS, AMEND, APPROVE, ASK, DECLINE, undo
from moderation.proposal_holding import TARGET
from moderation.proposal_models import PROPOSAL, Proposal
from moderation.proposal_notices import register_notices
from moderation.proposal_preview import ShownProposal, present_proposals

#: So many proposals of one case are shown at once; the next follow as these are decided.
MAX_SHOWN: Final = 5

_ACTIONS: Final = (
    Action(name=APPROVE, label=gettext_lazy("Approve"), key="1", is_primary=True),
    Action(name=ASK, label=gettext_lazy("Ask for changes"), key="2"),
    Action(name=DECLINE, label=gettext_lazy("Decline"), key="3"),
)
_AMEND: Final = Action(name=AMEND, label=gettext_lazy("Approve as amended"), key="")


class _DrawnElsewhere(forms.HiddenInput):
    """A field that the evidence draws beside each proposal, belonging to the form by its id."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        return SafeString("")


class ProposalDecisionForm(DecisionForm):
    """Which proposal of the case is decided about, and what its author is told."""

    proposal = forms.IntegerField(
        widget=_DrawnElsewhere,
        min_value=1,
        max_value=2**63 - 1,
        error_messages={
            "required": gettext_lazy("Several proposals wait here: decide about each by itself.")
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=gettext_lazy(
            "The author is told, and everyone can read it in the log of decisions. Needed unless"
            " you approve."
        ),
    )


def register_proposal_cases() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_notices()
    register_object(TrackedObject(object_type=TARGET, find_refs=_find_refs))
    register_handler(
        CaseHandler(
            kind=PROPOSAL,
            label=gettext_lazy("proposal"),
            health="unsure",
            template="moderation/_case_proposal.html",
            actions=_ACTIONS,
            elsewhere=(_AMEND,),
            reasoned=frozenset({ASK, DECLINE}),
            declining=frozenset({ASK, DECLINE}),
            find_views=_find_views,
            apply=_apply,
            describe=_describe,
            form_class=ProposalDecisionForm,
            undo=undo,
            settled=_settled,
            goes_on=_goes_on,
            foresee=_foresee,
        )
    )


def _find_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    """A new object's case leads to what was made of it, once it is published."""
    rows = Proposal.objects.approved().filter(pk__in=ids, intent=Proposal.Intent.CREATE)
    made = {p.pk: (p.object_type, p.object_id) for p in rows if p.object_id is not None}
    refs = find_refs(made.values())
    return {pk: refs[target] for pk, target in made.items() if target in refs}


def _find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """Each case with its proposals; of a closed one those that were decided last."""
    found = _find_proposals(cases)
    proposals = [proposal for some in found.values() for proposal in some]
    shown = {one.proposal.pk: one for one in present_proposals(proposals)}
    return {case.pk: _view(case, [shown[p.pk] for p in found[case.pk]]) for case in cases}


def _find_proposals(cases: Sequence[Case]) -> dict[int, list[Proposal]]:
    found: defaultdict[int, list[Proposal]] = defaultdict(list)
    open_ids = [case.pk for case in cases if case.is_open]
    closed_ids = [case.pk for case in cases if not case.is_open]
    if open_ids:
        for proposal in Proposal.objects.waiting().filter(case__in=open_ids):
            if len(found[proposal.case_id or 0]) < MAX_SHOWN:
                found[proposal.case_id or 0].append(proposal)
    if closed_ids:
        for proposal in Proposal.objects.filter(case__in=closed_ids).order_by("-updated_at"):
            if len(found[proposal.case_id or 0]) < 1:
                found[proposal.case_id or 0].append(proposal)
    return {case.pk: found[case.pk] for case in cases}


def _view(case: Case, shown: list[ShownProposal]) -> CaseView:
    only = shown[0] if len(shown) == 1 else None
    withheld = set()
    if only is not None and not only.can_be_published:
        withheld.add(APPROVE)
    if not shown:
        withheld = {action.name for action in _ACTIONS}
    return CaseView(
        title=_title(case, shown),
        context={"shown": shown, "first": shown[0].proposal.pk if shown else None},
        initial={"proposal": only.proposal.pk} if only else {},
        withheld=frozenset(withheld),
    )


def _title(case: Case, shown: list[ShownProposal]) -> str:
    if not shown:
        return ""
    first = shown[0]
    return first.ref.title if first.ref and not first.proposal.is_new else first.proposal.title


def _apply(case: Case, request: Request) -> dict[str, Any]:
    return ACTIONS[request.action](case, request)


def _waits(case: Case) -> bool:
    return case.proposals.waiting().exists()


def _goes_on(case: Case) -> bool:
    return _waits(case)


def _settled(case: Case) -> str:
    return "" if _waits(case) else _("What was proposed does not wait any more.")


def _foresee(case: Case, view: CaseView, action: str, params: Mapping[str, Any]) -> str:
    (one,) = view.context["shown"]
    name = one.proposal.author_label or _("somebody without an account")
    if action == ASK:
        return _("%(name)s is asked for changes.") % {"name": name}
    if action == DECLINE:
        return _("What %(name)s proposes is not published.") % {"name": name}
    if one.problem:
        raise ValidationError(one.problem)
    if one.conflicts:
        raise ValidationError(_("It conflicts with what was published since: amend it."))
    if one.standing is not None:
        raise ValidationError(
            _("It stands there already: %(title)s.") % {"title": one.standing.title}
        )
    if one.changes_nothing:
        return _("Nothing: the same was published already.")
    fields = ", ".join(str(diff.label) for diff in one.fields)
    return _("What %(name)s proposes is published: %(fields)s.") % {"name": name, "fields": fields}


def _describe(decision: Decision) -> str:
    """For everyone: nothing of what is not published, and nobody's name beside a refusal."""
    facts = decision.details
    if decision.action == ASK:
        return _("The author is asked for changes.")
    if decision.action == DECLINE:
        return _("It is not published.")
    if facts.get("superseded"):
        return _("The same was published already.")
    values = {"name": decision.name_of("author"), "number": facts.get("revision", 0)}
    if facts.get("is_new"):
        return _("It is published, with %(name)s as its author.") % values
    return _("It is published as revision %(number)d, with %(name)s as its author.") % values
