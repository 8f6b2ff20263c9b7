"""Edit forms as they are shown: filled, refused, or beyond a limit, with what was typed in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.blocks import explain_block, find_block
from accounts.limits import LimitReachedError
from changes.forms import StrictForm


@dataclass(frozen=True, kw_only=True)
class EditScreen:
    """One edit form: its template and what the template needs besides the form."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    preview: Callable[[dict[str, Any]], str] | None = None


def show(
    request: HttpRequest, screen: EditScreen, form: StrictForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The edit form, with whatever was typed still in it.

    Its page asks before it is left where it ``is_dirty`` from the start, and keeps drafts unless
    one is only offered, which they would take the place of.
    """
    is_draft = bool(more.get("is_draft"))
    # What is proposed stands in the form then: a draft of the object itself is something else.
    is_proposal = bool(screen.context.get("desk", {}).get("proposal"))
    is_offered = bool(more.get("offer") or request.POST.get("keeps_draft")) and not is_draft
    is_offered = is_offered or is_proposal
    context = {
        "form": form,
        "is_dirty": form.is_bound or is_draft or bool(more.get("conflicts")),
        "keeps_drafts": request.user.is_authenticated and not is_offered,
        "waits_draft": is_offered,
        **screen.context,
        **more,
    }
    return render(request, screen.template, context, status=status)


def refuse_kindly(
    request: HttpRequest, screen: EditScreen, form: StrictForm, reason: str = ""
) -> HttpResponse:
    """403 to someone who may not save; they keep what they typed."""
    block = find_block(request.user)
    denied = explain_block(block) if block else reason
    denied = denied or _("Sign in with an account that may edit.")
    return show(request, screen, form, status=403, denied=denied)


def show_limit(
    request: HttpRequest, screen: EditScreen, form: StrictForm, error: LimitReachedError
) -> HttpResponse:
    """429: which limit, how long to wait, and the form as it was sent, to be sent again then."""
    form.add_error(None, error.message)
    response = show(request, screen, form, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response
