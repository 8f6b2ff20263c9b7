"""The browser's side of a merge: ask for the target, show both, save or keep what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from changes.comparing import compare
from changes.edit_flow import made_by
from changes.editing import EditConflictError
from changes.group_models import ChangeGroup
from changes.merge_forms import MergeForm, TargetForm
from changes.objects import TrackedObject
from changes.recording import StaleVersionError
from changes.refusals import EditHeldError
from changes.revisions import render_history_page


@dataclass(frozen=True, kw_only=True)
class Merging:
    """What a merge of one kind of object is: ``obj`` is the one that goes.

    ``find(text)`` gives the object that a title or an address names, None without one;
    ``require(other)`` raises PermissionDenied for whoever may not change it. ``merge`` is the
    operation: it takes ids and versions of both, values and authorship. ``suggested`` are objects
    that may be meant, ``consequences`` say what else happens.
    """

    tracked: TrackedObject
    obj: Any
    names: Sequence[str]
    find: Callable[[str], Any | None]
    require: Callable[[Any], None]
    merge: Callable[..., ChangeGroup]
    joiners: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    suggested: Sequence[Any] = ()
    consequences: Callable[[Any], Sequence[str]] = lambda _kept: ()


def say_what_follows() -> str:
    """The sentence about what is attached to the one that goes (:mod:`changes.leading`)."""
    return _(
        "Its threads, votes, suggestions and watchers go to the other one, and come back if this is"
        " taken back."
    )


def run_merge(request: HttpRequest, merging: Merging) -> HttpResponse:
    """Ask, show and carry out; GET changes nothing."""
    if request.method == "POST":
        return _save(request, merging)
    if "into" not in request.GET:
        return _ask(request, merging, TargetForm())
    form = TargetForm({"into": request.GET["into"]})
    kept = _find(merging, form)
    if kept is None:
        return _ask(request, merging, form, status=404)
    return _show(request, merging, kept, _form(merging, kept))


def _find(merging: Merging, form: TargetForm) -> Any | None:
    """The one that stays; None with the reason on the form."""
    if not form.is_valid():
        return None
    found = merging.find(form.cleaned_data["into"])
    if found is None:
        form.add_error("into", _("There is nothing of that name."))
    elif found.pk == merging.obj.pk:
        form.add_error("into", _("Nothing is merged into itself: name the other one."))
        return None
    else:
        merging.require(found)
    return found


def _form(merging: Merging, kept: Any, data: Any = None) -> MergeForm:
    return MergeForm(
        data,
        tracked=merging.tracked,
        kept=kept,
        gone=merging.obj,
        names=merging.names,
        joiners=merging.joiners,
    )


def _save(request: HttpRequest, merging: Merging) -> HttpResponse:
    target = TargetForm({"into": request.POST.get("into", "")})
    kept = _find(merging, target)
    if kept is None:
        return _ask(request, merging, target, status=422)
    form = _form(merging, kept, request.POST)
    if not form.is_valid():
        if _is_stale(form):
            return _show_newer(request, merging, kept)
        return _show(request, merging, kept, form, status=422)
    chosen = form.cleaned_data
    summary = chosen["summary"] or _("Merged")
    try:
        group = merging.merge(
            kept_id=kept.pk,
            gone_id=merging.obj.pk,
            kept_version=chosen["kept_version"],
            gone_version=chosen["gone_version"],
            values=form.values(),
            by=made_by(request, summary[:500]),
        )
    except ValidationError as error:
        form.add_validation_error(error)
    except (EditHeldError, PermissionDenied) as error:
        form.add_error(None, getattr(error, "reason", "") or str(error))
    except (EditConflictError, StaleVersionError):
        return _show_newer(request, merging, kept)
    else:
        messages.success(request, _("Merged. All of it can be taken back here."))
        return redirect(group)
    return _show(request, merging, kept, form, status=422)


def _is_stale(form: MergeForm) -> bool:
    """Whether the form was made of other revisions: then it may ask other questions by now."""
    data = form.cleaned_data
    newest = form.kept.version, form.gone.version
    return (data.get("kept_version"), data.get("gone_version")) != newest


def _show_newer(request: HttpRequest, merging: Merging, kept: Any) -> HttpResponse:
    """Somebody changed one of them meanwhile: the questions again, with what was answered."""
    kept.refresh_from_db()
    merging.obj.refresh_from_db()
    fresh = _form(merging, kept)
    data = QueryDict(mutable=True)
    for name, asked in fresh.fields.items():
        initial = fresh.get_initial_for_field(asked, name)
        data[name] = request.POST.get(name, "" if initial is None else initial)
    data["kept_version"], data["gone_version"] = str(kept.version), str(merging.obj.version)
    form = _form(merging, kept, data)
    form.is_valid()
    form.add_error(None, _("One of them was changed meanwhile: look again, then merge."))
    return _show(request, merging, kept, form, status=409)


def _ask(
    request: HttpRequest, merging: Merging, form: TargetForm, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "suggested": merging.suggested}
    return render_history_page(
        request, "merge_target", merging.tracked, merging.obj, context, status=status
    )


def _show(
    request: HttpRequest, merging: Merging, kept: Any, form: MergeForm, *, status: int = 200
) -> HttpResponse:
    prose = [known.name for known in form.asked if known.is_prose]
    context = {
        "form": form,
        "kept": kept,
        "fields": [d for d in compare(merging.tracked, kept, merging.obj) if d.name in prose],
        "view": "split",
        "consequences": merging.consequences(kept),
    }
    return render_history_page(
        request, "object_merge", merging.tracked, merging.obj, context, status=status
    )
