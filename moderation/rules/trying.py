"""Trying a rule against the edits of the past, before it is let loose on those of the future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic, perf_counter_ns
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils import timezone

from accounts.permissions import require
from changes.lines import ChangeLine, make_lines
from changes.models import Change
from moderation.rules.editing import READ_RULES
from moderation.rules.evaluation import Match, ReadyRule, make_ready, match_rule
from moderation.rules.models import EditRule
from moderation.rules.past_edits import find_past_changes, read_past_edits
from moderation.rules.presenting import ShownFinding, show_findings

if TYPE_CHECKING:
    from accounts.models import User

#: How many of the edits that match are shown.
MOST_SHOWN: Final = 100


@dataclass(frozen=True, kw_only=True)
class TriedMatch:
    """A past edit that the rule would have matched, with the reasons in words.

    Quotes are left out where not everyone may see the object today.
    """

    line: ChangeLine
    findings: Sequence[ShownFinding]


@dataclass(kw_only=True)
class Trial:
    """What a rule would have made of the last edits.

    ``seen`` are those it was asked about, ``too_long`` those with a text longer than a try looks
    at, ``not_reached`` those for which the time was over.
    """

    stops_edits: bool = False
    seen: int = 0
    matched: int = 0
    too_long: int = 0
    not_reached: int = 0
    cost_ns: int = 0
    matches: list[TriedMatch] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """The share that it matched."""
        return self.matched * 100 / self.seen if self.seen else 0.0

    @property
    def cost_ms(self) -> float:
        """Mean milliseconds for an edit."""
        return self.cost_ns / self.seen / 1e6 if self.seen else 0.0

    @property
    def is_too_much(self) -> bool:
        """Whether the rule stops edits, and of these so many that it would switch itself off."""
        return self.stops_edits and self.percent > settings.RULES_OVERLOAD_PERCENT

    @property
    def is_cut(self) -> bool:
        """Whether more match than are shown."""
        return self.matched > len(self.matches)


def try_rule(rule: EditRule, *, by: User) -> Trial:
    """Ask ``rule``, saved or not, about the last ``RULES_TRY_EDITS`` edits; writes nothing.

    At most ``RULES_TRY_SECONDS`` and a number of queries that does not grow with the edits that
    match. Raises PermissionDenied, or ValidationError for conditions that mean nothing.
    """
    require(by, READ_RULES)
    ready = make_ready(rule)
    changes = find_past_changes(settings.RULES_TRY_EDITS)
    trial, found = _look_at(ready, changes)
    lines = make_lines([change for change, _match in found])
    trial.matches = [
        TriedMatch(
            line=line, findings=show_findings(match.stored_findings(), with_quotes=line.is_open)
        )
        for line, (_change, match) in zip(lines, found, strict=True)
    ]
    return trial


def _look_at(
    rule: ReadyRule, changes: Sequence[Change]
) -> tuple[Trial, list[tuple[Change, Match]]]:
    trial = Trial(stops_edits=rule.action != EditRule.Action.TAG)
    found: list[tuple[Change, Match]] = []
    began = monotonic()
    for number, edit in enumerate(read_past_edits(changes)):
        if monotonic() - began > settings.RULES_TRY_SECONDS:
            trial.not_reached = len(changes) - number
            break
        if edit.facts is None:
            trial.too_long += 1
            continue
        start = perf_counter_ns()
        match = match_rule(rule, edit.facts)
        trial.cost_ns += perf_counter_ns() - start
        trial.seen += 1
        if match is not None:
            trial.matched += 1
            if len(found) < MOST_SHOWN:
                found.append((edit.change, match))
    return trial, found


def note_trial(*, rule: EditRule, trial: Trial, by: User) -> None:
    """Remember that a saved rule was tried as it is, and what was found."""
    require(by, READ_RULES)
    rule.tried_version, rule.tried_at = rule.version, timezone.now()
    rule.tried_edits, rule.tried_matches = trial.seen, trial.matched
    EditRule.objects.filter(pk=rule.pk, version=rule.version).update(
        tried_version=rule.tried_version,
        tried_at=rule.tried_at,
        tried_edits=rule.tried_edits,
        tried_matches=rule.tried_matches,
    )
