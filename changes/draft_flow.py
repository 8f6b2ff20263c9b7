"""The browser's side of drafts: kept by scripts while one types, offered when one comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.limits import LimitReachedError
from accounts.traps import EMPTY_FIELD, TIME_FIELD
from changes.drafts import (
    DraftKey,
    DraftTooLargeError,
    discard_draft,
    find_draft,
    is_withheld,
    save_draft,
)
from changes.forms import ProseField, RevisionForm, as_posted, read_number
from changes.models import Draft
from changes.proposing import Editing
from markup.diffing import Diff, diff_texts
from markup.words import unify_line_ends

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SAVE, DISCARD = "draft", "discard"
ACTIONS: Final = frozenset({SAVE, DISCARD})
#: What says nothing of the object: a draft that differs in these alone is not offered.
_BESIDES: Final = frozenset({"summary", "is_minor", "base_revision", "proposal_version", "part"})


@dataclass(frozen=True, kw_only=True)
class DraftOffer:
    """A draft as the form's page offers it.

    ``diffs`` are those between the texts of today and of the draft, with their labels. ``initial``
    fills the form. ``is_withheld``: the text that it was begun on is hidden since, and so is it.
    """

    draft: Draft
    diffs: Sequence[tuple[StrOrPromise, Diff]]
    initial: Mapping[str, Any]
    is_withheld: bool
    is_behind: bool


def draft_key(request: HttpRequest, editing: Editing) -> DraftKey | None:
    """The key of the draft of this form; None for who has no account."""
    if not request.user.is_authenticated:
        return None
    part = request.POST.get("part", editing.part.get("part", ""))
    return DraftKey(
        user=request.user,
        object_type=editing.object_type,
        object_id=editing.obj.pk if editing.obj else 0,
        place=part if editing.obj else request.path,
    )


def answer_draft(request: HttpRequest, editing: Editing, action: str) -> HttpResponse:
    """Keep what the form holds, as it is (204), or discard what was kept."""
    key = draft_key(request, editing)
    if key is None:
        return HttpResponse(_("Drafts are kept for who has signed in."), status=403)
    if action == DISCARD:
        discard_draft(key)
        messages.success(request, _("The draft is discarded."))
        return redirect(request.get_full_path())
    form = editing.make_form(request.POST)
    try:
        save_draft(
            key=key,
            base_version=read_number(request.POST, "base_revision"),
            fields=_read_fields(form),
        )
    except (DraftTooLargeError, LimitReachedError) as error:
        text = error.message if isinstance(error, LimitReachedError) else str(error)
        status = 429 if isinstance(error, LimitReachedError) else 413
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


def forget_draft(request: HttpRequest, editing: Editing) -> None:
    """What the form held was saved: its draft has done its work, unless it was only offered."""
    key = draft_key(request, editing)
    if key is not None and not request.POST.get("keeps_draft"):
        discard_draft(key)


def find_offer(
    request: HttpRequest, editing: Editing, initial: Mapping[str, Any]
) -> DraftOffer | None:
    """The draft of a form that would show ``initial``, where it says anything else."""
    key = draft_key(request, editing)
    draft = find_draft(key) if key else None
    if draft is None:
        return None
    if is_withheld(draft):
        return DraftOffer(draft=draft, diffs=(), initial={}, is_withheld=True, is_behind=False)
    form = editing.make_form(initial=initial)
    kept = {name: texts for name, texts in draft.fields.items() if name in form.fields}
    shown = {name: _prepare(form, name) for name in kept}
    if all(_same(kept[name], shown[name]) for name in kept if name not in _BESIDES):
        return None
    return DraftOffer(
        draft=draft,
        diffs=[
            (form.fields[name].label or name, diff_texts(shown[name][0], _line_ends(kept[name])))
            for name in kept
            if isinstance(form.fields[name], ProseField)
        ],
        initial={name: _as_initial(form, name, texts) for name, texts in kept.items()},
        is_withheld=False,
        is_behind=editing.obj is not None and draft.base_version != editing.obj.version,
    )


def _read_fields(form: RevisionForm) -> dict[str, list[str]]:
    """What was sent for each field, without the traps; what cannot be stored is left out."""
    names = [name for name in form.fields if name not in (EMPTY_FIELD, TIME_FIELD)]
    data: Any = form.data
    return {name: [text.replace("\0", "") for text in data.getlist(name)] for name in names}


def _prepare(form: RevisionForm, name: str) -> list[str]:
    """What the form would send of a field that it shows."""
    value = form.get_initial_for_field(form.fields[name], name)
    if isinstance(form.fields[name], forms.BooleanField):
        return ["on"] if value else []
    return as_posted(form.fields[name].prepare_value(value))


def _same(kept: Sequence[str], shown: Sequence[str]) -> bool:
    return [unify_line_ends(text) for text in kept if text] == [text for text in shown if text]


def _line_ends(texts: Sequence[str]) -> str:
    return unify_line_ends(texts[0]) if texts else ""


def _as_initial(form: RevisionForm, name: str, texts: Sequence[str]) -> Any:
    if isinstance(form.fields[name].widget, forms.SelectMultiple):
        return list(texts)
    return texts[0] if texts else ""
