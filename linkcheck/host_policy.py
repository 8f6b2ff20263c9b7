"""What the policy remembers of a host: whether its name exists (LINK_POLICY, rule 5). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from linkcheck.hosts import host_name
from linkcheck.observations import ErrorKind, Observation
from linkcheck.states import DEFAULTS, PolicySettings

#: Errors that only a host can cause whose name was resolved.
_RESOLVED = frozenset(
    {ErrorKind.TIMEOUT, ErrorKind.REFUSED, ErrorKind.RESET, ErrorKind.TLS, ErrorKind.PROTOCOL}
)


@dataclass(frozen=True, slots=True)
class HostState:
    """How often the name was found not to exist, and since when it is taken for gone."""

    missing_strikes: int = 0
    last_missing_at: datetime | None = None
    missing_since: datetime | None = None


def advance_host(
    state: HostState, seen: Observation, rules: PolicySettings = DEFAULTS
) -> HostState:
    """Return the state of a host after one more observation of any of its links.

    Its strikes count as those of a link do (rule 3); a resolver that fails says nothing, and any
    sign that the name exists forgets everything.
    """
    if is_there(seen):
        return HostState()
    last = state.last_missing_at
    if not is_missing(seen) or (last is not None and seen.at - last < rules.strike_spacing):
        return state
    strikes = min(state.missing_strikes + 1, rules.strikes_to_die)
    after = replace(state, missing_strikes=strikes, last_missing_at=seen.at)
    if strikes == rules.strikes_to_die and state.missing_since is None:
        return replace(after, missing_since=seen.at)
    return after


def is_missing(seen: Observation) -> bool:
    """Whether ``seen`` says that the link's own host does not exist, not one it leads to."""
    return seen.error is ErrorKind.NXDOMAIN and host_name(seen.final_url) == host_name(seen.url)


def is_there(seen: Observation) -> bool:
    """Whether ``seen`` shows that the name of the link's host was resolved."""
    has_answered = bool(seen.hops) and seen.hops[0].status is not None
    return has_answered or (not seen.is_redirected and seen.error in _RESOLVED)
