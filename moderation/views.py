"""The review queue, for moderators; the log of what they decided, for everyone."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import require
from moderation.cases import StaleCaseError, decide
from moderation.forms import DecisionForm
from moderation.handlers import all_handlers, find_handler
from moderation.models import Case, Decision
from moderation.presenting import make_form, present_cases, present_decisions, unknown_kind

CASES_PER_PAGE = 20
DECISIONS_PER_PAGE = 50
PERMISSION = "moderation.decide_case"


@dataclass(frozen=True)
class Tab:
    """One kind of case, with how many are open."""

    kind: str
    label: str
    count: int


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Open cases, all or of one kind, the most urgent first."""
    require(request.user, PERMISSION)
    kind = request.GET.get("kind", "")
    cases = Case.objects.open()
    if kind:
        cases = cases.filter(kind=kind)
    page = Paginator(cases, CASES_PER_PAGE).get_page(request.GET.get("page"))
    tabs = _tabs(kind)
    context = {
        "kind": kind,
        "tabs": tabs,
        "total": sum(tab.count for tab in tabs),
        "page": page,
        "cards": present_cases(list(page.object_list)),
    }
    return render(request, "moderation/case_list.html", context)


def _tabs(chosen: str) -> list[Tab]:
    """The kinds of which something waits, and the chosen one."""
    rows = Case.objects.filter(state=Case.State.OPEN).values_list("kind").order_by()
    counts = dict(rows.annotate(count=Count("pk")))
    return [
        Tab(handler.kind, str(handler.label), counts.get(handler.kind, 0))
        for handler in all_handlers()
        if handler.kind in counts or handler.kind == chosen
    ]


@require_safe
def case_detail(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case, open or closed, with what was decided about it so far."""
    require(request.user, PERMISSION)
    return _show(request, get_object_or_404(Case, pk=case_id))


def _show(
    request: HttpRequest, case: Case, *, bound: DecisionForm | None = None, status: int = 200
) -> HttpResponse:
    (card,) = present_cases([case], bound=bound)
    decisions = list(case.decisions.select_related("actor", "case"))
    context = {"card": card, "lines": present_decisions(decisions)}
    return render(request, "moderation/case_detail.html", context, status=status)


@require_POST
def case_decide(request: HttpRequest, case_id: int) -> HttpResponse:
    """Decide a case; what was typed comes back with the reason where it cannot be done."""
    require(request.user, PERMISSION)
    assert isinstance(request.user, User)
    case = get_object_or_404(Case, pk=case_id)
    form = make_form(case, find_handler(case.kind) or unknown_kind(case.kind), data=request.POST)
    if not form.is_valid():
        return _show(request, case, bound=form)
    params = dict(form.cleaned_data)
    try:
        decision = decide(
            case_id=case.pk,
            version=params.pop("version"),
            action=request.POST.get("action", ""),
            reason=params.pop("reason"),
            actor=request.user,
            params=params,
        )
    except StaleCaseError as stale:
        messages.warning(request, _explain_stale(stale.case))
        return _show(request, stale.case, bound=form, status=409)
    except ValidationError as error:
        _add_errors(form, error)
        return _show(request, case, bound=form)
    (line,) = present_decisions([decision])
    messages.success(request, f"{line.action_label}: {line.sentence}")
    return redirect(_next(request))


def _explain_stale(case: Case) -> str:
    if case.is_open:
        return _("This case changed since you saw it; please look again. Nothing was done.")
    decision = case.decisions.select_related("case").first()
    if case.state == Case.State.RESOLVED or decision is None:
        return _("This case has closed by itself meanwhile: %(note)s Nothing was done.") % {
            "note": case.closing_note
        }
    (line,) = present_decisions([decision])
    return _("%(name)s decided this case before you (%(action)s). Nothing was done.") % {
        "name": decision.actor_label,
        "action": line.action_label,
    }


def _add_errors(form: DecisionForm, error: ValidationError) -> None:
    """Put each message at its field, or above the form where it has none of that name."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, texts in by_field.items():
        place = field if field in form.fields and field != NON_FIELD_ERRORS else None
        form.add_error(place, texts)


def _next(request: HttpRequest) -> str:
    """Back to the queue as it was narrowed."""
    target = request.POST.get("next", "")
    queue = reverse("moderation:case_list")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours and target.partition("?")[0] == queue else queue


@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """Every decision, newest first; by kind of case, by action, by moderator."""
    chosen = {name: request.GET.get(name, "") for name in ("kind", "action", "moderator")}
    decisions = Decision.objects.select_related("actor", "case")
    if chosen["kind"]:
        decisions = decisions.filter(kind=chosen["kind"])
    if chosen["action"]:
        decisions = decisions.filter(action=chosen["action"])
    if chosen["moderator"]:
        decisions = decisions.filter(actor__username__iexact=chosen["moderator"])
    page = Paginator(decisions, DECISIONS_PER_PAGE).get_page(request.GET.get("page"))
    handlers = all_handlers()
    context = {
        "chosen": chosen,
        "kinds": [(handler.kind, handler.label) for handler in handlers],
        "actions": {k: v for handler in handlers for k, v in handler.labels().items()},
        "page": page,
        "lines": present_decisions(list(page.object_list)),
    }
    return render(request, "moderation/decision_list.html", context)
