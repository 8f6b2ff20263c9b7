"""Hiding text, summary or author of revisions, and showing them again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import require
from changes.hiding import HIDE, MAX_REASON, Part, find_hidden, may_see_hidden
from changes.models import CONTENT_TYPES
from changes.objects import find_refs, get_tracked
from changes.revisions import MAX_NUMBER, find_revision_lines
from moderation.block_forms import add_errors
from moderation.hiding import hide_parts


class HidingForm(forms.Form):
    """What is hidden of a revision, or of several that follow each other."""

    parts = forms.MultipleChoiceField(
        label=gettext_lazy("Hide"),
        required=False,
        choices=[
            (Part.TEXT.value, gettext_lazy("text, with the title that it had")),
            (Part.SUMMARY.value, gettext_lazy("edit summary")),
            (Part.AUTHOR.value, gettext_lazy("author")),
        ],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What is not ticked is shown."),
    )
    last = forms.IntegerField(
        label=gettext_lazy("Up to revision"),
        min_value=1,
        max_value=MAX_NUMBER,
        help_text=gettext_lazy("What was published stands in each revision until it was removed."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        help_text=gettext_lazy(
            "Everyone can read it in the log: do not repeat there what you hide."
        ),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def revision_hide(
    request: HttpRequest, object_type: str, object_id: int, number: int
) -> HttpResponse:
    """Choose what of a revision is hidden."""
    require(request.user, HIDE)
    assert isinstance(request.user, User)
    obj, url = _load(object_type, object_id)
    line = find_revision_lines(obj, [number])[number]
    hidden = find_hidden(object_type, object_id, number)
    if request.method != "POST":
        initial = {"parts": [one.part for one in hidden], "last": number}
        form = HidingForm(initial=initial)
    else:
        form = HidingForm(request.POST)
        if form.is_valid() and _hide(form, request.user, object_type, object_id, number):
            messages.success(request, _("Saved. It stands in the log, without what is hidden."))
            return redirect(f"{url}history/")
    context: dict[str, Any] = {
        "form": form,
        "line": line,
        "hidden": hidden,
        "history_url": f"{url}history/",
        "revision_url": f"{url}revisions/{number}/",
        "may_see_hidden": may_see_hidden(request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "moderation/revision_hide.html", context, status=status)


def _load(object_type: str, object_id: int) -> tuple[Any, str]:
    """The object and its address."""
    if object_type not in CONTENT_TYPES or object_id > 2**63 - 1:
        raise Http404
    manager: Any = get_tracked(object_type).model._base_manager  # type: ignore[union-attr]
    obj = manager.filter(pk=object_id).first()
    ref = find_refs([(object_type, object_id)]).get((object_type, object_id))
    if obj is None or ref is None:
        raise Http404
    return obj, ref.url


def _hide(form: HidingForm, by: User, object_type: str, object_id: int, number: int) -> bool:
    data = form.cleaned_data
    try:
        hide_parts(
            object_type=object_type,
            object_id=object_id,
            first=number,
            last=data["last"],
            parts=data["parts"],
            reason=data["reason"],
            by=by,
        )
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True
