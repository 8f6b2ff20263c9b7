"""Proposals as their authors see them: what waits, what became of it, and what they may do.

Of a proposal that is neither theirs nor theirs to decide, nobody learns that it exists.
"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import may, refuse_blocked
from moderation.proposal_desk import is_link_of, may_judge, proposer_of, remember, sign_link
from moderation.proposal_models import Proposal
from moderation.proposal_preview import present_proposals, read_reason
from moderation.proposing import (
    MAX_MESSAGE,
    answer_moderators,
    may_propose,
    withdraw_proposal,
)
from moderation.scope import DECIDE

PER_PAGE = 30


class AnswerForm(forms.Form):
    """What an author says to the moderators."""

    text = forms.CharField(
        label=gettext_lazy("Write to the moderators"),
        max_length=MAX_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


@never_cache
@require_safe
def proposal_list(request: HttpRequest) -> HttpResponse:
    """My proposals, the newest first; moderators may ask for those of somebody (``?user=``)."""
    by = proposer_of(request)
    proposals, whose = by.proposals(), None
    if request.GET.get("user") and may(request.user, DECIDE):
        name = request.GET["user"].replace("\0", "")
        whose = get_object_or_404(User, username__iexact=name)
        proposals = Proposal.objects.by(whose)
    state = request.GET.get("state", "")
    if state in Proposal.State.values:
        proposals = proposals.filter(state=state)
    page = Paginator(proposals.prefetch_related("events"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "lines": [(proposal, read_reason(proposal.events.all())) for proposal in page],
        "states": Proposal.State.choices,
        "state": state if state in Proposal.State.values else "",
        "whose": whose,
        "may_propose": may_propose(request.user),
    }
    return render(request, "moderation/proposal_list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD"])
def proposal_detail(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """One proposal: what it would change, its state, what was said of it.

    Who comes by the signed link of a proposal that was made without an account has it from then on.
    """
    if token := request.GET.get("token", ""):
        proposal = get_object_or_404(Proposal, pk=proposal_id, author=None)
        if is_link_of(proposal, token):
            remember(request, proposal)
            return redirect(proposal)
    return _show(request, _find(request, proposal_id), AnswerForm())


def _show(
    request: HttpRequest, proposal: Proposal, form: AnswerForm, *, status: int = 200
) -> HttpResponse:
    (shown,) = present_proposals([proposal])
    is_own = proposer_of(request).owns(proposal)
    context = {
        "shown": shown,
        "proposal": proposal,
        "form": form,
        "reason": read_reason(shown.events),
        "is_own": is_own,
        "case": proposal.case if may_judge(request.user, proposal) else None,
        "link": request.build_absolute_uri(sign_link(proposal))
        if is_own and proposal.author_id is None
        else "",
    }
    return render(request, "moderation/proposal_detail.html", context, status=status)


@require_POST
def proposal_withdraw(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Take an own proposal back."""
    proposal = _find_own(request, proposal_id)
    try:
        withdraw_proposal(proposal_id=proposal.pk, by=proposer_of(request))
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, _("Withdrawn. Nobody will decide about it any more."))
    return redirect(proposal)


@require_POST
def proposal_answer(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Say something to the moderators."""
    proposal = _find_own(request, proposal_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, proposal, form, status=422)
    text = form.cleaned_data["text"]
    try:
        answer_moderators(proposal_id=proposal.pk, text=text, by=proposer_of(request))
    except ValidationError as error:
        form.add_error("text", error.messages)
        return _show(request, _find(request, proposal_id), form, status=422)
    messages.success(request, _("Sent. Your proposal waits for a moderator."))
    return redirect(proposal)


def _find_own(request: HttpRequest, proposal_id: int) -> Proposal:
    proposal = _find(request, proposal_id)
    refuse_blocked(request.user)
    if not proposer_of(request).owns(proposal):
        raise PermissionDenied(_("This is somebody else's proposal."))
    return proposal


def _find(request: HttpRequest, proposal_id: int) -> Proposal:
    """A proposal that who asks may see; Http404 for all others."""
    rows = Proposal.objects.select_related("author", "case", "decided_by")
    proposal = get_object_or_404(rows, pk=proposal_id)
    if not proposer_of(request).owns(proposal) and not may_judge(request.user, proposal):
        raise Http404
    return proposal
