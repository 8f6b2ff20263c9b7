"""Saying whether something was helpful, and what is missing there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import refuse_blocked
from changes.leading import find_end
from changes.objects import ObjectRef
from feedback.forms import NO, YES, FeedbackForm
from feedback.suggesting import suggest
from feedback.voting import VOTED_ON, find_voted_on, vote
from moderation.block_forms import add_errors

_MAX_ID = 2**63 - 1


@require_http_methods(["GET", "HEAD", "POST"])
def helpful(request: HttpRequest, object_type: str, object_id: int) -> HttpResponse:
    """Vote, and say what is missing; without an account too.

    Who is signed in votes by a button beside the text, everybody else here: what is kept for them
    holds no form. Nobody is given a session for it.
    """
    refuse_blocked(request.user)
    ref = None
    if object_type in VOTED_ON and object_id <= _MAX_ID:
        object_id = find_end(object_type, object_id)
        ref = find_voted_on(object_type, object_id)
    if ref is None:
        raise Http404(_("There is nothing of that name."))
    is_known = request.user.is_authenticated
    if request.method != "POST":
        chosen = request.GET.get("vote", "")
        form = FeedbackForm(
            initial={"vote": chosen if chosen in (YES, NO) else None}, is_trapped=not is_known
        )
        return _show(request, ref, form)
    form = FeedbackForm(request.POST, is_trapped=not is_known)
    if not form.is_valid() or not _take(request, form, object_type, object_id):
        return _show(request, ref, form, status=422)
    if form.cleaned_data["vote"] == NO and "text" not in request.POST:
        address = reverse("feedback:helpful", args=[object_type, object_id])
        return redirect(f"{address}?vote={NO}&noted=1")
    if is_known:
        messages.success(request, _("Thank you."))
        return redirect(ref.url)
    return render(request, "feedback/thanks.html", {"object": ref})


def _take(request: HttpRequest, form: FeedbackForm, object_type: str, object_id: int) -> bool:
    about: dict[str, Any] = {"object_type": object_type, "object_id": object_id}
    text = form.cleaned_data["text"]
    try:
        vote(**about, is_yes=form.cleaned_data["vote"] == YES, by=request.user)
        if text.strip():
            suggest(**about, text=text, by=request.user)
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True


def _show(
    request: HttpRequest, ref: ObjectRef, form: FeedbackForm, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "object": ref, "is_noted": request.GET.get("noted") == "1"}
    return render(request, "feedback/helpful.html", context, status=status)
