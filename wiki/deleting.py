"""The browser's side of taking a page or a path away from readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.permissions import may, require
from changes.edit_flow import EditScreen, made_by, refuse_kindly, show
from changes.recording import Authorship, NothingChangedError
from wiki.forms import DeleteForm


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """What one kind of object asks of who deletes it; ``delete(reason, by)`` is its operation.

    ``refusal`` is said to who may not, ``unchanged`` where somebody was quicker. ``then`` names the
    view to which it leads.
    """

    permission: str
    delete: Callable[[str, Authorship], object]
    refusal: str
    unchanged: str
    then: str


def run_delete(request: HttpRequest, screen: EditScreen, deletion: Deletion) -> HttpResponse:
    """Ask for the reason and delete; GET changes nothing."""
    if request.method != "POST":
        require(request.user, deletion.permission)
        return show(request, screen, DeleteForm())
    form = DeleteForm(request.POST)
    if not may(request.user, deletion.permission):
        return refuse_kindly(request, screen, form, deletion.refusal)
    if not form.is_valid():
        return show(request, screen, form, status=422)
    reason = form.cleaned_data["reason"]
    try:
        deletion.delete(reason, made_by(request, reason))
    except NothingChangedError:
        messages.info(request, deletion.unchanged)
    else:
        messages.success(request, _("Deleted. It can be restored from its address."))
    return redirect(deletion.then)
