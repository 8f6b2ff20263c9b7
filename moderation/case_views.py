"""What moderators do with a case beside deciding it: claim, put off, assign, rank, annotate."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.finding import find_named
from accounts.models import User
from moderation.arranging import assign_case, set_priority, snooze_case, wake_case
from moderation.cases import ClaimedError, StaleCaseError
from moderation.claiming import claim_case, release_case
from moderation.explaining import explain_claimed, explain_stale
from moderation.forms import AssignForm, ClaimForm, NoteForm, PriorityForm, SnoozeForm
from moderation.models import Case
from moderation.notes import add_note
from moderation.scope import require_decide
from moderation.views import find_next, require_moderator


@require_POST
def case_claim(request: HttpRequest, case_id: int) -> HttpResponse:
    """Tell the others that one looks at a case."""

    def claim(user: User, form: forms.Form) -> str:
        takes_over = form.cleaned_data["takes_over"]
        case = claim_case(case_id=case_id, actor=user, takes_over=takes_over)
        assert case.claimed_until is not None
        at = date_format(localtime(case.claimed_until), "TIME_FORMAT")
        return _("Others see until %(time)s that you look at it.") % {"time": at}

    return _carry_out(request, case_id, ClaimForm, claim)


@require_POST
def case_release(request: HttpRequest, case_id: int) -> HttpResponse:
    """Look at it no longer."""

    def release(user: User, form: forms.Form) -> str:
        release_case(case_id=case_id, actor=user)
        return _("Others see no longer that you look at it.")

    return _carry_out(request, case_id, forms.Form, release)


@require_POST
def case_snooze(request: HttpRequest, case_id: int) -> HttpResponse:
    """Put a case off, or bring it back."""

    def snooze(user: User, form: forms.Form) -> str:
        assert isinstance(form, SnoozeForm)
        until = form.moment()
        if until is None:
            wake_case(case_id=case_id, actor=user)
            return _("The case is back.")
        text = form.cleaned_data["text"]
        snooze_case(case_id=case_id, until=until, actor=user, text=text)
        day = date_format(localtime(until), "j F Y")
        return _("Put off: it comes back on %(day)s.") % {"day": day}

    return _carry_out(request, case_id, SnoozeForm, snooze)


@require_POST
def case_assign(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give a case to a moderator, or to nobody in particular."""

    def assign(user: User, form: forms.Form) -> str:
        assignee = find_named(form.cleaned_data["assignee"])
        text = form.cleaned_data["text"]
        assign_case(case_id=case_id, assignee=assignee, actor=user, text=text)
        if assignee is None:
            return _("The case is assigned to nobody.")
        return _("The case is assigned to %(name)s.") % {"name": assignee.label}

    return _carry_out(request, case_id, AssignForm, assign)


@require_POST
def case_prioritise(request: HttpRequest, case_id: int) -> HttpResponse:
    """Move a case up or down."""

    def prioritise(user: User, form: forms.Form) -> str:
        set_priority(case_id=case_id, actor=user, **form.cleaned_data)
        return _("The priority is %(number)d now.") % {"number": form.cleaned_data["priority"]}

    return _carry_out(request, case_id, PriorityForm, prioritise)


@require_POST
def case_note(request: HttpRequest, case_id: int) -> HttpResponse:
    """Leave a note for the other moderators."""

    def note(user: User, form: forms.Form) -> str:
        add_note(case_id=case_id, text=form.cleaned_data["text"], actor=user)
        return _("Your note stands at the case; moderators alone can read it.")

    return _carry_out(request, case_id, NoteForm, note)


def _carry_out(
    request: HttpRequest,
    case_id: int,
    form_class: type[forms.Form],
    operation: Callable[[User, forms.Form], str],
) -> HttpResponse:
    """Permission, form, one operation, what it says or why it was not done, back to the list."""
    user = require_moderator(request)
    require_decide(user, get_object_or_404(Case, pk=case_id))
    form = form_class(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError([text for texts in form.errors.values() for text in texts])
        messages.success(request, operation(user, form))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except StaleCaseError as stale:
        messages.warning(request, explain_stale(stale.case))
    except ClaimedError as claimed:
        messages.warning(request, explain_claimed(claimed.case))
    return redirect(find_next(request))
