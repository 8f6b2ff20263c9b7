"""Rules meet an edit: which of them match, why, and what each of them costs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import DatabaseError

from moderation.rules.conditions import Condition, read_condition
from moderation.rules.facts import EditFacts
from moderation.rules.findings import Finding
from moderation.rules.models import EditRule

logger = logging.getLogger(__name__)

# What stops an edit is asked first: it makes the rest needless.
_ORDER: Final = {EditRule.Action.REFUSE: 0, EditRule.Action.HOLD: 1, EditRule.Action.TAG: 2}


@dataclass(frozen=True, kw_only=True)
class ReadyRule:
    """A rule with its conditions prepared, the cheap ones first.

    ``scope`` are standings, types of objects and kinds of edits; none of one of them means any.
    """

    pk: int
    version: int
    action: str
    label: str
    message: str
    is_any: bool
    scope: tuple[frozenset[str], frozenset[str], frozenset[str]]
    conditions: tuple[Condition, ...]

    @property
    def mark(self) -> str:
        """How the log, errors and cases name it."""
        return f"rule:{self.pk}"

    def applies_to(self, facts: EditFacts) -> bool:
        """Whether it looks at such an edit at all."""
        asked = (facts.standing, facts.object_type, facts.edit_kind)
        return all(not wanted or it in wanted for wanted, it in zip(self.scope, asked, strict=True))


def make_ready(rule: EditRule) -> ReadyRule:
    """Prepare a rule, saved or not. Raises ValidationError for conditions that mean nothing."""
    conditions = [read_condition(stored) for stored in rule.conditions]
    if not conditions:
        raise ValidationError("a rule without a condition")
    return ReadyRule(
        pk=rule.pk or 0,
        version=rule.version,
        action=rule.action,
        label=rule.label,
        message=rule.message,
        is_any=rule.match == EditRule.Match.ANY,
        scope=(
            frozenset(rule.standings),
            frozenset(rule.object_types),
            frozenset(rule.edit_kinds),
        ),
        conditions=tuple(sorted(conditions, key=lambda condition: condition.kind.cost)),
    )


def make_all_ready(rules: Iterable[EditRule]) -> list[ReadyRule]:
    """Prepare rules in the order in which they are asked; what cannot be read is left out, loudly.

    That happens to a rule of a newer version of the software. An edit must not suffer from it.
    """
    ready = []
    for rule in rules:
        try:
            ready.append(make_ready(rule))
        except ValidationError:
            logger.exception("rule %s cannot be read and is left out", rule.pk)
    return sorted(ready, key=lambda rule: (_ORDER.get(rule.action, 9), rule.pk))  # type: ignore[call-overload]


@dataclass(frozen=True, kw_only=True)
class Match:
    """A rule that matches, and what its conditions found."""

    rule: ReadyRule
    findings: Sequence[tuple[Condition, Finding]]

    def stored_findings(self) -> list[dict[str, Any]]:
        """The findings as JSON holds them; :func:`moderation.rules.conditions.tell_finding`."""
        return [_store(condition, finding) for condition, finding in self.findings]


@dataclass(kw_only=True)
class Judgement:
    """What rules say of one edit: the match that stops it, or those that mark it.

    ``costs`` are nanoseconds by rule, ``left_out`` the rules for which there was no time.
    """

    stops: Match | None = None
    marks: list[Match] = field(default_factory=list)
    costs: dict[int, int] = field(default_factory=dict)
    left_out: list[int] = field(default_factory=list)


def match_rule(rule: ReadyRule, facts: EditFacts) -> Match | None:
    """Whether the edit meets the rule, with the reasons; None where it does not."""
    if not rule.applies_to(facts):
        return None
    findings: list[tuple[Condition, Finding]] = []
    for condition in rule.conditions:
        found = condition.find(facts)
        if found is not None:
            findings.append((condition, found))
        elif not rule.is_any:
            return None
    return Match(rule=rule, findings=findings) if findings else None


def judge(
    rules: Iterable[ReadyRule],
    facts: EditFacts,
    *,
    budget_ns: int,
    clock: Callable[[], int] = perf_counter_ns,
) -> Judgement:
    """Ask rules in their order until one stops the edit.

    ``budget_ns`` is for all of them together: once it is used up, the rest is left out, since a
    rule that takes long must not keep people from writing.
    """
    judgement, used = Judgement(), 0
    for rule in rules:
        if used > budget_ns:
            judgement.left_out.append(rule.pk)
            continue
        began = clock()
        match = _match_safely(rule, facts)
        judgement.costs[rule.pk] = took = clock() - began
        used += took
        if match is None:
            continue
        if rule.action != EditRule.Action.TAG:
            judgement.stops = match
            break
        judgement.marks.append(match)
    return judgement


def _match_safely(rule: ReadyRule, facts: EditFacts) -> Match | None:
    """No fault in a condition keeps anybody from saving."""
    try:
        return match_rule(rule, facts)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("rule %s failed on an edit and is taken not to match", rule.pk)
        return None


def _store(condition: Condition, finding: Finding) -> dict[str, Any]:
    stored: dict[str, Any] = {"kind": condition.kind.name, "values": dict(finding.values)}
    if condition.is_negated:
        stored["negated"] = True
    if finding.quote is not None:
        quote = finding.quote
        stored["quote"] = [quote.before, quote.match, quote.after]
    return stored
