"""Patrol in the browser: marking changes, and going from one that waits to the next."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import require
from changes.filters import ChangeFilterForm
from changes.patrolling import PATROL, find_next_unpatrolled, patrol, patrol_all

_DIGITS = 18
NEXT_UNPATROLLED = "next_unpatrolled"  # as ``next`` of a form: not back, but on


@require_POST
def change_patrol(request: HttpRequest) -> HttpResponse:
    """Mark the changes of the field ``change``; with ``up_to``, all that the filters find."""
    require(request.user, PATROL)
    assert isinstance(request.user, User)
    chosen = [read_id(value) for value in request.POST.getlist("change")]
    if request.POST.get("up_to"):
        marked = _patrol_all(request, request.user)
    else:
        marked = patrol(change_ids=[number for number in chosen if number], actor=request.user)
    if marked:
        text = ngettext("%d change is patrolled now.", "%d changes are patrolled now.", marked)
        messages.success(request, text % marked)
    else:
        messages.info(request, _("Nothing was marked: choose changes that are not patrolled yet."))
    return redirect(where_next(request, after=max(chosen, default=0)))


def _patrol_all(request: HttpRequest, actor: User) -> int:
    form = ChangeFilterForm(request.POST)
    if not form.is_valid():
        raise SuspiciousOperation("filters of another form")
    try:
        up_to = read_id(request.POST["up_to"])
        return patrol_all(query=form.query(), up_to=up_to, actor=actor)
    except ValueError as error:
        raise SuspiciousOperation(str(error)) from error


@require_safe
def next_unpatrolled(request: HttpRequest) -> HttpResponse:
    """Go to the difference that waits longest for a look, behind the one numbered ``?after=``."""
    require(request.user, PATROL)
    line = find_next_unpatrolled(after=read_id(request.GET.get("after", "")))
    if line is None:
        messages.success(request, _("Everything is patrolled."))
        return redirect(f"{reverse('changes:change_list')}?patrolled=no")
    return redirect(line.url)


def read_id(text: str) -> int:
    """The number of a change; 0, which none has, where it is no such number."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if is_number else 0


def where_next(request: HttpRequest, *, after: int) -> str:
    """On to the next change that waits, or back to where the form stood."""
    target = request.POST.get("next", "")
    if target == NEXT_UNPATROLLED:
        return f"{reverse('changes:next_unpatrolled')}?after={after}"
    if url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return f"{reverse('changes:change_list')}?patrolled=no"
