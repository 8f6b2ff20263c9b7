"""Decisions about many links: how far they are, what could not be done, and taking them back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import require
from linkcheck.host_repairing import follow_host_moves
from linkcheck.kinds import DEAD_HOST, TRIVIAL_MOVES
from linkcheck.models import Host, RepairBatch
from moderation.models import Decision
from moderation.undoing import undo_decision

REPAIRS_PER_PAGE = 100
_PERMISSION = "moderation.decide_case"


@require_safe
def batch_detail(request: HttpRequest, batch_id: int) -> HttpResponse:
    """How far one decision about many links is, what failed first."""
    require(request.user, _PERMISSION)
    batches = RepairBatch.objects.with_progress().select_related("actor", "host", "undoes")
    batch = get_object_or_404(batches, pk=batch_id)
    repairs = batch.repairs.select_related("link").order_by("-problem", "pk")
    context = {
        "batch": batch,
        "undone_by": RepairBatch.objects.filter(undoes=batch).first(),
        "can_undo": find_decisions(batch).exists(),
        "page": Paginator(repairs, REPAIRS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "linkcheck/batch_detail.html", context)


@require_POST
def batch_undo(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take back what a decision about many links changed."""
    require(request.user, _PERMISSION)
    assert isinstance(request.user, User)
    batch = get_object_or_404(RepairBatch, pk=batch_id)
    decision = get_object_or_404(find_decisions(batch))
    try:
        undoing = undo_decision(decision_id=decision.pk, actor=request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect(batch)
    messages.success(request, _("It is being taken back, one object after the other."))
    return redirect("linkcheck:batch_detail", undoing.details["batch"] or batch.pk)


def find_decisions(batch: RepairBatch) -> QuerySet[Decision]:
    """The decision that made a batch, unless that takes back another."""
    kinds = (TRIVIAL_MOVES, DEAD_HOST)
    return Decision.objects.standing().filter(kind__in=kinds, details__batch=batch.pk)


@require_POST
def host_moves(request: HttpRequest, name: str) -> HttpResponse:
    """Follow all known moves of the links of a host."""
    require(request.user, _PERMISSION)
    assert isinstance(request.user, User)
    host = get_object_or_404(Host, name=name.lower())
    try:
        details = follow_host_moves(host=host, actor=request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect(host)
    text = ngettext(
        "%(count)d link is being replaced.", "%(count)d links are being replaced.", details["count"]
    )
    messages.success(request, text % {"count": details["count"]})
    return redirect("linkcheck:batch_detail", details["batch"])
