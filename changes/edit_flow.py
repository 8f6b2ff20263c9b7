"""The browser's side of an edit: saved, merged, proposed, unchanged, refused or in conflict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.limits import LimitReachedError
from accounts.permissions import refuse_blocked
from changes.conflict_choices import find_open, offer_choices, take_choices
from changes.conflicts import MARK_BETWEEN as MARK_BETWEEN
from changes.conflicts import MARK_MINE as MARK_MINE
from changes.conflicts import MARK_THEIRS as MARK_THEIRS
from changes.conflicts import refuse_markers, show_conflicts, text_with_both
from changes.draft_flow import ACTIONS, answer_draft, find_offer, forget_draft
from changes.edit_previews import show_changes, show_preview
from changes.edit_screens import EditScreen as EditScreen
from changes.edit_screens import refuse_kindly as refuse_kindly
from changes.edit_screens import show as show
from changes.edit_screens import show_limit
from changes.editing import EditConflictError, MergedEdit
from changes.forms import ProseField, RevisionForm, as_posted
from changes.models import Source
from changes.proposing import Desk, Editing, find_desk
from changes.recording import Authorship, NothingChangedError
from changes.refusals import EditHeldError, MayNotPublishError, tell_refusal


def made_by(request: HttpRequest, summary: str, *, is_minor: bool = False) -> Authorship:
    """Whoever asks, as the author of a revision, and what is said of it."""
    return Authorship(
        actor=request.user,  # type: ignore[arg-type]
        summary=summary,
        is_minor=is_minor,
        source=Source.WEB,
    )


def authorship(request: HttpRequest, form: RevisionForm) -> Authorship:
    """Who saves the form, and what they say of it."""
    said = form.cleaned_data
    return made_by(request, said.get("summary", ""), is_minor=said.get("is_minor", False))


def save_by(
    edit: Callable[..., tuple[Any, MergedEdit]], request: HttpRequest, **which: int
) -> Callable[[RevisionForm], tuple[Any, MergedEdit]]:
    """What saves a form by an operation; ``which`` names the object to it: ``page_id=7``."""

    def save(form: RevisionForm) -> tuple[Any, MergedEdit]:
        return edit(
            base_version=form.base_version,
            values=form.values(),
            by=authorship(request, form),
            **which,
        )

    return save


def answer_restore(
    request: HttpRequest,
    obj: Any,
    restore: Callable[[Authorship], object],
    *,
    unchanged: str,
    done: str,
) -> HttpResponse:
    """Bring something back by its operation, and lead to it: with what was done, or why not."""
    try:
        restore(made_by(request, _("restored")))
    except NothingChangedError:
        messages.info(request, unchanged)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect(obj)


def run_edit(request: HttpRequest, screen: EditScreen, editing: Editing) -> HttpResponse:
    """Show an edit form, or answer what it sent; nothing typed is ever lost.

    Saved by who may publish; what others send is kept for a moderator by the desk that
    :mod:`changes.proposing` finds for it, where there is one, and refused otherwise.
    """
    desk = find_desk(request, editing)
    if desk is None and not editing.may_publish:
        return _refuse(request, screen, editing)
    screen = _with_desk(screen, desk)
    if request.method != "POST":
        return _show_filled(request, screen, editing, desk)
    if request.POST.get("do") in ACTIONS:
        return answer_draft(request, editing, request.POST["do"])
    return _answer(request, screen, editing, desk)


def _answer(
    request: HttpRequest, screen: EditScreen, editing: Editing, desk: Desk | None
) -> HttpResponse:
    """What was sent is shown again, or saved."""
    data, before = take_choices(request.POST)
    form = editing.make_form(data, is_trapped=desk is not None and desk.is_trapped)
    rearranged = form.rearranged()
    if rearranged is not None:
        again = editing.make_form(initial=rearranged, is_trapped=form.is_trapped)
        return show(request, screen, again, is_rearranged=True)
    screen = replace(screen, context={**screen.context, "choices": find_open(form, before)})
    if not form.is_valid():
        return show(request, screen, form, status=422)
    if request.POST.get("do") == "preview" and screen.preview:
        return show_preview(request, screen, form, screen.preview)
    if request.POST.get("do") == "changes":
        return show_changes(request, screen, editing, form)
    if refuse_markers(form) or _lacks_summary(screen, form):
        return show(request, screen, form, status=422)
    return _save_or_keep(request, screen, editing, desk, form)


def _lacks_summary(screen: EditScreen, form: RevisionForm) -> bool:
    """Say so where what is protected must not be changed without a word."""
    is_needed = settings.SUMMARY_REQUIRED_ON_PROTECTED and screen.context.get("protection")
    if not is_needed or form.cleaned_data.get("summary", "").strip():
        return False
    form.add_error("summary", _("This is protected: say what you changed and why."))
    return True


def _save_or_keep(
    request: HttpRequest,
    screen: EditScreen,
    editing: Editing,
    desk: Desk | None,
    form: RevisionForm,
) -> HttpResponse:
    try:
        if desk is not None:
            return _keep(request, editing, desk, form)
        saved, edit = editing.save(form)
    except NothingChangedError:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
        return redirect(screen.context["cancel_url"])
    except EditConflictError as conflict:
        return _show_conflict(request, screen, editing, desk, form, conflict)
    except (EditHeldError, MayNotPublishError) as refusal:
        tell_refusal(refusal)
        held = refusal if isinstance(refusal, EditHeldError) else None
        other = find_desk(request, replace(editing, may_publish=False), held)
        if desk is None and other is not None:
            return _save_or_keep(request, _with_desk(screen, other), editing, other, form)
        return _show_refusal(request, screen, form, refusal)
    except (ValidationError, PermissionDenied, LimitReachedError) as refusal:
        return _show_refusal(request, screen, form, refusal)
    forget_draft(request, editing)
    _say_saved(request, edit)
    return redirect(saved)


def _keep(request: HttpRequest, editing: Editing, desk: Desk, form: RevisionForm) -> HttpResponse:
    kept = desk.keep(form)
    forget_draft(request, editing)
    messages.success(request, kept.message)
    return redirect(kept.url)


def _with_desk(screen: EditScreen, desk: Desk | None) -> EditScreen:
    if desk is None:
        return screen
    return replace(screen, context={**screen.context, **desk.context})


def _refuse(request: HttpRequest, screen: EditScreen, editing: Editing) -> HttpResponse:
    """Say why; to who sent the form already, with the form."""
    if request.method == "POST":
        return refuse_kindly(request, screen, editing.make_form(request.POST), editing.why_not)
    refuse_blocked(request.user)
    if not request.user.is_authenticated:
        raise PermissionDenied(_("Sign in to do this."))
    raise PermissionDenied(editing.why_not or _("Your account may not do this."))


def _show_filled(
    request: HttpRequest, screen: EditScreen, editing: Editing, desk: Desk | None
) -> HttpResponse:
    """The form before anything was typed: the object as it stands, or as it is proposed."""
    filling = desk.fill() if desk else None
    obj = filling.obj if filling else editing.obj
    initial = dict(editing.initial)
    if obj is not None:
        initial |= editing.form_class.initial_of(obj)
    if filling is None or desk is None:
        is_trapped = desk is not None and desk.is_trapped
        initial |= editing.part
        return _show_or_offer(request, screen, editing, initial, is_trapped=is_trapped)
    initial |= filling.initial
    form = editing.make_form(initial=initial, is_trapped=desk.is_trapped)
    choices = offer_choices(form, editing.obj, filling.conflicts) if filling.conflicts else []
    return show(
        request, screen, form, conflicts=filling.conflicts, choices=choices, is_filling=True
    )


def _show_or_offer(
    request: HttpRequest,
    screen: EditScreen,
    editing: Editing,
    initial: dict[str, Any],
    *,
    is_trapped: bool,
) -> HttpResponse:
    """The form, with the draft that stands for it offered or, where that was asked for, in it."""
    offer = find_offer(request, editing, initial)
    is_used = offer is not None and request.GET.get("draft") == "use" and not offer.is_withheld
    if offer is not None and is_used:
        initial = {**initial, **offer.initial, "base_revision": offer.draft.base_version}
    form = editing.make_form(initial=initial, is_trapped=is_trapped)
    return show(request, screen, form, offer=offer, is_draft=is_used)


def _show_refusal(
    request: HttpRequest,
    screen: EditScreen,
    form: RevisionForm,
    refusal: ValidationError | PermissionDenied | LimitReachedError | EditHeldError,
) -> HttpResponse:
    """The form again, with the reason why it was not saved."""
    if isinstance(refusal, LimitReachedError):
        return show_limit(request, screen, form, refusal)
    if isinstance(refusal, EditHeldError):
        form.add_error(None, refusal.reason)
        return show(request, screen, form, status=422)
    if isinstance(refusal, PermissionDenied):
        return refuse_kindly(request, screen, form, str(refusal))
    form.add_validation_error(refusal)
    return show(request, screen, form, status=422, refused=refusal)


def _say_saved(request: HttpRequest, edit: MergedEdit | None) -> None:
    if edit is not None and edit.was_merged:
        text = _("Saved, and merged with what others wrote while you were writing.")
    else:
        text = _("Saved.")
    messages.success(request, text)


def _show_conflict(
    request: HttpRequest,
    screen: EditScreen,
    editing: Editing,
    desk: Desk | None,
    form: RevisionForm,
    conflict: EditConflictError,
) -> HttpResponse:
    """The same form on top of the newest revision, with both texts in it."""
    current = conflict.current
    shown = show_conflicts(current, conflict.conflicts)
    data = _data_on_top(form, conflict)
    if desk is not None:
        data["proposal_version"] = str(desk.proposal_version)
    again = editing.make_form(data, is_trapped=form.is_trapped)
    return show(
        request,
        screen,
        again,
        status=409,
        conflicts=shown,
        choices=offer_choices(again, current, shown),
        their_version=current.version,
        conflict_note=form.explain_conflict(current),
    )


def _data_on_top(form: RevisionForm, conflict: EditConflictError) -> QueryDict:
    """What the form holds next: what did merge, both texts of prose, else what was typed."""
    data: QueryDict = form.data.copy()  # type: ignore[attr-defined]
    data["summary"] = form.cleaned_data.get("summary", "")
    typed = {_field_name(item.name): item for item in conflict.conflicts}
    for name, value in conflict.merged.items():
        setattr(conflict.current, name, value)
    for name, value in form.initial_of(conflict.current).items():
        if name not in form.fields:
            continue
        if name not in typed:
            data.setlist(name, as_posted(form.fields[name].prepare_value(value)))
        elif isinstance(form.fields[name], ProseField):
            data[name] = text_with_both(typed[name])
    return data


def _field_name(name: str) -> str:
    """The form's field of a model's attribute."""
    return name.removesuffix("_id")
