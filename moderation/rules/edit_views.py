"""Writing a rule in the browser, and trying it before it is saved."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import require
from changes.recording import NothingChangedError
from changes.revisions import read_number
from moderation.rules.editing import (
    MANAGE_RULES,
    RuleChangedError,
    UntriedError,
    create_rule,
    edit_rule,
)
from moderation.rules.forms import TRY, RuleEditor, fingerprint
from moderation.rules.models import EditRule
from moderation.rules.trying import Trial, try_rule


@require_http_methods(["GET", "HEAD", "POST"])
def rule_create(request: HttpRequest) -> HttpResponse:
    """Write a new rule; it is off until somebody switches it on."""
    require(request.user, MANAGE_RULES)
    if request.method != "POST":
        return _show(request, RuleEditor.empty())
    return _answer(request, RuleEditor.of_data(request.POST))


@require_http_methods(["GET", "HEAD", "POST"])
def rule_edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Change a rule; ``?from=`` fills the form with one of its earlier revisions."""
    require(request.user, MANAGE_RULES)
    rule = get_object_or_404(EditRule, pk=rule_id)
    if request.method == "POST":
        return _answer(request, RuleEditor.of_data(request.POST), rule)
    number = read_number(request, "from")
    if number is None:
        return _show(request, RuleEditor.of_content(rule.content(), version=rule.version), rule)
    revision = rule.revisions.filter(number=number).first()
    if revision is None:
        raise Http404(_("There is no revision %(number)s here.") % {"number": number})
    editor = RuleEditor.of_content(revision.content, version=rule.version)
    editor.form.initial["comment"] = _("As in revision %(number)d") % {"number": number}
    return _show(request, editor, rule, from_revision=number)


def _answer(request: HttpRequest, editor: RuleEditor, rule: EditRule | None = None) -> HttpResponse:
    """Add or remove a condition, try what was typed, or save it."""
    if editor.is_arranging(request.POST):
        editor.form.errors.clear()
        for row in editor.rows:
            if row.form.is_bound:
                row.form.errors.clear()
        return _show(request, editor, rule, is_typed=True)
    if not editor.is_valid():
        return _show(request, editor, rule, status=422)
    if request.POST.get("do") == TRY:
        return _show_trial(request, editor, rule)
    return _save(request, editor, rule)


def _save(request: HttpRequest, editor: RuleEditor, rule: EditRule | None) -> HttpResponse:
    assert isinstance(request.user, User)
    values, typed = editor.values(), editor.form.cleaned_data
    try:
        if rule is None:
            rule = create_rule(values=values, by=request.user, comment=typed["comment"])
        else:
            rule = edit_rule(
                rule_id=rule.pk,
                base_version=typed["version"] or 0,
                values=values,
                by=request.user,
                comment=typed["comment"],
                is_confirmed=typed["confirmed"] == fingerprint(values),
            )
    except ValidationError as error:
        editor.add_errors(error)
        return _show(request, editor, rule, status=422)
    except UntriedError:
        return _show_trial(request, editor, rule, is_asked=True)
    except RuleChangedError as changed:
        return _show_newer(request, editor, changed.rule)
    except NothingChangedError:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
        return redirect(rule or "moderation:rule_list")
    messages.success(request, _say_saved(rule))
    return redirect(rule)


def _say_saved(rule: EditRule) -> str:
    if rule.is_enabled:
        return _("Saved. The rule is on, as it is now.")
    return _("Saved. The rule is off: try it, and then switch it on.")


def _show_trial(
    request: HttpRequest, editor: RuleEditor, rule: EditRule | None, *, is_asked: bool = False
) -> HttpResponse:
    """The form with what it would have made of the last edits below."""
    assert isinstance(request.user, User)
    values = editor.values()
    unsaved = EditRule(**values, pk=rule.pk if rule else None)
    trial = try_rule(unsaved, by=request.user)
    _set(editor, confirmed=fingerprint(values))
    status = 409 if is_asked else 200
    return _show(request, editor, rule, trial=trial, is_asked=is_asked, status=status)


def _show_newer(request: HttpRequest, editor: RuleEditor, newer: EditRule) -> HttpResponse:
    """Somebody saved meanwhile: what was typed on top of what stands there now."""
    _set(editor, version=str(newer.version), confirmed="")
    return _show(request, editor, newer, is_newer=True, status=409)


def _set(editor: RuleEditor, **values: str) -> None:
    """Change hidden fields of what was sent."""
    data = editor.form.data.copy()  # type: ignore[attr-defined]
    for name, value in values.items():
        data[name] = value
    editor.form.data = data


def _show(
    request: HttpRequest,
    editor: RuleEditor,
    rule: EditRule | None = None,
    *,
    status: int = 200,
    trial: Trial | None = None,
    is_asked: bool = False,
    is_newer: bool = False,
    is_typed: bool = False,
    from_revision: int | None = None,
) -> HttpResponse:
    context = {
        "editor": editor,
        "form": editor.form,
        "rule": rule,
        "trial": trial,
        "is_asked": is_asked,
        "is_newer": is_newer,
        "from_revision": from_revision,
        "is_dirty": is_typed or status != 200 or trial is not None,
    }
    return render(request, "moderation/rule_edit.html", context, status=status)
