"""When a link is looked at again: pure, like the policy that asks."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from msgspec.structs import replace

from linkcheck.observations import Observation
from linkcheck.states import DEFAULTS, LinkState, PolicySettings


def jitter_wait(wait: timedelta, url: str, at: datetime, share: float) -> timedelta:
    """Return ``wait`` changed by at most ±``share``, the same for the same ``url`` and time."""
    seed = zlib.crc32(f"{url} {at.isoformat()}".encode("utf-8", "surrogatepass"))
    return wait * (1 + share * (seed / 0x7FFFFFFF - 1))


def clean_interval(clean_checks: int, rules: PolicySettings = DEFAULTS) -> timedelta:
    """Return the wait after that many clean checks in a row: 1 day, 7 days, then growing to 60."""
    if clean_checks <= 1:
        return rules.first_interval
    steps = min(clean_checks - 2, 64)
    wait_s = rules.second_interval.total_seconds() * rules.interval_growth**steps
    return timedelta(seconds=min(wait_s, rules.longest_interval.total_seconds()))


def has_passed(since: datetime | None, at: datetime, period: timedelta) -> bool:
    return since is None or at - since >= period


def wait_at_least(wait: timedelta, seen: Observation, rules: PolicySettings) -> timedelta:
    """Return ``wait`` with jitter upwards only."""
    return max(wait, wait + abs(jitter_wait(wait, seen.url, seen.at, rules.jitter / 3) - wait))


def look_at_dead_again(state: LinkState, seen: Observation, rules: PolicySettings) -> LinkState:
    """A dead link that is still not there: wait longer each time (14)."""
    looks = state.dead_looks + 1
    step = min(looks, len(rules.dead_waits) - 1)
    wait = jitter_wait(rules.dead_waits[step], seen.url, seen.at, rules.jitter)
    return replace(state, dead_looks=looks, next_check_at=seen.at + wait)


def find_rest(seen: Observation, rules: PolicySettings = DEFAULTS) -> timedelta:
    """Return how long a host is left alone that asks for it (6)."""
    if seen.retry_after is None:
        return rules.default_rest
    wished = timedelta(seconds=seen.retry_after)
    return max(rules.shortest_rest, min(wished, rules.longest_rest))
