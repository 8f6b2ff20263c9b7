"""Blocks of accounts and addresses, for moderators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.blocking import BLOCK
from accounts.models import Block, User
from accounts.permissions import require
from moderation.block_forms import BlockForm, LiftForm, TermsForm, add_errors
from moderation.blocking import block, change_block, lift_block

BLOCKS_PER_PAGE = 50
STATES = ("standing", "ended")


@require_safe
def block_list(request: HttpRequest) -> HttpResponse:
    """Blocks that stand, or those that are over, by account, address or words."""
    require(request.user, BLOCK)
    state = request.GET.get("state", "")
    state = state if state in STATES else STATES[0]
    words = request.GET.get("q", "").strip()[:200]
    blocks = Block.objects.ended() if state == "ended" else Block.objects.standing()
    if words:
        blocks = blocks.matching(words)
    blocks = blocks.select_related("user", "made_by", "ended_by").order_by("-pk")
    page = Paginator(blocks, BLOCKS_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "moderation/block_list.html", {"page": page, "state": state, "words": words}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def block_create(request: HttpRequest) -> HttpResponse:
    """Block somebody; ``?user=`` names them already."""
    require(request.user, BLOCK)
    assert isinstance(request.user, User)
    if request.method != "POST":
        initial = {"target": request.GET.get("user", "")[:64], "duration": "1d"}
        return _show(request, BlockForm(initial=initial))
    form = BlockForm(request.POST)
    if form.is_valid():
        target = form.cleaned_data["target"]
        try:
            made = block(target=target, terms=form.terms(), by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(who)s is blocked.") % {"who": made.title})
            if request.POST.get("do") == "revert" and made.user is not None:
                return redirect("moderation:mass_revert", made.user.username)
            return redirect("moderation:block_list")
    return _show(request, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def block_edit(request: HttpRequest, block_id: int) -> HttpResponse:
    """Give a block other terms."""
    require(request.user, BLOCK)
    assert isinstance(request.user, User)
    known = get_object_or_404(Block.objects.standing().select_related("user"), pk=block_id)
    if request.method != "POST":
        return _show(request, TermsForm(block=known, initial=TermsForm.initial_of(known)), known)
    form = TermsForm(request.POST, block=known)
    if form.is_valid():
        try:
            change_block(block_id=known.pk, terms=form.terms(), by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The block of %(who)s is changed.") % {"who": known.title})
            return redirect("moderation:block_list")
    return _show(request, form, known, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def block_lift(request: HttpRequest, block_id: int) -> HttpResponse:
    """End a block before its time."""
    require(request.user, BLOCK)
    assert isinstance(request.user, User)
    known = get_object_or_404(Block.objects.standing().select_related("user"), pk=block_id)
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lift_block(block_id=known.pk, reason=form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The block of %(who)s is lifted.") % {"who": known.title})
            return redirect("moderation:block_list")
    return _show(request, form, known, template="block_lift", status=422 if form.errors else 200)


def _show(
    request: HttpRequest,
    form: forms.Form,
    known: Block | None = None,
    *,
    template: str = "block_edit",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "blocked": known}
    return render(request, f"moderation/{template}.html", context, status=status)
