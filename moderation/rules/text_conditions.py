"""Conditions on the words of an edit: what it adds, removes, calls itself and says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import re2
from django.utils.translation import gettext_lazy as _

from moderation.rules.conditions import Check, ConditionKind, register_condition
from moderation.rules.facts import EditFacts
from moderation.rules.findings import Finding, quote_from
from moderation.rules.parameters import choice, expression, number

_GROUP: Final = _("Words")
# Different matches looked at, until one is found that did not stand there as often before.
_MAX_LOOKED_AT: Final = 50
# Fewer letters say nothing of shouting or of a script.
_MIN_LETTERS: Final = 20
# Signs of which rows and rules are drawn, in Markdown as in plain text.
_DRAWN: Final = r"\s\-–—=_*#.·…~`|+:<>/\\─━═│┃"

SCRIPTS: Final = {
    "Latin": _("Latin"),
    "Cyrillic": _("Cyrillic"),
    "Greek": _("Greek"),
    "Arabic": _("Arabic"),
    "Hebrew": _("Hebrew"),
    "Devanagari": _("Devanagari"),
    "Bengali": _("Bengali"),
    "Thai": _("Thai"),
    "Han": _("Han (Chinese characters)"),
    "Hiragana": _("Hiragana"),
    "Katakana": _("Katakana"),
    "Hangul": _("Hangul"),
}


def register_text_conditions() -> None:
    """Called once by ``ModerationConfig.ready``."""
    for name, label, says, found, check, cost in _MATCHING:
        register_condition(
            ConditionKind(
                name=name,
                group=_GROUP,
                label=label,
                says=says,
                found=found,
                parameters=[expression(_("Expression"))],
                check=check,
                cost=cost,
            )
        )
    register_condition(
        ConditionKind(
            name="repeated",
            group=_GROUP,
            label=_("Repeated characters added"),
            says=_("the same character at least %(number)s times in a row added"),
            found=_("the same character %(count)d times in a row"),
            parameters=[number(_("Times, at least"), least=3, most=1000, initial=10)],
            check=_check_repeated,
        )
    )
    register_condition(
        ConditionKind(
            name="capitals",
            group=_GROUP,
            label=_("Capitals in the added text, in percent"),
            says=_("at least %(number)s %% of the letters added are capitals"),
            found=_("%(count)d %% of the letters added are capitals"),
            parameters=[number(_("Percent, at least"), least=10, most=100, initial=70)],
            check=_check_capitals,
            cost=2,
        )
    )
    register_condition(
        ConditionKind(
            name="script",
            group=_GROUP,
            label=_("Script of the added text, in percent"),
            says=_("at least %(number)s %% of the letters added are %(choice)s"),
            found=_("%(count)d %% of the letters added are %(script)s"),
            parameters=[
                choice(_("Script"), lambda: list(SCRIPTS.items())),
                number(_("Percent, at least"), least=1, most=100, initial=50),
            ],
            check=_check_script,
            cost=2,
        )
    )
    register_condition(
        ConditionKind(
            name="no_summary",
            group=_GROUP,
            label=_("No edit summary"),
            says=_("no edit summary"),
            found=_("no edit summary"),
            check=lambda facts, _values: None if facts.summary.strip() else Finding(),
            cost=0,
        )
    )


def _check_text_added(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    pattern = values["text"]
    if not pattern.search(facts.new_text):
        return None  # what stood there before is read only where it matters
    return _find_new(facts, pattern.finditer)


def _check_text_removed(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    match = _find_more(values["text"].finditer, facts.removed_text, facts.added_text)
    return Finding(quote=quote_from(facts.removed_text, *match.span())) if match else None


def _check_title(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    match = values["text"].search(facts.title)
    return Finding(quote=quote_from(facts.title, *match.span())) if match else None


def _check_summary(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    match = values["text"].search(facts.summary)
    return Finding(quote=quote_from(facts.summary, *match.span())) if match else None


def _check_repeated(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    pattern = _run_of(values["number"])
    if not pattern.search(facts.new_text):
        return None
    found = _find_new(facts, pattern.finditer)
    if found is None or found.quote is None:
        return None
    return Finding(values={"count": found.values["length"]}, quote=found.quote)


def _find_new(facts: EditFacts, find: Callable[[str], Iterator[Any]]) -> Finding | None:
    """The first match in the added lines that the removed ones did not have as often."""
    match = _find_more(find, facts.added_text, facts.removed_text)
    if match is None:
        return None
    quote = quote_from(facts.added_text, *match.span())
    return Finding(values={"length": match.end() - match.start()}, quote=quote)


def _find_more(find: Callable[[str], Iterator[Any]], text: str, other: str) -> Any:
    """The first match in ``text`` that stands there more often than in ``other``."""
    known: set[str] = set()
    for match in find(text):
        words = match.group()
        if words in known:
            continue
        if text.count(words) > other.count(words):
            return match
        known.add(words)
        if len(known) == _MAX_LOOKED_AT:
            break
    return None


@lru_cache(32)
def _run_of(length: int) -> re.Pattern[str]:
    return re.compile(rf"([^{_DRAWN}])\1{{{length - 1},}}")


def _check_capitals(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    text = facts.added_text
    capitals = sum(map(str.isupper, text))
    cased = capitals + sum(map(str.islower, text))
    if cased < _MIN_LETTERS or capitals * 100 < values["number"] * cased:
        return None
    return Finding(values={"count": capitals * 100 // cased}, quote=quote_from(text, 0, len(text)))


def _check_script(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    text, script = facts.added_text, values["choice"]
    letters = _count(r"\pL", text)
    if letters < _MIN_LETTERS:
        return None
    own = _count(rf"\p{{{script}}}", text)
    if own * 100 < values["number"] * letters:
        return None
    return Finding(
        values={"count": min(100, own * 100 // letters), "script": str(SCRIPTS[script])},
        quote=quote_from(text, 0, len(text)),
    )


def _count(character: str, text: str) -> int:
    """How many characters of ``text`` are of a class."""
    return sum(map(len, re2.findall(f"{character}+", text)))


_MATCHING: Final[tuple[tuple[str, Any, Any, Any, Check, int], ...]] = (
    (
        "text_added",
        _("Text added matches an expression"),
        _("text added that matches %(text)s"),
        _("text added"),
        _check_text_added,
        1,
    ),
    (
        "text_removed",
        _("Text removed matches an expression"),
        _("text removed that matches %(text)s"),
        _("text removed"),
        _check_text_removed,
        2,
    ),
    (
        "title",
        _("Title matches an expression"),
        _("a title that matches %(text)s"),
        _("title"),
        _check_title,
        0,
    ),
    (
        "summary",
        _("Edit summary matches an expression"),
        _("an edit summary that matches %(text)s"),
        _("edit summary"),
        _check_summary,
        0,
    ),
)
