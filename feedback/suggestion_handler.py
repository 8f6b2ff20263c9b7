"""What the review queue knows of suggestions for improvement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from changes.notification_kinds import NotificationKind, register_kind
from changes.notifying import NotificationSubject, notify_all
from changes.objects import find_refs
from feedback.models import Suggestion
from feedback.suggesting import KIND, settle_case
from moderation.forms import DecisionForm
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision

DONE: Final = "done"
DISMISS: Final = "dismiss"
DECIDED: Final = "suggestion_decided"
MAX_SHOWN: Final = 30  # of one object
_STATE_AFTER: Final = {DONE: Suggestion.State.DONE, DISMISS: Suggestion.State.DISMISSED}


class SuggestionDecisionForm(DecisionForm):
    """The newest suggestion that was seen."""

    seen = forms.IntegerField(
        min_value=0, max_value=2**63 - 1, required=False, widget=forms.HiddenInput
    )


def register_suggestions() -> None:
    """Called once by ``FeedbackConfig.ready``."""
    register_handler(
        CaseHandler(
            kind=KIND,
            label=gettext_lazy("suggestion"),
            health="unsure",
            template="feedback/_case_suggestion.html",
            actions=(
                Action(name=DONE, label=gettext_lazy("Taken up"), key="1", is_primary=True),
                Action(name=DISMISS, label=gettext_lazy("Dismiss"), key="4"),
            ),
            find_views=find_views,
            apply=apply,
            describe=describe,
            form_class=SuggestionDecisionForm,
            undo=undo,
            settled=settled,
        )
    )
    register_kind(
        NotificationKind(
            name=DECIDED,
            label=gettext_lazy("What I suggested was looked at"),
            sentence=gettext_lazy("Your suggestion about %(title)s was looked at: %(outcome)s."),
            word=_word_outcome,
        )
    )


def _word_outcome(params: Mapping[str, Any]) -> Mapping[str, Any]:
    is_done = params.get("state") == Suggestion.State.DONE
    return {"outcome": _("it was taken up") if is_done else _("it was not taken up")}


def find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """The suggestions that wait in each case; a query for each type of object, and one more."""
    keys = {(case.target_type, case.target_id) for case in cases}
    refs = find_refs(keys)
    waiting: dict[tuple[str, int], list[Suggestion]] = {}
    for object_type in sorted({object_type for object_type, _id in keys}):
        ids = [pk for kind, pk in keys if kind == object_type]
        rows = Suggestion.objects.open().filter(object_type=object_type, object_id__in=ids)
        for row in rows.select_related("author"):
            waiting.setdefault((object_type, row.object_id), []).append(row)
    found = {}
    for case in cases:
        key = (case.target_type, case.target_id)
        rows_of = waiting.get(key, [])
        ref = refs.get(key)
        found[case.pk] = CaseView(
            title=ref.title if ref else "",
            context={
                "ref": ref,
                "suggestions": rows_of[:MAX_SHOWN],
                "further": max(len(rows_of) - MAX_SHOWN, 0),
            },
            initial={"seen": max((row.pk for row in rows_of), default=0)},
        )
    return found


def apply(case: Case, request: Request) -> dict[str, Any]:
    """Decide all suggestions that were seen; who made them is told."""
    rows = Suggestion.objects.open().about(case.target_type, case.target_id)
    waiting = list(rows.select_related("author").select_for_update(of=("self",)))
    if any(row.pk > (request.params.get("seen") or 0) for row in waiting):
        raise ValidationError(_("Another suggestion came since you looked: look again."))
    state = _STATE_AFTER[request.action]
    ids = [row.pk for row in waiting]
    Suggestion.objects.filter(pk__in=ids).update(state=state)
    _tell(case, waiting, state, request)
    return {"suggestions": ids, "count": len(ids)}


def _tell(case: Case, rows: Sequence[Suggestion], state: str, request: Request) -> None:
    ref = find_refs([(case.target_type, case.target_id)]).get((case.target_type, case.target_id))
    subject = NotificationSubject(
        object_type=KIND,
        object_id=case.pk,
        title=case.title,
        url=ref.url if ref and ref.is_public else reverse("changes:notification_list"),
    )
    people = [row.author for row in rows if row.author is not None]
    params = {"state": str(state)}
    notify_all(recipients=people, kind=DECIDED, subject=subject, actor=request.actor, params=params)


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """The suggestions wait again."""
    rows = Suggestion.objects.filter(pk__in=decision.details["suggestions"])
    rows.update(state=Suggestion.State.OPEN)
    places = rows.order_by("object_type", "object_id").values_list("object_type", "object_id")
    for object_type, object_id in places.distinct():
        settle_case(object_type, object_id)
    return {}


def settled(case: Case) -> str:
    """Why nothing is left to decide: what was suggested stands with another object by now."""
    if Suggestion.objects.open().about(case.target_type, case.target_id).exists():
        return ""
    return _("What was suggested stands elsewhere now, or was looked at.")


def describe(decision: Decision) -> str:
    """How many there were, never what they said."""
    count = decision.details.get("count", 0)
    return ngettext("%(count)d suggestion.", "%(count)d suggestions.", count) % {"count": count}
