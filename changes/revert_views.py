"""Making an old revision the newest one: what it would change, and then doing so."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from changes.comparing import compare
from changes.edit_flow import made_by
from changes.forms import RevisionForm
from changes.hiding import HiddenTextError, shows_hidden
from changes.objects import TrackedObject
from changes.proposing import keep_or_refuse
from changes.recording import MAX_SUMMARY, NothingChangedError, StaleVersionError
from changes.revisions import (
    RevisionLine,
    find_revision_lines,
    read_number,
    render_history_page,
)
from changes.veils import AUTHOR, hidden_word


class RevertForm(RevisionForm):
    """Why, and which revision stood there when it was asked for."""

    summary_help = gettext_lazy("Why the old revision is better. Left empty, it says which one.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["is_minor"], self.fields["proposal_version"]
        self.fields["summary"].help_text = self.summary_help


@require_http_methods(["GET", "HEAD", "POST"])
def object_revert(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """Make revision ``?to=`` the newest one. GET shows what that would change.

    A revision saved between showing and reverting (``base_revision``) is shown first: nobody
    reverts what they have not seen.
    """
    if tracked.revert is None:
        raise Http404
    _require_edit(request, tracked, obj)
    number = read_number(request, "to")
    if number is None:
        raise Http404(_("To which revision? Choose one in the history."))
    lines = find_revision_lines(obj, [number, obj.version], shows_hidden=shows_hidden(request))
    if lines[number].is_veiled:
        raise PermissionDenied(HiddenTextError().messages[0])
    if request.method != "POST":
        form = RevertForm(initial={"base_revision": obj.version})
        return _confirm(request, tracked, obj, lines[number], form)
    form = RevertForm(request.POST)
    if not form.is_valid():
        return _confirm(request, tracked, obj, lines[number], form, status=422)
    if form.cleaned_data["base_revision"] != obj.version:
        return _show_newer(request, tracked, obj, lines[number], form)
    return _revert(request, tracked, obj, lines[number], form)


def _require_edit(request: HttpRequest, tracked: TrackedObject, obj: Any) -> None:
    if tracked.may_edit is not None and tracked.may_edit(request.user, obj):  # type: ignore[arg-type]
        return
    if request.user.is_authenticated:
        raise PermissionDenied(_("Your account may not change this, and so not revert it."))
    raise PermissionDenied(_("Sign in to revert to an older revision."))


def _revert(
    request: HttpRequest, tracked: TrackedObject, obj: Any, line: RevisionLine, form: RevertForm
) -> HttpResponse:
    assert tracked.revert is not None
    summary = form.cleaned_data["summary"] or _default_summary(line)
    try:
        tracked.revert(object_id=obj.pk, to_version=line.number, by=made_by(request, summary))
    except NothingChangedError:
        messages.info(request, _("It reads like that already: nothing was changed."))
        return redirect(obj)
    except StaleVersionError:
        return _show_newer(request, tracked, obj, line, form)
    except ValidationError as error:
        kept = keep_or_refuse(request, form, obj, summary, error)
        return kept or _confirm(request, tracked, obj, line, form, status=422)
    messages.success(
        request,
        _("Reverted to revision %(number)d. The history keeps what was there before.")
        % {"number": line.number},
    )
    return redirect(obj)


def _show_newer(
    request: HttpRequest, tracked: TrackedObject, obj: Any, line: RevisionLine, form: RevertForm
) -> HttpResponse:
    """Somebody saved meanwhile: the question again, about what stands there now."""
    obj.refresh_from_db()
    again = RevertForm({**request.POST.dict(), "base_revision": str(obj.version)})
    return _confirm(request, tracked, obj, line, again, status=409)


def _default_summary(line: RevisionLine) -> str:
    words = _("Reverted to revision %(number)d by %(author)s") % {
        "number": line.number,
        "author": hidden_word() if AUTHOR in line.row.hidden else line.row.author_label,
    }
    return words[:MAX_SUMMARY]


def _confirm(
    request: HttpRequest,
    tracked: TrackedObject,
    obj: Any,
    line: RevisionLine,
    form: RevertForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "line": line,
        "form": form,
        "fields": compare(tracked, obj, line.row, only_reverted=True),
        "is_newer": status == 409,
    }
    return render_history_page(request, "object_revert", tracked, obj, context, status=status)
