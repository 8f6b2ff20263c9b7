"""The browser's side of an edit: saved, merged, unchanged, refused or in conflict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from changes.editing import EditConflictError, FieldConflict, MergedEdit
from changes.forms import RevisionForm
from changes.models import Source
from changes.recording import Authorship, NothingChangedError
from markup.diffing import Diff, diff_texts
from markup.merging import merge_texts

# Lines that stand between two texts in conflict; a text that still holds one is not saved.
MARK_THEIRS = "<<<<<<< saved meanwhile"
MARK_BETWEEN = "======="
MARK_MINE = ">>>>>>> yours"


@dataclass(frozen=True, kw_only=True)
class EditScreen:
    """One edit form: its template and what the template needs besides the form."""

    template: str
    context: dict[str, Any]
    preview: Callable[[dict[str, Any]], str] | None = None


def authorship(request: HttpRequest, form: RevisionForm) -> Authorship:
    """Who saves the form, and what they say of it."""
    return Authorship(
        actor=request.user,  # type: ignore[arg-type]
        summary=form.cleaned_data.get("summary", ""),
        is_minor=form.cleaned_data.get("is_minor", False),
        source=Source.WEB,
    )


def show(
    request: HttpRequest, screen: EditScreen, form: RevisionForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The edit form, with whatever was typed still in it."""
    return render(request, screen.template, {"form": form, **screen.context, **more}, status=status)


def run_edit(
    request: HttpRequest,
    screen: EditScreen,
    form: RevisionForm,
    save: Callable[[], tuple[Any, MergedEdit | None]],
) -> HttpResponse:
    """Answer a POST: preview, or ``save()`` and where it led; nothing typed is ever lost.

    ``save`` returns the object and how its edit was merged (None for a new object).
    """
    if not form.is_valid():
        return show(request, screen, form, status=422)
    if request.POST.get("do") == "preview" and screen.preview:
        return show(request, screen, form, preview=SafeString(screen.preview(form.cleaned_data)))
    if _refuse_markers(form):
        return show(request, screen, form, status=422)
    try:
        saved, edit = save()
    except NothingChangedError:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
        return redirect(screen.context["cancel_url"])
    except EditConflictError as conflict:
        return _show_conflict(request, screen, form, conflict)
    except ValidationError as error:
        form.add_validation_error(error)
        return show(request, screen, form, status=422, refused=error)
    except PermissionDenied as error:
        return show(request, screen, form, status=403, denied=str(error) or _("Not allowed."))
    _say_saved(request, edit)
    return redirect(saved)


def _say_saved(request: HttpRequest, edit: MergedEdit | None) -> None:
    if edit is not None and edit.was_merged:
        text = _("Saved, and merged with what others wrote while you were writing.")
    else:
        text = _("Saved.")
    messages.success(request, text)


def _refuse_markers(form: RevisionForm) -> bool:
    """A text with the marks of a conflict still in it is not finished."""
    marks = (MARK_THEIRS, MARK_MINE)
    for name, value in form.cleaned_data.items():
        if isinstance(value, str) and any(line in marks for line in value.splitlines()):
            form.add_error(
                name,
                _(
                    "Two versions still stand between marks here: keep what is right and take the marks out."
                ),
            )
    return bool(form.errors)


@dataclass(frozen=True)
class ShownConflict:
    """A conflict as the page shows it: what each side changed, in words."""

    label: str
    theirs: Diff
    mine: Diff
    mine_text: str


def _show_conflict(
    request: HttpRequest, screen: EditScreen, form: RevisionForm, conflict: EditConflictError
) -> HttpResponse:
    """The same form on top of the newest revision, with both texts in it."""
    data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
    data["base_revision"] = str(conflict.current.version)
    for name, value in conflict.merged.items():
        if isinstance(value, str) and name in form.fields:
            data[name] = value
    for item in conflict.conflicts:
        if isinstance(item.mine, str) and "\n" in f"{item.mine}{item.theirs}{item.base}":
            data[item.name] = text_with_both(item)
    shown = [_shown(form, item) for item in conflict.conflicts]
    again = type(form)(data, **getattr(form, "again", {}))
    return show(
        request,
        screen,
        again,
        status=409,
        conflicts=shown,
        their_version=conflict.current.version,
    )


def _shown(form: RevisionForm, item: FieldConflict) -> ShownConflict:
    name = item.name.removesuffix("_id")
    label = form.fields[name].label if name in form.fields else item.name
    base, theirs, mine = (_as_text(value) for value in (item.base, item.theirs, item.mine))
    return ShownConflict(str(label), diff_texts(base, theirs), diff_texts(base, mine), mine)


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def text_with_both(item: FieldConflict) -> str:
    """The merged text; where both sides changed the same place, both stand there between marks."""
    lines: list[str] = []
    for chunk in merge_texts(item.base, item.theirs, item.mine).chunks:
        if chunk.conflict is None:
            lines += chunk.text.splitlines()
            continue
        lines += [MARK_THEIRS, *chunk.conflict.ours.splitlines(), MARK_BETWEEN]
        lines += [*chunk.conflict.theirs.splitlines(), MARK_MINE]
    return "\n".join(lines) + "\n"
