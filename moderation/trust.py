"""What somebody's edits say of the standing they should have: a pure function of counts.

After FlaggedRevs' automatic promotion: so many accepted edits, spread over so many days, and an
account of some age. Down it goes by what was declined and taken back, as a number and as a share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from accounts.roles import CONTRIBUTORS, NEWCOMERS, TRUSTED

#: Where the site itself leads from each standing; it touches no other.
ABOVE: Final = {NEWCOMERS: CONTRIBUTORS, CONTRIBUTORS: TRUSTED}
BELOW: Final = {TRUSTED: CONTRIBUTORS, CONTRIBUTORS: NEWCOMERS}


class Verdict(StrEnum):
    """What should become of a standing."""

    UP = "up"
    STAY = "stay"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a standing asks for: accepted edits, days with such edits, days since the sign-up."""

    edits: int
    days: int
    age_days: int


@dataclass(frozen=True, kw_only=True)
class Rules:
    """``needs`` by the standing that is reached; the rest is about losing one.

    ``declined_edits`` of the last ``window_days``, and ``declined_percent`` of all that was decided
    in them, cost a step; both have to be reached.
    """

    needs: Mapping[str, Needs]
    window_days: int
    declined_edits: int
    declined_percent: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """What somebody's edits came to.

    ``accepted`` edits on ``days`` different days since they last lost a step; ``declined`` and
    ``recent`` (accepted) ones of the window, since their standing last changed.
    """

    accepted: int = 0
    days: int = 0
    age_days: int = 0
    declined: int = 0
    recent: int = 0


def is_declining(record: Record, rules: Rules) -> bool:
    """Whether so much was declined that it costs a step."""
    decided = record.declined + record.recent
    is_share = record.declined * 100 >= rules.declined_percent * decided
    return record.declined >= rules.declined_edits and is_share


def find_missing(standing: str, record: Record, rules: Rules) -> Needs | None:
    """What is missing for the next step; None where there is no next one."""
    above = ABOVE.get(standing)
    if above is None:
        return None
    needs = rules.needs[above]
    return Needs(
        edits=max(0, needs.edits - record.accepted),
        days=max(0, needs.days - record.days),
        age_days=max(0, needs.age_days - record.age_days),
    )


def judge(standing: str, record: Record, rules: Rules) -> Verdict:
    """What should become of ``standing``; who loses a step does not gain one at once."""
    if is_declining(record, rules):
        return Verdict.DOWN if standing in BELOW else Verdict.STAY
    missing = find_missing(standing, record, rules)
    if missing is not None and not (missing.edits or missing.days or missing.age_days):
        return Verdict.UP
    return Verdict.STAY
