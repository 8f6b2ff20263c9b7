"""The browser's side of an edit: saved, merged, unchanged, refused or in conflict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.blocks import explain_block, find_block
from accounts.limits import LimitReachedError, count
from changes.editing import EditConflictError, FieldConflict, MergedEdit
from changes.forms import ProseField, RevisionForm, StrictForm
from changes.models import Source
from changes.objects import RevisionField, get_tracked
from changes.recording import Authorship, NothingChangedError
from changes.refusals import EditHeldError, EditRefusedError, tell_refusal
from markup.diffing import Diff, diff_texts
from markup.merging import merge_texts
from markup.rendering import OutputTooLarge
from markup.words import join_lines

# Lines that stand between two texts in conflict; a text that still holds one is not saved.
MARK_THEIRS = "<<<<<<< saved meanwhile"
MARK_BETWEEN = "======= theirs above, yours below"
MARK_MINE = ">>>>>>> yours"


@dataclass(frozen=True, kw_only=True)
class EditScreen:
    """One edit form: its template and what the template needs besides the form."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
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
    request: HttpRequest, screen: EditScreen, form: StrictForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The edit form, with whatever was typed still in it."""
    return render(request, screen.template, {"form": form, **screen.context, **more}, status=status)


def refuse_kindly(
    request: HttpRequest, screen: EditScreen, form: StrictForm, reason: str = ""
) -> HttpResponse:
    """403 to someone who may not save; they keep what they typed."""
    block = find_block(request.user)
    denied = explain_block(block) if block else reason
    denied = denied or _("Sign in with an account that may edit.")
    return show(request, screen, form, status=403, denied=denied)


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
        return _show_preview(request, screen, form, screen.preview)
    if _refuse_markers(form):
        return show(request, screen, form, status=422)
    try:
        saved, edit = save()
    except NothingChangedError:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
        return redirect(screen.context["cancel_url"])
    except EditConflictError as conflict:
        return _show_conflict(request, screen, form, conflict)
    except (ValidationError, PermissionDenied, LimitReachedError, EditHeldError) as refusal:
        return _show_refusal(request, screen, form, refusal)
    _say_saved(request, edit)
    return redirect(saved)


def _show_preview(
    request: HttpRequest,
    screen: EditScreen,
    form: RevisionForm,
    preview: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    try:
        count("preview", actor=request.user)
        html = preview(form.cleaned_data)
    except LimitReachedError as error:
        return _show_limit(request, screen, form, error)
    except OutputTooLarge as error:
        form.add_error(None, str(error))
        return show(request, screen, form, status=422)
    return show(request, screen, form, preview=SafeString(html))


def _show_refusal(
    request: HttpRequest,
    screen: EditScreen,
    form: RevisionForm,
    refusal: ValidationError | PermissionDenied | LimitReachedError | EditHeldError,
) -> HttpResponse:
    """The form again, with the reason why it was not saved."""
    if isinstance(refusal, LimitReachedError):
        return _show_limit(request, screen, form, refusal)
    if isinstance(refusal, EditHeldError):
        form.add_error(None, refusal.reason)
        return show(request, screen, form, status=422)
    if isinstance(refusal, PermissionDenied):
        return refuse_kindly(request, screen, form, str(refusal))
    if isinstance(refusal, EditRefusedError):
        tell_refusal(refusal)
    form.add_validation_error(refusal)
    return show(request, screen, form, status=422, refused=refusal)


def _show_limit(
    request: HttpRequest, screen: EditScreen, form: RevisionForm, error: LimitReachedError
) -> HttpResponse:
    """429: which limit, how long to wait, and the form as it was sent, to be sent again then."""
    form.add_error(None, error.message)
    response = show(request, screen, form, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


def _say_saved(request: HttpRequest, edit: MergedEdit | None) -> None:
    if edit is not None and edit.was_merged:
        text = _("Saved, and merged with what others wrote while you were writing.")
    else:
        text = _("Saved.")
    messages.success(request, text)


def _refuse_markers(form: RevisionForm) -> bool:
    """A text with the marks of a conflict still in it is not finished."""
    marks = (MARK_THEIRS, MARK_BETWEEN, MARK_MINE)
    for name, value in list(form.cleaned_data.items()):
        if isinstance(value, str) and any(line in marks for line in value.splitlines()):
            text = _("Two versions still stand here: keep what is right and take the marks out.")
            form.add_error(name, text)
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
    current = conflict.current
    shown = [_shown(current, item) for item in conflict.conflicts]
    again = type(form)(_data_on_top(form, conflict), **getattr(form, "again", {}))
    return show(request, screen, again, status=409, conflicts=shown, their_version=current.version)


def _data_on_top(form: RevisionForm, conflict: EditConflictError) -> QueryDict:
    """What the form holds next: what did merge, both texts of prose, else what was typed."""
    data: QueryDict = form.data.copy()  # type: ignore[attr-defined]
    typed = {_field_name(item.name): item for item in conflict.conflicts}
    for name, value in conflict.merged.items():
        setattr(conflict.current, name, value)
    for name, value in form.initial_of(conflict.current).items():
        if name not in form.fields:
            continue
        if name not in typed:
            data.setlist(name, _as_posted(form.fields[name].prepare_value(value)))
        elif isinstance(form.fields[name], ProseField):
            data[name] = text_with_both(typed[name])
    return data


def _field_name(name: str) -> str:
    """The form's field of a model's attribute."""
    return name.removesuffix("_id")


def _as_posted(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return ["" if item is None else str(item) for item in values]


def _shown(current: Any, item: FieldConflict) -> ShownConflict:
    fields = get_tracked(current._meta.model_name).fields
    label_only = RevisionField(name=item.name, label=item.name)
    known = next((known for known in fields if known.name == item.name), label_only)
    base, theirs, mine = (
        "" if value in (None, "") else known.texts_of([value])[0]
        for value in (item.base, item.theirs, item.mine)
    )
    return ShownConflict(str(known.label), diff_texts(base, theirs), diff_texts(base, mine), mine)


def text_with_both(item: FieldConflict) -> str:
    """The merged text; where both sides changed the same place, both stand there between marks."""
    merge = merge_texts(item.base, item.theirs, item.mine)
    if merge.text is not None:
        return merge.text
    lines: list[str] = []
    for chunk in merge.chunks:
        if chunk.conflict is None:
            lines += chunk.text.split("\n")
            continue
        theirs, mine = chunk.conflict.ours, chunk.conflict.theirs
        lines += [MARK_THEIRS, *_lines(theirs), MARK_BETWEEN, *_lines(mine), MARK_MINE]
    return join_lines(lines, is_ended=item.theirs.endswith("\n") or item.mine.endswith("\n"))


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []
