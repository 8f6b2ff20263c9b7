"""Writing rules, and switching them on and off."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from changes.recording import NothingChangedError
from moderation.models import Decision
from moderation.rules.editing import (
    RuleChangedError,
    UntriedError,
    create_rule,
    edit_rule,
    switch_off_rule,
    switch_on_rule,
)
from moderation.rules.models import EditRule
from moderation.rules.trying import note_trial, try_rule
from tests.moderation.rules.rule_kit import condition, make_rule

VALUES = {
    "name": "Shouting",
    "label": "shouting",
    "standings": ["newcomer"],
    "conditions": [condition("no_summary")],
}


def change(rule: EditRule, by, **values):
    return edit_rule(rule_id=rule.pk, base_version=rule.version, values=values, by=by)


@pytest.mark.parametrize("who", ["alice", "erin", "maria"])
def test_only_administrators_write_rules(request, who, root):
    by = request.getfixturevalue(who)
    rule = make_rule(root, is_on=False)
    for write in (
        lambda: create_rule(values=VALUES, by=by),
        lambda: change(rule, by, name="Mine"),
        lambda: switch_on_rule(rule_id=rule.pk, version=1, by=by, is_confirmed=True),
        lambda: switch_off_rule(rule_id=rule.pk, by=by),
    ):
        with pytest.raises(PermissionDenied):
            write()


def test_a_new_rule_is_off_and_has_a_revision(root):
    rule = create_rule(values=VALUES, by=root, comment="They shout.")
    assert not rule.is_enabled
    revision = rule.revisions.get()
    assert (revision.number, revision.author, revision.comment) == (1, root, "They shout.")
    assert revision.content == rule.content()
    decision = Decision.objects.first()
    assert (decision.kind, decision.action, decision.title) == ("edit_rule", "create", "Shouting")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "  "),
        ("match", "none"),
        ("action", "ban"),
        ("label", ""),
        ("standings", []),
        ("standings", ["king"]),
        ("conditions", []),
        ("conditions", [{"kind": "nothing"}]),
    ],
)
def test_a_rule_that_makes_no_sense_is_not_saved(root, name, value):
    with pytest.raises(ValidationError) as refused:
        create_rule(values={**VALUES, name: value}, by=root)
    assert name in refused.value.message_dict
    assert not EditRule.objects.filter(name="Shouting").exists()


def test_a_rule_that_stops_edits_tells_the_author_why(root):
    with pytest.raises(ValidationError) as refused:
        create_rule(values={**VALUES, "action": "refuse"}, by=root)
    assert "message" in refused.value.message_dict


def test_two_rules_do_not_share_a_name(root):
    create_rule(values=VALUES, by=root)
    with pytest.raises(ValidationError, match="this name"):
        create_rule(values=VALUES, by=root)


def test_each_save_is_a_revision_and_an_older_form_overwrites_nothing(root):
    rule = make_rule(root, is_on=False)
    newer = change(rule, root, name="Calm")
    assert [r.number for r in rule.revisions.all()] == [2, 1]
    with pytest.raises(RuleChangedError):
        edit_rule(rule_id=rule.pk, base_version=1, values={"name": "Mine"}, by=root)
    with pytest.raises(NothingChangedError):
        change(newer, root, name="Calm")
    rule.refresh_from_db()
    assert (rule.name, rule.version) == ("Calm", 2)


def test_a_rule_is_tried_before_it_is_switched_on(root):
    rule = make_rule(root, is_on=False)
    with pytest.raises(UntriedError):
        switch_on_rule(rule_id=rule.pk, version=1, by=root)
    note_trial(rule=rule, trial=try_rule(rule, by=root), by=root)
    assert switch_on_rule(rule_id=rule.pk, version=1, by=root).is_enabled
    with pytest.raises(NothingChangedError):
        switch_on_rule(rule_id=rule.pk, version=1, by=root)
    switch_off_rule(rule_id=rule.pk, by=root, reason="Later.")
    with pytest.raises(NothingChangedError):
        switch_off_rule(rule_id=rule.pk, by=root)
    rule = change(rule, root, conditions=[condition("no_summary")])
    assert not rule.is_tried
    with pytest.raises(UntriedError):
        switch_on_rule(rule_id=rule.pk, version=2, by=root)
    with pytest.raises(RuleChangedError):
        switch_on_rule(rule_id=rule.pk, version=1, by=root, is_confirmed=True)


def test_a_rule_that_is_on_gets_another_effect_only_knowingly(root):
    rule = make_rule(root)
    with pytest.raises(UntriedError):
        change(rule, root, conditions=[condition("no_summary")])
    rule = change(rule, root, label="loud")  # other words need no try
    assert rule.is_enabled
    rule = edit_rule(
        rule_id=rule.pk,
        base_version=2,
        values={"conditions": [condition("no_summary")]},
        by=root,
        is_confirmed=True,
    )
    assert rule.is_enabled


def test_the_public_log_tells_of_every_change_and_of_no_note(root):
    rule = make_rule(root, notes="We mean user Xyzzy.", message="Secret plugh.")
    change(rule, root, notes="And user Plover.", label="loud")
    switch_off_rule(rule_id=rule.pk, by=root, reason="Enough of it.")
    html = Client().get("/log/?kind=edit_rule").content.decode()
    for words in ("Written", "Changed", "Switched on", "Switched off", "Enough of it."):
        assert words in html
    for words in ("Xyzzy", "Plover", "plugh", "casino"):
        assert words not in html
