"""Trying a rule against the edits of the past."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from changes.models import Source
from changes.recording import Authorship
from moderation.rules.models import EditRule
from moderation.rules.trying import try_rule
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.moderation.rules.rule_kit import EVERYBODY, condition
from wiki.editing import create_page, delete_page, rename_page, revert_page


def unsaved(*conditions: dict, **values) -> EditRule:
    return EditRule(conditions=list(conditions), **{"standings": EVERYBODY, **values})


def matched(rule: EditRule, by) -> list[tuple[str, int]]:
    """Title and number of the revisions that a rule would have matched, the newest first."""
    trial = try_rule(rule, by=by)
    assert trial.matched == len(trial.matches)
    return [(m.line.change.object_title, m.line.change.version_after) for m in trial.matches]


def test_it_finds_what_would_have_matched_with_the_reason_and_the_difference(alice, maria):
    page = make_page(alice, body="Fine.\n")
    edit(page, "Fine.\nGo to the casino.\n", alice)
    edit(page, "Fine.\nGo to the casino, now.\n", alice)
    trial = try_rule(unsaved(condition("text_added", text="casino")), by=maria)
    assert (trial.seen, trial.matched) == (3, 1)
    (match,) = trial.matches
    assert match.line.diff_url == "/wiki/tasks/compare/?from=1&to=2"
    assert match.findings[0].quote.match == "casino"


def test_past_edits_are_judged_as_new_ones_would_be(alice, erin, maria):
    page = make_page(erin, body="x" * 300)
    edit(page, "", alice, summary="why")
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=erin, summary="back"))
    rename_page(page_id=page.pk, new_title="Jobs", by=Authorship(actor=erin))
    make_resource(alice, make_section(erin))
    assert matched(unsaved(condition("blanked", number=20)), maria) == [("Tasks", 2)]
    summary = unsaved(condition("no_summary"), object_types=["page"])
    assert matched(summary, maria) == [("Jobs", 4), ("Tasks", 1)]
    assert matched(unsaved(condition("title", text="tasks"), edit_kinds=["revert"]), maria) == [
        ("Tasks", 3)
    ]
    assert matched(unsaved(condition("links_added", number=1)), maria) == [("Docs", 1)]
    assert matched(unsaved(condition("field_changed", choice="page.title")), maria) == [
        ("Jobs", 4),
        ("Tasks", 1),
    ]


def test_standings_are_those_of_today(alice, erin, maria):
    make_page(alice, "By a contributor")
    make_page(make_user("trusted-tom", "Contributors", "Trusted"), "By a trusted one")
    make_page(maria, "By a moderator")
    rule = condition("size_added", number=1)
    for standing, title in (
        ("contributor", "By a contributor"),
        ("trusted", "By a trusted one"),
        ("moderator", "By a moderator"),
    ):
        assert matched(unsaved(rule, standings=[standing]), maria) == [(title, 1)]
    assert matched(unsaved(rule, standings=["newcomer", "anonymous"]), maria) == []


def test_what_authors_had_done_is_counted_as_of_then(alice, bob, maria):
    page = make_page(alice)
    edit(page, "Two.", bob)
    edit(page, "Three.", alice)
    edit(page, "Four.", alice)
    new = unsaved(condition("edit_count", number=2))
    assert matched(new, maria) == [("Tasks", 3), ("Tasks", 2), ("Tasks", 1)]
    fast = unsaved(condition("recent_edits", number=3, minutes=10))
    assert matched(fast, maria) == [("Tasks", 4)]
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        edit(page, "Five.", alice)
        assert matched(unsaved(condition("account_age", number=7)), maria) == [
            ("Tasks", number) for number in (4, 3, 2, 1)
        ]
        assert matched(fast, maria) == [("Tasks", 4)]


def test_programs_and_imports_are_left_out(maria):
    create_page(
        values={"title": "Imported", "body": "casino"},
        by=Authorship(actor=maria, source=Source.IMPORT),
    )
    assert try_rule(unsaved(condition("text_added", text="casino")), by=maria).seen == 0


def test_what_not_everyone_may_see_is_not_quoted(alice, maria):
    page = make_page(alice, body="The secret casino.\n")
    rule = unsaved(condition("text_added", text="casino"))
    assert try_rule(rule, by=maria).matches[0].findings[0].quote is not None
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    (match,) = try_rule(rule, by=maria).matches
    assert (match.findings[0].quote, match.line.diff_url) == (None, "")


def test_the_number_of_queries_does_not_grow_with_the_edits(
    alice, maria, django_assert_max_num_queries
):
    page = make_page(alice)
    for number in range(40):
        edit(page, f"{number} " + "casino " * (number + 1), alice)
    rule = unsaved(
        condition("text_added", text="casino"),
        condition("recent_edits", number=2, minutes=60),
        condition("edit_count", number=100),
    )
    maria.has_perm("changes.autopatrol")
    with django_assert_max_num_queries(11):
        assert try_rule(rule, by=maria).matched == 40


def test_a_try_is_bounded(alice, maria, settings):
    page = make_page(alice)
    for number in range(5):
        edit(page, f"casino {number}", alice)
    edit(page, "x" * 200_001, alice)
    rule = unsaved(condition("text_added", text="casino"))
    trial = try_rule(rule, by=maria)
    assert (trial.seen, trial.too_long) == (6, 1)
    settings.RULES_TRY_EDITS = 3
    assert try_rule(rule, by=maria).seen == 2
    settings.RULES_TRY_SECONDS = -1
    trial = try_rule(rule, by=maria)
    assert (trial.seen, trial.not_reached) == (0, 3)


def test_a_try_writes_nothing_and_is_for_moderators(alice, maria):
    make_page(alice, body="casino")
    rule = unsaved(condition("text_added", text="casino"))
    with pytest.raises(PermissionDenied):
        try_rule(rule, by=alice)
    before = EditRule.objects.count()
    try_rule(rule, by=maria)
    assert EditRule.objects.count() == before
