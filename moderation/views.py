"""The review queue, for moderators: the list, one case, a decision and its undoing."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from moderation.cases import ClaimedError, StaleCaseError, decide
from moderation.explaining import explain_claimed, explain_stale
from moderation.forms import DecisionForm
from moderation.handlers import find_handler
from moderation.models import Case, Decision
from moderation.notes import find_moderators
from moderation.presenting import present_cases, present_decisions, read_form, unknown_kind
from moderation.queue import QueueForm, count_waiting, find_last_decision, make_tabs
from moderation.scope import find_scope, require_decide, require_review
from moderation.undoing import undo_decision

CASES_PER_PAGE = 10  # the next ones follow as these are decided


def require_moderator(request: HttpRequest) -> User:
    """The moderator, or reviewer of a section, who asks; PermissionDenied where it is none."""
    require_review(request.user)
    assert isinstance(request.user, User)
    return request.user


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that are asked for, the most urgent first unless the address says otherwise."""
    user = require_moderator(request)
    scope = find_scope(user)
    form = QueueForm(request.GET)
    cases = scope.narrow(form.find(user))
    counts = count_waiting(scope)
    kind = form.cleaned_data.get("kind", "")
    paginator = Paginator(cases, CASES_PER_PAGE)
    if not form.is_narrowed:
        paginator.count = counts.get(kind, 0) if kind else sum(counts.values())
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "kind": kind,
        "tabs": make_tabs(counts, kind),
        "total": sum(counts.values()),
        "review_count": sum(counts.values()),
        "page": page,
        "cards": present_cases(list(page.object_list), viewer=user),
        **_tools(user),
    }
    return render(request, "moderation/case_list.html", context)


def _tools(user: User) -> dict[str, object]:
    """What stands around the cases: who may be given one, and what may be undone."""
    last = find_last_decision(user)
    return {
        "moderators": list(find_moderators()),
        "last": present_decisions([last])[0] if last else None,
    }


@require_safe
def case_detail(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case, open or closed, with what was decided about it so far."""
    require_review(request.user)
    return show_case(request, get_object_or_404(Case, pk=case_id))


def show_case(
    request: HttpRequest, case: Case, *, bound: DecisionForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of one case; ``bound`` is what was typed into its form."""
    user = require_moderator(request)
    require_decide(user, case)
    (card,) = present_cases([case], bound=bound, viewer=user)
    decisions = list(case.decisions.select_related("actor"))
    context = {
        "card": card,
        "lines": present_decisions(decisions, offers_undo=True),
        "next": request.POST.get("next", ""),
        **_tools(user),
    }
    return render(request, "moderation/case_detail.html", context, status=status)


@require_POST
def case_decide(request: HttpRequest, case_id: int) -> HttpResponse:
    """Decide a case; what was typed comes back with the reason where it cannot be done."""
    user = require_moderator(request)
    case = get_object_or_404(Case, pk=case_id)
    require_decide(user, case)
    form = read_form(case, find_handler(case.kind) or unknown_kind(case.kind), request.POST)
    if not form.is_valid():
        return show_case(request, case, bound=form)
    params = dict(form.cleaned_data)
    try:
        decision = decide(
            case_id=case.pk,
            version=params.pop("version"),
            action=request.POST.get("action", ""),
            reason=params.pop("reason"),
            actor=user,
            params=params,
            takes_over=bool(request.POST.get("takes_over")),
        )
    except StaleCaseError as stale:
        messages.warning(request, explain_stale(stale.case))
        return show_case(request, stale.case, bound=form, status=409)
    except ClaimedError as claimed:
        messages.warning(request, explain_claimed(claimed.case))
        return show_case(request, claimed.case, bound=form, status=409)
    except ValidationError as error:
        _add_errors(form, error)
        return show_case(request, case, bound=form)
    (line,) = present_decisions([decision])
    messages.success(request, f"{line.action_label}: {line.sentence}")
    return redirect(find_next(request))


@require_POST
def decision_undo(request: HttpRequest, number: int) -> HttpResponse:
    """Take a decision back; where that cannot be done, say why."""
    user = require_moderator(request)
    decision = get_object_or_404(Decision, pk=number)
    try:
        undo = undo_decision(
            decision_id=decision.pk, actor=user, reason=request.POST.get("reason", "")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        (line,) = present_decisions([undo])
        case = undo.case
        if case is not None and not case.is_open:
            again = _("Its case stays closed: %(note)s") % {"note": case.closing_note}
        else:
            again = _("Its case is open again.")
        messages.success(request, f"{line.sentence} {again}")
    return redirect(find_next(request))


def _add_errors(form: DecisionForm, error: ValidationError) -> None:
    """Put each message at its field, or above the form where it has none of that name."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, texts in by_field.items():
        place = field if field in form.fields and field != NON_FIELD_ERRORS else None
        form.add_error(place, texts)


def find_next(request: HttpRequest) -> str:
    """Back to the queue as it was narrowed, to a case or the log; to the queue otherwise."""
    target = request.POST.get("next", "")
    queue = reverse("moderation:case_list")
    places = (queue, reverse("moderation:decision_list"))
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours and target.startswith(places) else queue
