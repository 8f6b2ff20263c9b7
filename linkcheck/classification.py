"""What one observation means by itself, before any history: an outcome and its reason."""

from __future__ import annotations

from enum import StrEnum

from linkcheck.observations import OWN_ROUTE, ErrorKind, Observation, Sign, TlsProblem
from linkcheck.plausibility import find_absence, is_alike, is_unreadable
from linkcheck.verdicts import Reason


class Outcome(StrEnum):
    """The kinds of observation that the policy treats alike."""

    ALIVE = "alive"
    RESTRICTED = "restricted"
    TLS_INVALID = "tls_invalid"
    BLOCKED = "blocked"
    SOFT = "soft"  # a soft strike (policy 4)
    HARD = "hard"  # a strike (policies 3 and 5)
    ABSENT = "absent"  # it answers, and yet the page is not there (policies 9 to 11)
    RATE_LIMITED = "rate_limited"  # never changes a verdict (policy 6)
    EXCLUDED = "excluded"
    NOT_ASKED = "not_asked"


#: Worth another try within the run: transient more often than not (policy 4).
RETRIED = frozenset({Outcome.SOFT})

_BY_ERROR = {
    ErrorKind.TIMEOUT: (Outcome.SOFT, Reason.TIMEOUT),
    ErrorKind.CONNECT: (Outcome.SOFT, Reason.CONNECTION_FAILED),
    ErrorKind.REFUSED: (Outcome.SOFT, Reason.CONNECTION_FAILED),
    ErrorKind.RESET: (Outcome.SOFT, Reason.CONNECTION_FAILED),
    ErrorKind.NXDOMAIN: (Outcome.HARD, Reason.NO_SUCH_HOST),
    ErrorKind.DNS_FAILURE: (Outcome.SOFT, Reason.DNS_FAILURE),
    ErrorKind.TLS: (Outcome.SOFT, Reason.TLS_FAILURE),
    ErrorKind.TOO_MANY_REDIRECTS: (Outcome.SOFT, Reason.TOO_MANY_REDIRECTS),
    ErrorKind.REDIRECT_LOOP: (Outcome.SOFT, Reason.REDIRECT_LOOP),
    ErrorKind.PROTOCOL: (Outcome.SOFT, Reason.BAD_ANSWER),
    ErrorKind.REFUSED_TARGET: (Outcome.EXCLUDED, Reason.TARGET_NOT_ALLOWED),
    ErrorKind.UNSUPPORTED_SCHEME: (Outcome.EXCLUDED, Reason.UNSUPPORTED_SCHEME),
    ErrorKind.INVALID_URL: (Outcome.EXCLUDED, Reason.INVALID_URL),
    ErrorKind.ROBOTS_DENIED: (Outcome.EXCLUDED, Reason.ROBOTS),
    ErrorKind.NOT_ASKED: (Outcome.NOT_ASKED, Reason.HOST_RESTING),
    ErrorKind.NOT_YET: (Outcome.NOT_ASKED, Reason.ROBOTS),
    ErrorKind.TARGET_RESTS: (Outcome.NOT_ASKED, Reason.HOST_RESTING),
}

_BY_STATUS = {
    304: (Outcome.ALIVE, Reason.UNCHANGED),
    401: (Outcome.RESTRICTED, Reason.NEEDS_ACCOUNT),
    402: (Outcome.RESTRICTED, Reason.NEEDS_ACCOUNT),
    404: (Outcome.HARD, Reason.NOT_FOUND),
    407: (Outcome.RESTRICTED, Reason.NEEDS_ACCOUNT),
    408: (Outcome.SOFT, Reason.TIMEOUT),
    410: (Outcome.HARD, Reason.GONE),
    429: (Outcome.RATE_LIMITED, Reason.RATE_LIMITED),
    451: (Outcome.RESTRICTED, Reason.LEGAL),
}


def classify(observation: Observation) -> tuple[Outcome, Reason]:
    """Return what ``observation`` means at first sight (policies 2 to 12)."""
    kept: dict[str, tuple[Outcome, Reason]] = observation.__dict__
    if "class" not in kept:  # judged once: a round asks for it half a dozen times
        kept["class"] = _classify(observation)
    return kept["class"]


def _classify(observation: Observation) -> tuple[Outcome, Reason]:
    if observation.error is not ErrorKind.NONE:
        return _BY_ERROR[observation.error]
    if observation.wall:  # on any status: Cloudflare sends its challenge on 403, 429 and 503
        return Outcome.BLOCKED, Reason.BOT_WALL
    outcome, reason = _classify_status(observation)
    if outcome is Outcome.ALIVE:
        return _classify_alive(observation, reason)
    return outcome, reason


def _classify_status(observation: Observation) -> tuple[Outcome, Reason]:
    status = observation.status or 0
    if known := _BY_STATUS.get(status):
        return known
    if status == 403:
        return _classify_forbidden(observation)
    if 200 <= status < 300 or status == 300:
        return Outcome.ALIVE, Reason.ANSWERED
    if status == 503 and observation.retry_after is not None:
        return Outcome.RATE_LIMITED, Reason.RATE_LIMITED
    if 500 <= status < 600:
        return Outcome.SOFT, Reason.SERVER_ERROR
    if 400 <= status < 500:
        # Not the address but the request was found wanting (405, 406, 418 …): no sign of death,
        # so no more than a soft strike.
        return Outcome.SOFT, Reason.REQUEST_REJECTED
    return Outcome.SOFT, Reason.BAD_ANSWER


def _classify_forbidden(observation: Observation) -> tuple[Outcome, Reason]:
    """Policy 7: a host that answers 404 beside it refuses this very page, to everybody alike."""
    sibling = observation.sibling
    if sibling is not None and sibling.is_honest:
        return Outcome.RESTRICTED, Reason.FORBIDDEN
    return Outcome.BLOCKED, Reason.FORBIDDEN_EVERYWHERE


def _classify_alive(observation: Observation, reason: Reason) -> tuple[Outcome, Reason]:
    if observation.tls_problem and observation.tls_problem is not TlsProblem.MISSING_INTERMEDIATE:
        return Outcome.TLS_INVALID, Reason.CERTIFICATE
    if not observation.parking and (gate := _find_gate(observation)):
        return gate
    if absence := find_absence(observation):
        return Outcome.ABSENT, absence
    if observation.method == OWN_ROUTE:
        return Outcome.ALIVE, Reason.OWN_SITE
    if observation.tls_problem is TlsProblem.MISSING_INTERMEDIATE:
        return Outcome.ALIVE, Reason.INCOMPLETE_CHAIN
    if is_unreadable(observation) and is_alike(observation, observation.sibling):
        return Outcome.ALIVE, Reason.BUILT_BY_SCRIPT
    if observation.is_redirected:
        return Outcome.ALIVE, Reason.REDIRECTED
    return Outcome.ALIVE, reason


def _find_gate(observation: Observation) -> tuple[Outcome, Reason] | None:
    """A redirect to where one logs in, or agrees to something, says nothing about the page."""
    if Sign.CONSENT in observation.signs:
        return Outcome.BLOCKED, Reason.CONSENT
    if Sign.GATE in observation.signs:
        return Outcome.RESTRICTED, Reason.NEEDS_ACCOUNT
    return None
