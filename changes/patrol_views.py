"""Patrol in the browser: marking changes, and going from one that waits to the next."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import require
from changes.editing import EditConflictError
from changes.filters import ChangeFilterForm
from changes.lines import diff_url
from changes.objects import find_refs, get_tracked
from changes.patrolling import PATROL, find_next_unpatrolled, patrol, patrol_all
from changes.recording import MAX_SUMMARY, StaleVersionError
from changes.rolling_back import roll_back

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


@require_POST
def change_rollback(request: HttpRequest) -> HttpResponse:
    """Roll back the object of the field ``object`` ("page:12"), whose newest revision is seen.

    Leads to the difference that this made: from there it can be taken back, or on to the next.
    """
    require(request.user, PATROL)
    assert isinstance(request.user, User)
    object_type, _colon, number = request.POST.get("object", "").partition(":")
    ref = find_refs([(object_type, read_id(number))]).get((object_type, read_id(number)))
    if ref is None or get_tracked(object_type).revert is None:
        raise Http404(_("There is nothing of that name."))
    through = read_id(request.POST.get("through", ""))
    try:
        done = roll_back(
            object_type=object_type,
            object_id=read_id(number),
            through=through,
            actor=request.user,
            summary=request.POST.get("summary", "")[:MAX_SUMMARY],
        )
    except StaleVersionError:
        messages.warning(request, _("Somebody wrote here since you looked. Nothing was done."))
        return redirect(f"{ref.url}history/")
    except EditConflictError:
        messages.warning(request, _("Something else stands in its way: revert it by hand."))
        return redirect(f"{ref.url}history/")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{ref.url}history/")
    text = ngettext(
        "%(count)d change by %(author)s is rolled back. Reverting to revision %(through)d"
        " brings it back.",
        "%(count)d changes by %(author)s are rolled back. Reverting to revision %(through)d"
        " brings them back.",
        done.count,
    )
    values = {"count": done.count, "author": done.author_label, "through": done.through}
    messages.success(request, text % values)
    return redirect(diff_url(ref.url, done.through, done.through + 1))


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
