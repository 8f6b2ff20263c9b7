"""Rules for the tests, and edits that meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.models import User
from moderation.rules.editing import create_rule, switch_on_rule
from moderation.rules.facts import EditFacts
from moderation.rules.models import EditRule, Standing

EVERYBODY = list(Standing.values)


def condition(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "negated": False, **values}


def make_rule(by: User, *conditions: dict[str, Any], is_on: bool = True, **values: Any) -> EditRule:
    """A rule about everybody's edits, switched on unless told otherwise."""
    content = {
        "name": "Shouting",
        "action": EditRule.Action.TAG,
        "label": "shouting",
        "message": "Please write calmly.",
        "standings": EVERYBODY,
        "conditions": list(conditions) or [condition("text_added", text="casino")],
        **values,
    }
    rule = create_rule(values=content, by=by)
    if is_on:
        rule = switch_on_rule(rule_id=rule.pk, version=rule.version, by=by, is_confirmed=True)
    return rule


def facts(
    before: str | None = None, after: str = "", *, changed: str = "body", **values: Any
) -> EditFacts:
    """An edit of a page's text; ``before`` is None for a new page."""
    old: dict[str, Any] = {} if before is None else {"title": "Tasks", changed: before}
    given = {
        "object_type": "page",
        "edit_kind": "create" if before is None else "edit",
        "standing": "newcomer",
        "title": "Tasks",
        "changed_fields": frozenset({changed}),
        "prose": frozenset({"body"}),
        "size_difference": len(after.encode()) - len((before or "").encode()),
        "new": {"title": "Tasks", changed: after},
        "read_old": lambda: old,
        "account_age": timedelta(days=3),
        "site_url": "https://here.example",
        **values,
    }
    return EditFacts(**given)
