"""The log of what moderators decided, for everyone."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import may
from moderation.log_filters import LogFilterForm
from moderation.log_kinds import all_log_kinds
from moderation.models import Decision
from moderation.presenting import present_decisions
from moderation.scope import DECIDE

DECISIONS_PER_PAGE = 50


@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """Every decision, newest first; by kind, action, moderator, target and day."""
    form = LogFilterForm(request.GET)
    is_moderator = may(request.user, DECIDE)
    found = form.find(sees_private=is_moderator) if form.is_valid() else Decision.objects.none()
    decisions = found.select_related("actor", "case")
    page = Paginator(decisions, DECISIONS_PER_PAGE).get_page(request.GET.get("page"))
    kinds = all_log_kinds()
    context = {
        "form": form,
        "chosen": {name: request.GET.get(name, "") for name in form.fields},
        "kinds": [(kind.kind, kind.label) for kind in kinds],
        "actions": {name: label for kind in kinds for name, label in kind.actions.items()},
        "page": page,
        "lines": present_decisions(list(page.object_list), offers_undo=is_moderator),
    }
    return render(
        request, "moderation/decision_list.html", context, status=None if form.is_valid() else 400
    )
