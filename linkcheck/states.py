"""What the policy remembers of a link, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec
from msgspec.structs import replace

from linkcheck.verdicts import Reason, Verdict

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """Every number of the policy; times are timedeltas, sequences hold one wait for each step."""

    strikes_to_die: int = 3
    strike_spacing: timedelta = timedelta(hours=72)
    gone_strikes_to_die: int = 2
    gone_spacing: timedelta = timedelta(hours=24)
    soft_strikes_to_die: int = 5
    soft_period: timedelta = timedelta(days=14)
    #: A soft strike nearer than this to the last one is the same incident, looked at twice.
    soft_spacing: timedelta = timedelta(hours=12)
    #: Waits after the first, second … soft strike: the fifth falls on day 14.
    soft_waits: tuple[timedelta, ...] = (DAY, 3 * DAY, 5 * DAY, 5 * DAY)
    #: Looks that must find a page absent though it answers, and how far apart they count.
    absences_to_tell: int = 2
    absence_spacing: timedelta = timedelta(hours=24)
    #: A page is compared with one that cannot exist so often, whatever it looks like.
    comparison_interval: timedelta = timedelta(days=90)
    move_standing: timedelta = timedelta(days=7)
    first_interval: timedelta = DAY
    second_interval: timedelta = timedelta(days=7)
    interval_growth: float = 1.5
    longest_interval: timedelta = timedelta(days=60)
    jitter: float = 0.15
    dead_waits: tuple[timedelta, ...] = (14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY)
    blocked_interval: timedelta = timedelta(days=14)
    tls_interval: timedelta = timedelta(days=7)
    excluded_interval: timedelta = timedelta(days=30)
    default_rest: timedelta = timedelta(hours=1)
    #: Whatever a server asks for ("Retry-After: 0"): or a round would not end.
    shortest_rest: timedelta = timedelta(minutes=1)
    longest_rest: timedelta = timedelta(days=7)


DEFAULTS = PolicySettings()
#: The fields of a link that has not moved.
NO_MOVE: dict[str, Any] = {"moved_to": "", "moved_since": None, "is_trivial_move": False}


class LinkState(msgspec.Struct, frozen=True):
    """All that the policy remembers of a link; JSON-able by ``as_dict`` and ``from_dict``.

    ``next_check_at`` is None only where looking again is pointless (unsupported scheme).
    ``downtime_s`` is how long the last outage lasted that ended in a recovery from ``dead``.
    ``evidence`` holds the arguments of the sentence for ``reason``. ``fingerprint`` is the text of
    the last good answer, ``absent_fingerprint`` that which stood there when the page was not.
    ``landed_on`` is where a deep link ended if that is the root or a shallower page.
    """

    verdict: Verdict = Verdict.UNCHECKED
    reason: Reason = Reason.NOT_CHECKED
    evidence: Mapping[str, str | int] = {}
    verdict_since: datetime | None = None
    checked_at: datetime | None = None
    last_good_at: datetime | None = None
    first_failure_at: datetime | None = None
    strikes: int = 0
    last_strike_at: datetime | None = None
    gone_strikes: int = 0
    last_gone_at: datetime | None = None
    soft_strikes: int = 0
    first_soft_at: datetime | None = None
    last_soft_at: datetime | None = None
    absences: int = 0
    last_absent_at: datetime | None = None
    absent_fingerprint: str = ""
    fingerprint: str = ""
    text_changed_at: datetime | None = None
    compared_at: datetime | None = None
    landed_on: str = ""
    moved_to: str = ""
    moved_since: datetime | None = None
    is_trivial_move: bool = False
    blocked_since: datetime | None = None
    dead_since: datetime | None = None
    dead_looks: int = 0
    recovered_at: datetime | None = None
    downtime_s: int | None = None
    clean_checks: int = 0
    next_check_at: datetime | None = None

    @property
    def has_no_host(self) -> bool:
        """Whether it is the link's own host that does not exist, not one it leads to (policy 5)."""
        return self.reason is Reason.NO_SUCH_HOST and "target" not in self.evidence

    def begin_failure(self, at: datetime) -> LinkState:
        """Return the state in which something failed at ``at``, or failed before."""
        return replace(self, first_failure_at=self.first_failure_at or at, clean_checks=0)

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON-able data; times as ISO 8601."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data

    def as_json(self) -> str:
        """Return what ``from_dict`` reads, as text."""
        return _encoder.encode(self).decode()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the state that ``as_dict`` described; unknown keys are ignored."""
        return msgspec.convert(data, cls)


_encoder = msgspec.json.Encoder()


def as_stored(at: datetime) -> str:
    """Return ``at``, which is in UTC, as a stored state has it: such texts compare as times do."""
    text: str = msgspec.to_builtins(at)
    return text
