"""Each kind of condition: what meets it, and what does not."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from moderation.rules.conditions import (
    all_condition_kinds,
    clean_conditions,
    describe_condition,
    read_condition,
)
from moderation.rules.evaluation import ReadyRule, judge, match_rule
from moderation.rules.facts import EditFacts
from tests.moderation.rules.rule_kit import condition, facts

LINKS = " ".join(f"https://site{n}.example/" for n in range(5))
LONG = "A sentence that says something. " * 20
AGES = [timedelta(minutes=n) for n in range(1, 10)]

MET: list[tuple[str, dict[str, Any], EditFacts]] = [
    ("size_removed", {"number": 10}, facts("x" * 30, "x" * 20)),
    ("share_removed", {"number": 50}, facts("x" * 30, "x" * 15)),
    ("size_added", {"number": 10}, facts("x", "x" * 11)),
    ("size_added", {"number": 4}, facts(None, "éé")),
    ("blanked", {"number": 20}, facts("Short.", "")),
    ("blanked", {"number": 20}, facts(LONG, "lol\n")),
    ("field_changed", {"choice": "page.body"}, facts("a", "b")),
    ("text_added", {"text": "cas+ino"}, facts("Play.", "Play.\nGo to the CASINO now.")),
    ("text_added", {"text": "бан+к"}, facts("Play.", "Мой банк.")),
    ("text_added", {"text": "casino"}, facts("The casino.", "The casino casino!")),
    ("text_removed", {"text": "licen[cs]e"}, facts("MIT License.\nMore.", "More.")),
    ("title", {"text": "task"}, facts("a", "b")),
    ("summary", {"text": r"\brevert"}, facts("a", "b", summary="Reverting all")),
    ("repeated", {"number": 10}, facts("Fine.", "Fine.\nfoooooooooooo")),
    ("repeated", {"number": 5}, facts(None, "Really!!!!!")),
    ("capitals", {"number": 70}, facts("Fine.", "Fine.\nTHIS IS VERY IMPORTANT NEWS")),
    ("script", {"choice": "Cyrillic", "number": 50}, facts(None, "Это длинная строка на русском")),
    (
        "script",
        {"choice": "Han", "number": 50},
        facts(None, "分布式计算框架的使用说明和一些常见问题的解答"),
    ),
    ("no_summary", {}, facts("a", "b", summary="  ")),
    ("links_added", {"number": 5}, facts("Fine.", LINKS)),
    (
        "link_host",
        {"text": "spam.example\nother.example"},
        facts("", "[x](https://a.spam.example/)"),
    ),
    (
        "link_host",
        {"text": "spam.example"},
        facts("[a][x]\n\n[x]: https://a.example/", "[a][x]\n\n[x]: https://spam.example/"),
    ),
    ("link_host", {"text": "spam.example"}, facts("a", "https://spam.example/", changed="url")),
    ("link_host", {"text": "/casino-[a-z]+/"}, facts("", "https://x.example/casino-royal")),
    ("recent_edits", {"number": 10, "minutes": 10}, facts("a", "b", read_edit_ages=lambda: AGES)),
    ("account_age", {"number": 7}, facts("a", "b")),
    ("edit_count", {"number": 10}, facts("a", "b", count_edits=lambda: 9)),
]
NOT_MET: list[tuple[str, dict[str, Any], EditFacts]] = [
    ("size_removed", {"number": 10}, facts("x" * 30, "x" * 21)),
    ("size_removed", {"number": 10}, facts("x", "x" * 30)),
    ("share_removed", {"number": 50}, facts("x" * 30, "x" * 16)),
    ("share_removed", {"number": 50}, facts(None, "x")),
    ("size_added", {"number": 10}, facts("x" * 20, "x" * 29)),
    ("blanked", {"number": 20}, facts("A short text.", "A stub.")),
    ("blanked", {"number": 20}, facts(LONG, "There is quite a lot left of it.")),
    ("blanked", {"number": 20}, facts(None, "")),
    ("field_changed", {"choice": "page.body"}, facts("a", "b", changed="language")),
    ("field_changed", {"choice": "section.title"}, facts("a", "b", changed="title")),
    ("text_added", {"text": "casino"}, facts("The casino.\nA line.", "The casino.\nAnother.")),
    ("text_added", {"text": "casino"}, facts("The casino.", "The casino, a house.")),
    ("text_removed", {"text": "licen[cs]e"}, facts("MIT License.", "The MIT License.")),
    ("text_removed", {"text": "licen[cs]e"}, facts("a", "License")),
    ("title", {"text": "actor"}, facts("a", "b")),
    ("summary", {"text": "revert"}, facts("a", "b")),
    ("repeated", {"number": 10}, facts("Fine.", "Fine.\n---------------------\n| ------------- |")),
    ("repeated", {"number": 10}, facts("Fooooooooooooo", "Fooooooooooooo, he said.")),
    ("repeated", {"number": 10}, facts("Fine.", "Fine, with          spaces")),
    ("capitals", {"number": 70}, facts("Fine.", "Fine.\nThis is an ordinary sentence.")),
    ("capitals", {"number": 70}, facts("Fine.", "Fine.\nAPI, HTTP")),
    ("script", {"choice": "Cyrillic", "number": 50}, facts(None, "An English line with слово.")),
    ("script", {"choice": "Cyrillic", "number": 50}, facts(None, "слово")),
    ("no_summary", {}, facts("a", "b", summary="Why")),
    ("links_added", {"number": 5}, facts(LINKS, LINKS + " and words")),
    ("links_added", {"number": 1}, facts("", "https://here.example/wiki/x/ and [[Page]]")),
    ("links_added", {"number": 1}, facts("https://site1.example", "http://www.site1.example/")),
    (
        "link_host",
        {"text": "spam.example"},
        facts("https://spam.example/", "https://spam.example/ x"),
    ),
    ("link_host", {"text": "spam.example"}, facts("", "https://notspam.example/")),
    ("recent_edits", {"number": 11, "minutes": 10}, facts("a", "b", read_edit_ages=lambda: AGES)),
    ("recent_edits", {"number": 9, "minutes": 5}, facts("a", "b", read_edit_ages=lambda: AGES)),
    ("account_age", {"number": 3}, facts("a", "b")),
    ("edit_count", {"number": 10}, facts("a", "b", count_edits=lambda: 10)),
]


def ready(*conditions: dict[str, Any], is_any: bool = False, **values: Any) -> ReadyRule:
    given = {
        "pk": 1,
        "version": 1,
        "action": "tag",
        "label": "x",
        "message": "",
        "scope": (frozenset(), frozenset(), frozenset()),
        **values,
    }
    read = tuple(read_condition(stored) for stored in conditions)
    return ReadyRule(conditions=read, is_any=is_any, **given)


@pytest.mark.parametrize(("kind", "values", "edit"), MET)
def test_a_condition_is_met(kind, values, edit):
    match = match_rule(ready(condition(kind, **values)), edit)
    assert match is not None
    assert match_rule(ready({**condition(kind, **values), "negated": True}), edit) is None
    (stored,) = match.stored_findings()
    assert stored["kind"] == kind


@pytest.mark.parametrize(("kind", "values", "edit"), NOT_MET)
def test_a_condition_is_not_met(kind, values, edit):
    assert match_rule(ready(condition(kind, **values)), edit) is None
    assert match_rule(ready({**condition(kind, **values), "negated": True}), edit) is not None


def test_every_kind_is_tested_both_ways_and_can_be_put_into_words():
    kinds = {kind.name for kind in all_condition_kinds()}
    assert {name for name, _values, _edit in MET} == kinds
    assert {name for name, _values, _edit in NOT_MET} == kinds
    for kind, values, edit in MET:
        words = describe_condition(condition(kind, **values))
        assert words and "%(" not in words and "%%" not in words
        found = read_condition(condition(kind, **values)).find(edit)
        told = next(k for k in all_condition_kinds() if k.name == kind).tell(found.values)
        assert told and "%(" not in told and "%%" not in told


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "nothing"},
        {},
        condition("size_removed"),
        condition("size_removed", number=0),
        condition("size_removed", number="10"),
        condition("size_removed", number=True),
        condition("text_added", text=""),
        condition("text_added", text="(x"),
        condition("text_added", text="x*"),
        condition("text_added", text="x" * 1001),
        condition("text_added", text="(?=x)"),
        condition("title", text=7),
        condition("script", choice="Klingon", number=50),
        condition("field_changed", choice="page.nothing"),
        condition("link_host", text="  \n"),
        condition("link_host", text="com"),
        condition("recent_edits", number=2),
    ],
)
def test_a_condition_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValidationError):
        read_condition(wrong)


def test_only_what_belongs_to_a_condition_is_kept():
    stored = clean_conditions([{"kind": "size_removed", "number": 5, "text": "x", "evil": [1]}])
    assert stored == [{"kind": "size_removed", "negated": False, "number": 5}]
    with pytest.raises(ValidationError):
        clean_conditions([])
    with pytest.raises(ValidationError):
        clean_conditions([condition("no_summary")] * 21)


def test_all_conditions_have_to_be_met_or_any():
    both = [condition("size_added", number=5), condition("text_added", text="casino")]
    half = facts("", "a long line without it")
    assert match_rule(ready(*both), half) is None
    match = match_rule(ready(*both, is_any=True), half)
    assert [c.kind.name for c, _found in match.findings] == ["size_added"]
    assert len(match_rule(ready(*both), facts("", "the casino")).findings) == 2


@pytest.mark.parametrize(
    "scope", [({"newcomer"}, (), ()), ((), {"page"}, ()), ((), (), {"edit", "create"})]
)
def test_a_rule_looks_only_at_what_it_is_about(scope):
    rule = ready(condition("no_summary"), scope=tuple(map(frozenset, scope)))
    assert match_rule(rule, facts("a", "b")) is not None
    other = {"standing": "trusted", "object_type": "section", "edit_kind": "revert"}
    assert match_rule(rule, facts("a", "b", **other)) is None


def test_what_stood_there_before_is_read_only_where_it_matters():
    def read_old():
        raise AssertionError("the old text was read")

    edit = facts("a", "An ordinary sentence.", read_old=read_old)
    for kind, values in (
        ("size_removed", {"number": 10}),
        ("share_removed", {"number": 50}),
        ("blanked", {"number": 5}),
        ("text_added", {"text": "casino"}),
        ("repeated", {"number": 10}),
        ("links_added", {"number": 2}),
        ("link_host", {"text": "spam.example"}),
    ):
        assert match_rule(ready(condition(kind, **values)), edit) is None


def test_a_quote_is_short_and_shows_what_matched():
    text = f"{LONG}\nBuy cheap tickets\n at the casino\0 today.{LONG}"
    found = read_condition(condition("text_added", text="casino")).find(facts("", text))
    assert found.quote.match == "casino"
    assert found.quote.before.endswith("at the ")
    assert "\n" not in found.quote.before + found.quote.after
    assert "\0" not in found.quote.after
    assert len(found.quote.before + found.quote.after) < 130
    long = read_condition(condition("text_added", text="x+")).find(facts("", "x" * 5000))
    assert len(long.quote.match) < 200


def test_no_expression_takes_long():
    rule = ready(condition("text_added", text="(a+)+(b+)+(c+)+x$"))
    text = ("a" * 900 + "b" * 900 + "\n") * 200
    began = time.monotonic()
    assert match_rule(rule, facts("", text)) is None
    assert time.monotonic() - began < 10  # of a backtracking engine the sun would not see the end


def test_rules_that_take_too_long_are_left_out():
    ticks = iter(range(0, 10**9, 50))
    rules = [ready(condition("no_summary"), pk=pk) for pk in (1, 2, 3)]
    judgement = judge(rules, facts("a", "b"), budget_ns=60, clock=lambda: next(ticks))
    assert (judgement.costs, judgement.left_out) == ({1: 50, 2: 50}, [3])
    assert [match.rule.pk for match in judgement.marks] == [1, 2]


def test_a_fault_in_a_condition_keeps_nobody_from_saving(caplog):
    def read_old():
        raise ValueError("broken")

    rules = [
        ready(condition("text_removed", text="x"), pk=1),
        ready(condition("no_summary"), pk=2),
    ]
    judgement = judge(rules, facts("a", "b", read_old=read_old), budget_ns=10**9)
    assert [match.rule.pk for match in judgement.marks] == [2]
    assert "rule 1 failed" in caplog.text


def test_what_refuses_an_edit_ends_the_questions():
    rules = [
        ready(condition("no_summary"), pk=1, action="refuse"),
        ready(condition("no_summary"), pk=2),
    ]
    judgement = judge(rules, facts("a", "b"), budget_ns=10**9)
    assert judgement.stops.rule.pk == 1
    assert judgement.marks == []
