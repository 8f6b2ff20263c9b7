"""A page that answers and yet is not there: how long it takes to tell (policy 9 to 11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from linkcheck.fingerprints import compare_fingerprints
from linkcheck.observations import Observation
from linkcheck.plausibility import ALIKE, is_another_text, lands_elsewhere, reads_like
from linkcheck.states import DEFAULTS, NO_MOVE, LinkState, PolicySettings
from linkcheck.verdicts import Reason, Verdict
from linkcheck.waiting import has_passed, jitter_wait, look_at_dead_again, wait_at_least


def is_doubted(state: LinkState, at: datetime, rules: PolicySettings = DEFAULTS) -> bool:
    """Return whether a good answer is to be compared with that for what cannot exist (9).

    When the link is new, was found absent before, or was not compared for long.
    """
    if state.absences or state.compared_at is None:
        return True
    return at - state.compared_at >= rules.comparison_interval


def note_comparison(seen: Observation) -> dict[str, Any]:
    """Return the field that says when the page was last compared."""
    is_compared = seen.sibling is not None and seen.sibling.status is not None
    return {"compared_at": seen.at} if is_compared else {}


def stays_absent(state: LinkState, seen: Observation) -> bool:
    """Return whether a page found absent is as it was, and could not be compared this time."""
    if not state.absences or (seen.sibling is not None and seen.sibling.status is not None):
        return False
    return compare_fingerprints(state.absent_fingerprint, seen.fingerprint) >= ALIKE


def hold_absent(state: LinkState, seen: Observation, rules: PolicySettings) -> LinkState:
    """Return the state of a page for which :func:`stays_absent`: nothing counts but the date."""
    if state.verdict is Verdict.DEAD:
        return look_at_dead_again(state, seen, rules)
    return replace(state, next_check_at=seen.at + wait_at_least(rules.absence_spacing, seen, rules))


def step_absent(
    state: LinkState, seen: Observation, reason: Reason, rules: PolicySettings
) -> LinkState:
    """It answers, and yet is not there (9 to 11): told only when found so again, a day later."""
    if state.verdict is Verdict.DEAD:
        return look_at_dead_again(state, seen, rules)
    after = state.begin_failure(seen.at)
    if has_passed(state.last_absent_at, seen.at, rules.absence_spacing):
        after = replace(after, absences=state.absences + 1, last_absent_at=seen.at)
    after = replace(
        after,
        absent_fingerprint=seen.fingerprint,
        text_changed_at=seen.at if is_another_text(seen) else state.text_changed_at,
        landed_on=_find_landing(seen),
        **NO_MOVE,
    )
    evidence = seen.gather_evidence()
    if after.absences < rules.absences_to_tell:
        due = (after.last_absent_at or seen.at) + wait_at_least(rules.absence_spacing, seen, rules)
        return replace(
            after,
            verdict=Verdict.SUSPECT,
            reason=reason,
            evidence=evidence | {"strikes": after.absences, "needed": rules.absences_to_tell},
            next_check_at=max(due, seen.at + rules.default_rest),
        )
    step = min(after.absences - rules.absences_to_tell, len(rules.dead_waits) - 1)
    wait = jitter_wait(rules.dead_waits[step], seen.url, seen.at, rules.jitter)
    return replace(
        after,
        verdict=Verdict.PARKED if reason is Reason.PARKED else Verdict.SOFT_404,
        reason=reason,
        evidence=evidence | {"strikes": after.absences},
        next_check_at=seen.at + wait,
    )


def _find_landing(seen: Observation) -> str:
    return seen.final_url.partition("#")[0] if lands_elsewhere(seen) else ""


def remember_text(state: LinkState, seen: Observation) -> dict[str, Any]:
    """Return the fields of what stands there; an answer without a body (304) changes none."""
    if not seen.fingerprint:
        return {}
    is_another = is_another_text(seen)
    # What may be a parked page is not what the next one is compared with (11).
    is_dubious = is_another and reads_like(seen, seen.sibling)
    return {
        "fingerprint": state.fingerprint if is_dubious else seen.fingerprint,
        "text_changed_at": seen.at if is_another else state.text_changed_at,
        "landed_on": _find_landing(seen),
    }
