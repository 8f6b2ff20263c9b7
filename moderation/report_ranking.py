"""How urgent reports are: pure functions of their reasons and of the reporters' records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2
from types import MappingProxyType
from typing import Final

from moderation.report_models import Report

#: The priority that one report by somebody unknown gives a case.
URGENCY: Final[Mapping[str, int]] = MappingProxyType(
    {
        Report.Reason.PERSONAL_DATA: 40,
        Report.Reason.HARASSMENT: 30,
        Report.Reason.COPYRIGHT: 25,
        Report.Reason.VANDALISM: 20,
        Report.Reason.SPAM: 15,
        Report.Reason.OUTDATED: 5,
        Report.Reason.BROKEN_LINK: 5,
        Report.Reason.OTHER: 5,
    }
)
#: What each doubling of the weight of all reports adds.
STEP: Final = 6
#: The highest priority that a case can be given.
HIGHEST: Final = 100
#: People without an account have no record, and one of them can be many: all count as one.
ANONYMOUS_WEIGHT: Final = 0.25


@dataclass(frozen=True)
class Record:
    """What became of somebody's earlier reports."""

    accepted: int = 0
    dismissed: int = 0
    abusive: int = 0

    @property
    def decided(self) -> int:
        """How many were decided."""
        return self.accepted + self.dismissed + self.abusive

    @property
    def weight(self) -> float:
        """The share that was accepted, between 0 and 1.

        Smoothed by one of each (Laplace's rule of succession): who is new has 1/2, and one
        decision does not make or break anybody. An abusive one counts as three dismissed.
        """
        against = self.dismissed + 3 * self.abusive
        return (self.accepted + 1) / (self.accepted + against + 2)


@dataclass(frozen=True)
class Weighed:
    """A report and the record of who made it; None without an account."""

    reason: str
    record: Record | None

    @property
    def weight(self) -> float:
        """How much is given on it, between 0 and 1."""
        return ANONYMOUS_WEIGHT if self.record is None else self.record.weight


def rank(reports: Iterable[Weighed]) -> int:
    """The priority of a case with these reports; 0 without any.

    The most urgent of them, each by its reason and, from half to one and a half of that, by the
    record of who made it; more by the weight of all together, which grows with its logarithm: ten
    reports are not ten times one.
    """
    known = list(reports)
    if not known:
        return 0
    most_urgent = max(URGENCY[report.reason] * (0.5 + report.weight) for report in known)
    total = sum(report.weight for report in known if report.record is not None)
    if any(report.record is None for report in known):
        total += ANONYMOUS_WEIGHT
    return min(HIGHEST, round(most_urgent + STEP * max(0.0, log2(2 * total))))
