"""Looking before saving: the text as it will be shown, and what of it was changed."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from accounts.limits import LimitReachedError, count
from changes.cleaning import clean_prose
from changes.comparing import FieldDiff, compare
from changes.edit_screens import EditScreen, show, show_limit
from changes.forms import ProseField, RevisionForm
from changes.objects import get_tracked
from changes.proposing import Editing
from markup.rendering import OutputTooLarge


def answer_preview(request: HttpRequest, render: Callable[[str], str]) -> HttpResponse:
    """The HTML of ``body``, a text that is not saved, for the editor; what is wrong in words."""
    count("preview", actor=request.user)
    try:
        return HttpResponse(render(clean_prose(request.POST.get("body", ""), field="body")))
    except (ValidationError, OutputTooLarge) as error:
        reasons = error.messages if isinstance(error, ValidationError) else [str(error)]
        content_type = "text/plain; charset=utf-8"
        return HttpResponse("\n".join(reasons), status=413, content_type=content_type)


def show_preview(
    request: HttpRequest,
    screen: EditScreen,
    form: RevisionForm,
    preview: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """The form with its text as it will be shown."""
    try:
        count("preview", actor=request.user)
        html = SafeString(preview(form.cleaned_data))
    except LimitReachedError as error:
        return show_limit(request, screen, form, error)
    except OutputTooLarge as error:
        form.add_error(None, str(error))
        return show(request, screen, form, status=422)
    for field in form.fields.values():
        if isinstance(field, ProseField):
            field.preview = html
    return show(request, screen, form, preview=html)


def show_changes(
    request: HttpRequest, screen: EditScreen, editing: Editing, form: RevisionForm
) -> HttpResponse:
    """The form with what was changed in it since the revision that it was filled from."""
    return show(request, screen, form, changed=find_changed(editing, form))


def find_changed(editing: Editing, form: RevisionForm) -> list[FieldDiff]:
    """What ``form``, which is valid, changes; nothing where it started from what is hidden."""
    tracked = get_tracked(editing.object_type)
    obj, values = editing.obj, form.values()
    if obj is None or tracked.model is None:
        return compare(tracked, None, tracked.model(**values)) if tracked.model else []
    version = form.cleaned_data.get("base_revision")
    base: Any = obj
    if version != obj.version:
        base = obj.history.filter(version=version).first() or obj  # type: ignore[attr-defined]
    new = copy(base)
    for name, value in values.items():
        setattr(new, name, value)
    # Fields that read alike differ in what no form shows, such as a position.
    return [field for field in compare(tracked, base, new) if field.is_prose or field.diff.rows]
