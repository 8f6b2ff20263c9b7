"""Reporting what is wrong, for everybody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import refuse_blocked
from accounts.traps import TrappedForm
from moderation.block_forms import add_errors
from moderation.forms import MAX_REASON
from moderation.models import Report
from moderation.reporting import find_reported, may_report, parse_about, report


class ReportForm(TrappedForm):
    """What is wrong; with traps for programs where anybody can send it."""

    trap_name = "report"

    reason = forms.ChoiceField(
        label=gettext_lazy("What is wrong?"),
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=gettext_lazy("Tell us more"),
        help_text=gettext_lazy(
            "What and where, in your words. Moderators alone read it; of a broken link, paste the"
            " address."
        ),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def report_create(request: HttpRequest) -> HttpResponse:
    """Report what ``?about=`` names: "page:12", "resource:3@7" (its revision 7), "user:5"."""
    refuse_blocked(request.user)
    if not may_report(request.user):
        raise PermissionDenied(_("Sign in to report something."))
    about = parse_about(request.GET.get("about", ""))
    ref = find_reported(about) if about else None
    if about is None or ref is None:
        raise Http404(_("There is nothing of that name."))
    options: dict[str, Any] = {"is_trapped": not request.user.is_authenticated}
    form = ReportForm(request.POST if request.method == "POST" else None, **options)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            report(about=about, reason=values["reason"], text=values["text"], reporter=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _say_thanks(request))
            return redirect(ref.url)
    context = {"form": form, "about": about, "object": ref}
    status = 422 if form.errors else 200
    return render(request, "moderation/report_create.html", context, status=status)


def _say_thanks(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return _("Thank you: moderators will look at it, and you hear what becomes of it.")
    return _("Thank you: moderators will look at it.")
