"""The policy: from a link's state and one observation to its next state.

Pure: no clock, database or network, so that the history can be replayed when a rule changes. The
numbers in comments are the rules of the link policy (``docs/link-checking.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from msgspec.structs import replace

from linkcheck.absence import (
    hold_absent,
    is_doubted,
    note_comparison,
    remember_text,
    stays_absent,
    step_absent,
)
from linkcheck.classification import Outcome, classify
from linkcheck.observations import Observation
from linkcheck.places import is_trivial_move
from linkcheck.states import DEFAULTS, NO_MOVE, LinkState, PolicySettings
from linkcheck.verdicts import Reason, Verdict
from linkcheck.waiting import (
    clean_interval,
    find_rest,
    has_passed,
    jitter_wait,
    look_at_dead_again,
    wait_at_least,
)

__all__ = [
    "DEFAULTS",
    "LinkState",
    "PolicySettings",
    "advance",
    "clean_interval",
    "find_rest",
    "is_doubted",
    "is_trivial_move",
    "jitter_wait",
    "judge",
]

#: Forgotten at any good answer (3).
_NO_FAILURES: dict[str, Any] = {
    "first_failure_at": None,
    "strikes": 0,
    "last_strike_at": None,
    "gone_strikes": 0,
    "last_gone_at": None,
    "soft_strikes": 0,
    "first_soft_at": None,
    "last_soft_at": None,
    "blocked_since": None,
    "dead_since": None,
    "dead_looks": 0,
    "absences": 0,
    "last_absent_at": None,
    "absent_fingerprint": "",
}
#: Nothing new about the host of a dead link.
_SAYS_NO_MORE = (Reason.NO_SUCH_HOST, Reason.DNS_FAILURE)


def judge(
    observations: Iterable[Observation],
    rules: PolicySettings = DEFAULTS,
    state: LinkState | None = None,
) -> LinkState:
    """Return the state after all ``observations``, oldest first."""
    return reduce(
        lambda current, observation: advance(current, observation, rules),
        observations,
        state or LinkState(),
    )


def advance(
    state: LinkState, observation: Observation, rules: PolicySettings = DEFAULTS
) -> LinkState:
    """Return the state of a link after one more observation of it.

    Observations come in the order of their time; one that is older than the last changes nothing,
    so that a task may run twice.
    """
    if state.checked_at is not None and observation.at <= state.checked_at:
        return state
    outcome, reason = classify(observation)
    if outcome is Outcome.ALIVE and stays_absent(state, observation):
        after = hold_absent(state, observation, rules)
    else:
        after = _STEPS[outcome](state, observation, reason, rules)
    if outcome is not Outcome.NOT_ASKED:
        after = replace(after, checked_at=observation.at, **note_comparison(observation))
    if after.verdict is not state.verdict:
        after = replace(after, verdict_since=observation.at)
    return after


# --- One step for each outcome -------------------------------------------------------------------


def _step_alive(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    move = _follow_move(state, seen)
    moved_since = move["moved_since"]
    has_moved = moved_since is not None and seen.at - moved_since >= rules.move_standing
    verdict = Verdict.MOVED if has_moved else Verdict.OK
    if has_moved:
        reason = Reason.REDIRECTED_PERMANENTLY
    recovered = _recover(state, seen, verdict, reason, rules)
    after = replace(recovered, **move, **remember_text(state, seen))
    if moved_since is not None and not has_moved:
        # Look again when the standing time is over, not weeks later.
        due = moved_since + rules.move_standing
        after = replace(after, next_check_at=min(after.next_check_at or due, due))
    return after


def _follow_move(state: LinkState, seen: Observation) -> dict[str, Any]:
    """Return the fields of a move (8): the same target by permanent redirects only."""
    if not seen.is_permanent:
        return NO_MOVE
    target = seen.final_url
    is_same = state.moved_to == target and state.moved_since is not None
    return {
        "moved_to": target,
        "moved_since": state.moved_since if is_same else seen.at,
        "is_trivial_move": is_trivial_move(seen.url, target),
    }


def _step_restricted(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    return _recover(state, seen, Verdict.RESTRICTED, reason, rules)


def _step_tls_invalid(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    after = _recover(state, seen, Verdict.TLS_INVALID, reason, rules)
    wait = jitter_wait(rules.tls_interval, seen.url, seen.at, rules.jitter)
    return replace(after, clean_checks=0, next_check_at=seen.at + wait)


def _recover(
    state: LinkState, seen: Observation, verdict: Verdict, reason: Reason, rules: PolicySettings
) -> LinkState:
    """Return the state after a good answer: it resets everything (3, 14)."""
    clean_checks = state.clean_checks + 1
    wait = jitter_wait(clean_interval(clean_checks, rules), seen.url, seen.at, rules.jitter)
    after = replace(
        state,
        **_NO_FAILURES,
        verdict=verdict,
        reason=reason,
        evidence=seen.gather_evidence(),
        last_good_at=seen.at,
        clean_checks=clean_checks,
        next_check_at=seen.at + wait,
    )
    if state.verdict is Verdict.DEAD:
        began_at = state.first_failure_at or state.dead_since or seen.at
        downtime_s = int((seen.at - began_at).total_seconds())
        return replace(after, recovered_at=seen.at, downtime_s=downtime_s)
    return after


def _step_blocked(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    """A wall hides the page (7): strikes are neither counted nor forgiven behind it."""
    if state.verdict is Verdict.DEAD and state.reason in (Reason.NOT_FOUND, Reason.GONE):
        return look_at_dead_again(state, seen, rules)
    wait = jitter_wait(rules.blocked_interval, seen.url, seen.at, rules.jitter)
    return replace(
        state,
        verdict=Verdict.BLOCKED,
        reason=reason,
        evidence=seen.gather_evidence(),
        blocked_since=state.blocked_since or seen.at,
        clean_checks=0,
        next_check_at=seen.at + wait,
    )


def _step_soft(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    if state.verdict is Verdict.DEAD:
        return look_at_dead_again(_blame(state, seen, reason), seen, rules)
    after = _count_soft_strike(state.begin_failure(seen.at), seen, rules)
    if _is_softly_dead(after, seen, rules):
        return _die(after, seen, reason, rules)
    if after.strikes or after.gone_strikes or after.absences:
        # Hard evidence weighs more: the verdict and the date of its next strike stay.
        return replace(after, next_check_at=_next_strike_at(after, seen, rules))
    return replace(
        after,
        verdict=Verdict.UNSTABLE,
        reason=reason,
        evidence=seen.gather_evidence()
        | {"strikes": after.soft_strikes, "needed": rules.soft_strikes_to_die},
        next_check_at=_next_soft_at(after, seen, rules),
    )


def _count_soft_strike(state: LinkState, seen: Observation, rules: PolicySettings) -> LinkState:
    if state.last_soft_at is not None and seen.at - state.last_soft_at < rules.soft_spacing:
        return state
    return replace(
        state,
        soft_strikes=state.soft_strikes + 1,
        first_soft_at=state.first_soft_at or seen.at,
        last_soft_at=seen.at,
    )


def _is_softly_dead(state: LinkState, seen: Observation, rules: PolicySettings) -> bool:
    return (
        state.soft_strikes >= rules.soft_strikes_to_die
        and state.first_soft_at is not None
        and seen.at - state.first_soft_at >= rules.soft_period
    )


def _next_soft_at(state: LinkState, seen: Observation, rules: PolicySettings) -> datetime:
    step = min(state.soft_strikes, len(rules.soft_waits)) - 1
    due = (state.last_soft_at or seen.at) + wait_at_least(rules.soft_waits[step], seen, rules)
    if state.soft_strikes >= rules.soft_strikes_to_die - 1 and state.first_soft_at is not None:
        # The strike that may decide: not before the whole period has passed.
        due = max(due, state.first_soft_at + rules.soft_period)
    return max(due, seen.at + rules.soft_spacing)


def _step_hard(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    if state.verdict is Verdict.DEAD:
        return look_at_dead_again(_blame(state, seen, reason), seen, rules)
    if seen.host_strikes:
        return _follow_host(state.begin_failure(seen.at), seen, reason, rules)
    after = _count_strike(state.begin_failure(seen.at), seen, reason, rules)
    if after.strikes >= rules.strikes_to_die or after.gone_strikes >= rules.gone_strikes_to_die:
        return _die(after, seen, reason, rules)
    is_gone = reason is Reason.GONE
    counted = (after.gone_strikes, rules.gone_strikes_to_die)
    if not is_gone:
        counted = (after.strikes, rules.strikes_to_die)
    return replace(
        after,
        verdict=Verdict.SUSPECT,
        reason=reason,
        evidence=seen.gather_evidence() | {"strikes": counted[0], "needed": counted[1]},
        next_check_at=_next_strike_at(after, seen, rules),
    )


def _follow_host(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    """Policy 5: a name that does not exist strikes the host, and its links die with it."""
    counted = {"strikes": seen.host_strikes, "needed": rules.strikes_to_die}
    if seen.host_strikes >= rules.strikes_to_die:
        after = _die(state, seen, reason, rules)
        return replace(after, evidence={**after.evidence, **counted})
    return replace(
        state,
        verdict=Verdict.SUSPECT,
        reason=reason,
        evidence=seen.gather_evidence() | counted,
        next_check_at=seen.at + wait_at_least(rules.strike_spacing, seen, rules),
    )


def _count_strike(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    """Count a strike if the last counted one is long enough ago; a 410 counts on both scales."""
    if has_passed(state.last_strike_at, seen.at, rules.strike_spacing):
        state = replace(state, strikes=state.strikes + 1, last_strike_at=seen.at)
    if reason is Reason.GONE and has_passed(state.last_gone_at, seen.at, rules.gone_spacing):
        state = replace(state, gone_strikes=state.gone_strikes + 1, last_gone_at=seen.at)
    return state


def _next_strike_at(state: LinkState, seen: Observation, rules: PolicySettings) -> datetime:
    """Return when the next strike can count: never earlier, or the look would be wasted."""
    due = (state.last_strike_at or seen.at) + wait_at_least(rules.strike_spacing, seen, rules)
    if state.last_gone_at is not None:
        due = min(due, state.last_gone_at + wait_at_least(rules.gone_spacing, seen, rules))
    return max(due, seen.at + rules.default_rest)


def _die(state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings) -> LinkState:
    wait = jitter_wait(rules.dead_waits[0], seen.url, seen.at, rules.jitter)
    return replace(
        state,
        verdict=Verdict.DEAD,
        reason=reason,
        evidence=seen.gather_evidence()
        | {"strikes": max(state.strikes, state.gone_strikes, state.soft_strikes)},
        dead_since=seen.at,
        dead_looks=0,
        next_check_at=seen.at + wait,
    )


def _blame(state: LinkState, seen: Observation, reason: Reason) -> LinkState:
    """Return a dead link with the reason that holds now: its host may exist again (5)."""
    if state.reason is not Reason.NO_SUCH_HOST or reason in _SAYS_NO_MORE:
        return state
    return replace(state, reason=reason, evidence=seen.gather_evidence())


def _step_rate_limited(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    """Policy 6: nothing changes but the date."""
    return _put_off(state, seen, reason, find_rest(seen, rules))


def _step_not_asked(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    """Nothing was sent, and ``retry_after`` is our own: when the host may be asked again."""
    wait = seen.retry_after
    rest = rules.default_rest if wait is None else timedelta(seconds=wait)
    return _put_off(state, seen, reason, rest)


def _put_off(state: LinkState, seen: Observation, reason: Reason, wait: timedelta) -> LinkState:
    after = replace(state, next_check_at=seen.at + wait)
    if state.verdict is Verdict.UNCHECKED:
        return replace(after, reason=reason, evidence=seen.gather_evidence())
    return after


def _step_excluded(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    if state.verdict is Verdict.DEAD and reason is Reason.ROBOTS:
        return look_at_dead_again(state, seen, rules)
    # The resolver or robots.txt may say otherwise another day; a spelling stays what it is.
    wait = jitter_wait(rules.excluded_interval, seen.url, seen.at, rules.jitter)
    may_change = reason in (Reason.TARGET_NOT_ALLOWED, Reason.ROBOTS) or seen.is_redirected
    return replace(
        state,
        verdict=Verdict.EXCLUDED,
        reason=reason,
        evidence=seen.gather_evidence(),
        clean_checks=0,
        next_check_at=seen.at + wait if may_change else None,
    )


_STEPS: dict[Outcome, Callable[[LinkState, Observation, Reason, PolicySettings], LinkState]] = {
    Outcome.ALIVE: _step_alive,
    Outcome.RESTRICTED: _step_restricted,
    Outcome.TLS_INVALID: _step_tls_invalid,
    Outcome.BLOCKED: _step_blocked,
    Outcome.SOFT: _step_soft,
    Outcome.HARD: _step_hard,
    Outcome.ABSENT: step_absent,
    Outcome.RATE_LIMITED: _step_rate_limited,
    Outcome.NOT_ASKED: _step_not_asked,
    Outcome.EXCLUDED: _step_excluded,
}
