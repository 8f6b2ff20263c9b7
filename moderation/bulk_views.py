"""Deciding many cases at once: what will change, then a report of what did."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from changes.forms import is_id
from moderation.bulk import MAX_CASES, decide_all, foresee, shared_fields
from moderation.forms import MAX_REASON
from moderation.models import Case
from moderation.presenting import CaseCard, present_cases
from moderation.scope import find_scope
from moderation.views import require_moderator


class BulkForm(forms.Form):
    """The decision for all that are chosen; the fields that are alike for them are added."""

    action = forms.ChoiceField(label=gettext_lazy("Decision"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=MAX_REASON,
        help_text=gettext_lazy("Everyone can read it in the log of decisions."),
    )

    def __init__(self, data: QueryDict | None, cards: list[CaseCard]) -> None:
        super().__init__(data, auto_id="bulk-%s", label_suffix="")
        self.handler = handler = cards[0].handler
        choices = [(action.name, str(action.label)) for action in handler.actions]
        self.fields["action"].choices = choices  # type: ignore[attr-defined]
        self.shared = shared_fields(cards)
        for name in self.shared:
            self.fields[name] = handler.form_class.base_fields[name]
        self.order_fields(["action", *self.shared, "reason"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("action") in self.handler.reasoned and not data.get("reason"):
            self.add_error("reason", _("Say why."))
        return data

    def action_label(self) -> str:
        """What the chosen decision is called."""
        field: Any = self.fields["action"]
        return str(dict(field.choices)[self.cleaned_data["action"]])

    def shared_values(self) -> dict[str, Any]:
        """What was filled in for all, as it was typed."""
        return {name: self.data.get(name, "") for name in self.shared}


@require_http_methods(["GET", "HEAD", "POST"])
def case_bulk(request: HttpRequest) -> HttpResponse:
    """What one decision would do to the chosen cases; with POST it is made."""
    user = require_moderator(request)
    data = request.POST if request.method == "POST" else request.GET
    ids = _read_ids(data)
    chosen = find_scope(user).narrow(Case.objects.filter(pk__in=ids[:MAX_CASES]))
    cases = list(chosen.order_by("-priority", "opened_at"))
    cards = present_cases(cases, viewer=user)
    context: dict[str, Any] = {"cards": cards, "limit": MAX_CASES, "is_cut": len(ids) > MAX_CASES}
    if problem := _find_problem(cards):
        return _show(request, {**context, "problem": problem})
    form = BulkForm(data if "action" in data else None, cards)
    context |= {"form": form, "kind_label": cards[0].handler.label}
    if not form.is_valid():
        return _show(request, context)
    if request.method == "POST":
        return _decide(request, user, cards, form)
    action = form.cleaned_data["action"]
    foreseen = foresee(cards, action=action, shared=form.shared_values())
    return _show(request, {**context, "foreseen": foreseen, "label": form.action_label()})


def _show(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "moderation/case_bulk.html", context)


def _decide(
    request: HttpRequest, user: User, cards: list[CaseCard], form: BulkForm
) -> HttpResponse:
    results = decide_all(
        cards,
        action=form.cleaned_data["action"],
        reason=form.cleaned_data["reason"],
        shared=form.shared_values(),
        versions=_read_versions(request.POST),
        actor=user,
    )
    counts = Counter(str(result.outcome) for result in results)
    context = {"results": results, "counts": dict(counts), "label": form.action_label()}
    return render(request, "moderation/case_bulk_done.html", context)


def _find_problem(cards: list[CaseCard]) -> str:
    """Why these cases cannot be decided together; "" where they can."""
    if not cards:
        return _("Choose some cases in the queue first.")
    if len({card.case.kind for card in cards}) > 1:
        return _("These cases are of different kinds: each kind has decisions of its own.")
    if not cards[0].handler.actions:
        return _("Cases of this kind cannot be decided here.")
    return ""


def _read_ids(data: QueryDict) -> list[int]:
    """The chosen cases, each once; what is no number is left out."""
    return list(dict.fromkeys(int(one) for one in data.getlist("case") if is_id(one)))


def _read_versions(data: QueryDict) -> dict[int, int]:
    """The versions that were seen, from fields "version-<case id>"."""
    found = {}
    for name, value in data.items():
        number = name.removeprefix("version-")
        if number != name and is_id(number) and is_id(str(value)):
            found[int(number)] = int(str(value))
    return found
