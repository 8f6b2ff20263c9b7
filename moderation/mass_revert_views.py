"""Taking back everything that somebody did: what it would do first, then how far it is."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.blocking import may_block
from accounts.models import Block, User
from accounts.permissions import require
from accounts.views import get_user_or_404
from changes.nudging import nudge_after_commit
from changes.objects import find_refs
from moderation.block_forms import add_errors
from moderation.mass_revert_forms import ConfirmForm, SelectionForm
from moderation.mass_reverting import MASS_REVERT, queue_mass_revert
from moderation.models import Decision, MassRevert, MassRevertItem
from moderation.selecting import Outcome, find_selected, foresee
from moderation.tasks import carry_out_mass_reverts

#: Objects whose future is computed while somebody waits for the page.
FORESEEN: Final = 300
ITEMS_PER_PAGE = 100
_STATES = MassRevertItem.State


@require_http_methods(["GET", "HEAD", "POST"])
def mass_revert(request: HttpRequest, username: str) -> HttpResponse:
    """Show what taking back would do to each object, and take it back when that is confirmed."""
    require(request.user, MASS_REVERT)
    assert isinstance(request.user, User)
    profile = get_user_or_404(username)
    if request.method != "POST":
        form = SelectionForm(profile, _chosen(request.GET, profile))
        return _show(request, profile, form, ConfirmForm(initial=_asked(request)))
    form, confirm = SelectionForm(profile, request.POST), ConfirmForm(request.POST)
    if not form.is_valid() or not confirm.is_valid():
        return _show(request, profile, form, confirm, status=422)
    seen = confirm.cleaned_data["up_to"]
    selection = form.selection(up_to=seen)
    try:
        run = queue_mass_revert(
            selection=selection, reason=confirm.cleaned_data["reason"], actor=request.user
        )
    except ValidationError as error:
        add_errors(confirm, error)
        return _show(request, profile, form, confirm, status=422)
    nudge_after_commit(carry_out_mass_reverts)
    messages.success(request, _("It is being taken back, one group of objects after the other."))
    newer = form.selection().count_newer(seen)
    if newer:
        text = ngettext(
            "%(count)d change was made since you looked: it is not taken back yet.",
            "%(count)d changes were made since you looked: they are not taken back yet.",
            newer,
        )
        messages.warning(request, text % {"count": newer})
    return redirect(run)


def _chosen(given: QueryDict, profile: User) -> QueryDict:
    """What the address asks, with what is usual for the account where it asks nothing."""
    data = given.copy()
    if not data.get("since"):
        data["since"] = SelectionForm.initial_of(profile)["since"]
    return data


def _asked(request: HttpRequest) -> dict[str, Any]:
    return {"reason": request.GET.get("reason", "").replace("\0", "")[:400]}


def _show(
    request: HttpRequest,
    profile: User,
    form: SelectionForm,
    confirm: ConfirmForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "profile": profile,
        "form": form,
        "confirm": confirm,
        "blocked": Block.objects.standing().filter(user=profile).first(),
        "may_block": may_block(request.user, profile),
        "earlier": MassRevert.objects.filter(accounts=profile).order_by("-pk")[:10],
    }
    if form.is_valid():
        context |= _foresee(form, confirm)
    return render(request, "moderation/mass_revert.html", context, status=status)


def _foresee(form: SelectionForm, confirm: ConfirmForm) -> dict[str, Any]:
    """The first objects with what would become of them, and up to which change that is."""
    newest = form.selection().newest()
    selected = find_selected(form.selection(up_to=newest))
    lines = list(foresee(selected, limit=FORESEEN))
    lines.sort(key=lambda line: line.outcome != Outcome.PERSON)
    counts = Counter(line.words for line in lines)
    return {
        "newest": newest,
        "change_count": selected.change_count,
        "object_count": len(selected.targets),
        "lines": lines,
        "counts": list(counts.items()),
        "beyond": len(selected.targets) - len(lines),
    }


@require_safe
def mass_revert_detail(request: HttpRequest, mass_revert_id: int) -> HttpResponse:
    """How far a mass revert is: what is left for a person first."""
    require(request.user, MASS_REVERT)
    runs = MassRevert.objects.with_progress().select_related("actor", "undoes")
    run = get_object_or_404(runs, pk=mass_revert_id)
    order = Case(
        When(state=_STATES.FAILED, then=Value(0)),
        When(state=_STATES.WAITING, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    page = Paginator(run.items.order_by(order, "group", "pk"), ITEMS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    items = list(page.object_list)
    refs = find_refs((item.object_type, item.object_id) for item in items)
    decision = Decision.objects.standing().filter(kind="mass_revert", details__run=run.pk).first()
    context = {
        "run": run,
        "page": page,
        "lines": [(item, refs.get((item.object_type, item.object_id))) for item in items],
        "accounts": run.accounts.order_by("username"),
        "undone_by": MassRevert.objects.filter(undoes=run).first(),
        "decision": decision,
        "again": _again(run),
    }
    return render(request, "moderation/mass_revert_detail.html", context)


def _again(run: MassRevert) -> str:
    """Where the same question is asked again: for what was done meanwhile."""
    first = run.accounts.order_by("pk").first()
    if first is None or run.undoes_id is not None:
        return ""
    others = [name for name in run.names if name != first.username]
    since = run.since.strftime("%Y-%m-%dT%H:%M:%S")
    query = urlencode({"since": since, "accounts": ", ".join(others), "reason": run.reason})
    return f"{reverse('moderation:mass_revert', args=[first.username])}?{query}"
