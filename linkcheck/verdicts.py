"""The words of the policy: verdicts, reasons, and which of them count as alive."""

from enum import StrEnum


class Verdict(StrEnum):
    """The state of a Link, derived from its observations (LINK_POLICY, "Verdicts")."""

    UNCHECKED = "unchecked"
    OK = "ok"
    MOVED = "moved"
    RESTRICTED = "restricted"
    BLOCKED = "blocked"
    UNSTABLE = "unstable"
    SUSPECT = "suspect"
    DEAD = "dead"
    SOFT_404 = "soft_404"
    PARKED = "parked"
    TLS_INVALID = "tls_invalid"
    EXCLUDED = "excluded"


class Reason(StrEnum):
    """Why a verdict is what it is; ``linkcheck.explaining`` has the sentence for each."""

    NOT_CHECKED = "not_checked"
    HOST_RESTING = "host_resting"
    RATE_LIMITED = "rate_limited"
    # alive
    ANSWERED = "answered"
    UNCHANGED = "unchanged"
    REDIRECTED = "redirected"
    REDIRECTED_PERMANENTLY = "redirected_permanently"
    INCOMPLETE_CHAIN = "incomplete_chain"
    NEEDS_ACCOUNT = "needs_account"
    LEGAL = "legal"
    FORBIDDEN = "forbidden"
    BUILT_BY_SCRIPT = "built_by_script"
    OWN_SITE = "own_site"
    # a wall instead of the page
    BOT_WALL = "bot_wall"
    CONSENT = "consent"
    FORBIDDEN_EVERYWHERE = "forbidden_everywhere"
    # hard failures
    NOT_FOUND = "not_found"
    GONE = "gone"
    NO_SUCH_HOST = "no_such_host"
    # soft failures
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION_FAILED = "connection_failed"
    DNS_FAILURE = "dns_failure"
    TLS_FAILURE = "tls_failure"
    REDIRECT_LOOP = "redirect_loop"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_ANSWER = "bad_answer"
    REQUEST_REJECTED = "request_rejected"
    # it answers, and yet is not there
    SAME_FOR_ALL = "same_for_all"
    LANDS_ELSEWHERE = "lands_elsewhere"
    LANDS_WITH_OTHERS = "lands_with_others"
    PARKED = "parked"
    # alive behind a bad certificate
    CERTIFICATE = "certificate"
    # never asked
    INVALID_URL = "invalid_url"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    TARGET_NOT_ALLOWED = "target_not_allowed"
    ROBOTS = "robots"


class Override(StrEnum):
    """What a person decided about a link or a whole host; it survives every edit."""

    WORKS_FOR_ME = "works_for_me"
    CONFIRMED = "confirmed"  # two people got past the wall that shuts us out
    IGNORE = "ignore"
    REALLY_DEAD = "really_dead"


#: Something that answers stands at the address, as far as can be told.
ALIVE = frozenset({Verdict.OK, Verdict.MOVED, Verdict.RESTRICTED, Verdict.BLOCKED})

#: A person should look: not alive, or not as it should be.
TROUBLED = frozenset(
    {
        Verdict.UNSTABLE,
        Verdict.SUSPECT,
        Verdict.DEAD,
        Verdict.SOFT_404,
        Verdict.PARKED,
        Verdict.TLS_INVALID,
        Verdict.EXCLUDED,
    }
)


def effective_verdict(derived: Verdict, override: Override | str | None) -> Verdict:
    """Return the verdict that readers see: a person's decision goes before the derived one.

    ``ignore`` is ``excluded`` to readers: no mark, no case. ``confirmed`` stands in for what we
    cannot see and against nothing else: behind a wall it works, a death is still a death. An empty
    or ``None`` override changes nothing; an unknown one raises ValueError.
    """
    if not override:
        return derived
    match Override(override):
        case Override.WORKS_FOR_ME:
            return Verdict.OK
        case Override.CONFIRMED:
            return Verdict.OK if derived is Verdict.BLOCKED else derived
        case Override.IGNORE:
            return Verdict.EXCLUDED
        case Override.REALLY_DEAD:
            return Verdict.DEAD
