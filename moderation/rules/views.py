"""Rules on edits, as moderators see them, and how administrators switch them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import may, require
from changes.recording import NothingChangedError
from moderation.log import DECIDE
from moderation.rules.editing import (
    MANAGE_RULES,
    READ_RULES,
    RuleChangedError,
    UntriedError,
    switch_off_rule,
    switch_on_rule,
)
from moderation.rules.hits import mark_false_alarm
from moderation.rules.models import EditRule, RuleHit
from moderation.rules.presenting import (
    describe_conditions,
    describe_scope,
    show_hits,
    show_revisions,
)
from moderation.rules.trying import Trial, note_trial, try_rule

HITS_PER_PAGE = 50
REVISIONS_PER_PAGE = 30


def show_rule_page(
    request: HttpRequest, template: str, rule: EditRule, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page about one rule, with what all of them show."""
    shared = {"rule": rule, "may_manage": may(request.user, MANAGE_RULES)}
    return render(request, f"moderation/{template}.html", {**shared, **context}, status=status)


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """All rules with their state, their hits and what they cost."""
    require(request.user, READ_RULES)
    state = request.GET.get("state", "")
    rules = EditRule.objects.with_hits().order_by("-is_enabled", "name")
    if state in ("on", "off"):
        rules = rules.filter(is_enabled=state == "on")
    else:
        state = ""
    context = {"rules": rules, "state": state, "may_manage": may(request.user, MANAGE_RULES)}
    return render(request, "moderation/rule_list.html", context)


@require_safe
def rule_detail(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule in words."""
    require(request.user, READ_RULES)
    rule = get_object_or_404(EditRule.objects.with_hits(), pk=rule_id)
    content = rule.content()
    context = {"conditions": describe_conditions(content), "scope": describe_scope(content)}
    return show_rule_page(request, "rule_detail", rule, context)


@require_safe
def rule_history(request: HttpRequest, rule_id: int) -> HttpResponse:
    """What was changed in a rule, by whom and why."""
    require(request.user, READ_RULES)
    rule = get_object_or_404(EditRule, pk=rule_id)
    revisions = rule.revisions.select_related("author")
    page = Paginator(revisions, REVISIONS_PER_PAGE).get_page(request.GET.get("page"))
    # One more, so that the last of a page is compared as well.
    end = page.start_index() - 1 + REVISIONS_PER_PAGE + 1
    rows = list(revisions[max(0, page.start_index() - 1) : end])
    shown = show_revisions(rows)[:REVISIONS_PER_PAGE]
    return show_rule_page(request, "rule_history", rule, {"page": page, "revisions": shown})


@require_safe
def rule_hits(request: HttpRequest, rule_id: int) -> HttpResponse:
    """The edits that a rule matched, the newest first."""
    require(request.user, READ_RULES)
    rule = get_object_or_404(EditRule, pk=rule_id)
    only = request.GET.get("only", "")
    hits = rule.hits.select_related("actor", "marked_by")
    if only == "false":
        hits = hits.filter(is_false_alarm=True)
    elif only in RuleHit.Outcome.values:
        hits = hits.filter(outcome=only)
    page = Paginator(hits, HITS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "hits": show_hits(list(page.object_list)),
        "only": only,
        "outcomes": RuleHit.Outcome.choices,
        "may_mark": may(request.user, DECIDE),
    }
    return show_rule_page(request, "rule_hits", rule, context)


@require_POST
def rule_hit_mark(request: HttpRequest, hit_id: int) -> HttpResponse:
    """Say that a match was a false alarm, or with ``undo`` that it was none."""
    require(request.user, DECIDE)
    assert isinstance(request.user, User)
    hit = get_object_or_404(RuleHit, pk=hit_id)
    is_false_alarm = not request.POST.get("undo")
    mark_false_alarm(hit_id=hit.pk, is_false_alarm=is_false_alarm, by=request.user)
    if is_false_alarm:
        messages.success(request, _("Marked as a false alarm."))
    else:
        messages.success(request, _("Not a false alarm any more."))
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return redirect(target)
    return redirect("moderation:rule_hits", hit.rule_id)


@require_http_methods(["GET", "HEAD", "POST"])
def rule_try(request: HttpRequest, rule_id: int) -> HttpResponse:
    """What the last try of a rule found; POST tries it anew."""
    require(request.user, READ_RULES)
    assert isinstance(request.user, User)
    rule = get_object_or_404(EditRule, pk=rule_id)
    if request.method != "POST":
        return show_rule_page(request, "rule_try", rule, {})
    return show_rule_page(request, "rule_try", rule, _try(request, rule))


def _try(request: HttpRequest, rule: EditRule) -> dict[str, Any]:
    """Try a saved rule and remember that; what its page shows."""
    assert isinstance(request.user, User)
    try:
        trial: Trial = try_rule(rule, by=request.user)
    except ValidationError as error:
        return {"fault": " ".join(error.messages)}
    note_trial(rule=rule, trial=trial, by=request.user)
    return {"trial": trial}


@require_POST
def rule_switch_on(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Have a rule look at every edit; asks first, with numbers, where it was not tried as it is.

    Also where it would stop so many that it would switch itself off.
    """
    require(request.user, MANAGE_RULES)
    assert isinstance(request.user, User)
    rule = get_object_or_404(EditRule, pk=rule_id)
    is_confirmed = request.POST.get("confirmed") == str(rule.version)
    try:
        if not is_confirmed and not rule.is_enabled and _must_ask(rule):
            raise UntriedError
        switch_on_rule(
            rule_id=rule.pk, version=rule.version, by=request.user, is_confirmed=is_confirmed
        )
    except UntriedError:
        return show_rule_page(request, "rule_confirm", rule, _try(request, rule))
    except NothingChangedError:
        messages.info(request, _("The rule is on already."))
    except RuleChangedError:
        messages.warning(request, _("Somebody changed the rule meanwhile: look at it again."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The rule is on."))
    return redirect(rule)


def _must_ask(rule: EditRule) -> bool:
    trial = Trial(stops_edits=rule.stops_edits, seen=rule.tried_edits, matched=rule.tried_matches)
    return not rule.is_tried or trial.is_too_much


@require_POST
def rule_switch_off(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Have a rule look at no edit any more."""
    require(request.user, MANAGE_RULES)
    assert isinstance(request.user, User)
    rule = get_object_or_404(EditRule, pk=rule_id)
    try:
        switch_off_rule(rule_id=rule.pk, reason=request.POST.get("reason", ""), by=request.user)
    except NothingChangedError:
        messages.info(request, _("The rule is off already."))
    else:
        messages.success(request, _("The rule is off."))
    return redirect(rule)
