"""The kinds of cases that links open, and which of them the state of a link calls for."""

from __future__ import annotations

from typing import Final

from linkcheck.models import Mark
from linkcheck.states import LinkState
from linkcheck.verdicts import Verdict

DEAD_LINK: Final = "dead_link"
SOFT_DEAD: Final = "soft_dead"  # soft 404 and parked
BAD_CERTIFICATE: Final = "bad_certificate"
UNVERIFIABLE: Final = "unverifiable"
MOVED_LINK: Final = "moved_link"
DEAD_HOST: Final = "dead_host"  # one for all the links of a host
MISSING_FRAGMENT: Final = "missing_fragment"  # the page is there, a place in it is not
TRIVIAL_MOVES: Final = "trivial_moves"  # one case for all of them, of the target 0
REPO_ARCHIVED: Final = "repo_archived"  # what forges say of repositories (policy 17)
REPO_RENAMED: Final = "repo_renamed"

#: What a case about a host is about; there are no changes of hosts, so it is no ObjectType.
HOST: Final = "host"

#: Higher ones stand first in the queue.
PRIORITY: Final = {
    DEAD_HOST: 15,
    DEAD_LINK: 10,
    SOFT_DEAD: 5,
    BAD_CERTIFICATE: 2,
    UNVERIFIABLE: 0,
    MOVED_LINK: -10,
    REPO_RENAMED: -12,
    REPO_ARCHIVED: -15,
    TRIVIAL_MOVES: -20,
    MISSING_FRAGMENT: -30,
}
#: Opened as soon as the state calls for them; the others when it has lasted for a while.
AT_ONCE: Final = frozenset({DEAD_LINK, SOFT_DEAD, MOVED_LINK})


def kind_for(mark: str, state: LinkState) -> str:
    """Return the kind of case for a link with ``mark`` and ``state``; "" where there is none.

    The mark is what readers are told: a person's word above the verdict calls for no case.
    """
    match mark:
        case Mark.DEAD if state.verdict is not Verdict.DEAD or state.has_no_host:
            return ""  # a person's word, or the case is that of the host (policy 5)
        case Mark.DEAD:
            return DEAD_LINK
        case Mark.MOVED:
            return "" if state.is_trivial_move else MOVED_LINK
        case Mark.SUSPECT if state.verdict in (Verdict.SOFT_404, Verdict.PARKED):
            return SOFT_DEAD
        case Mark.SUSPECT if state.verdict is Verdict.TLS_INVALID:
            return BAD_CERTIFICATE
        case Mark.UNSURE:
            return UNVERIFIABLE
        case Mark.OK if state.verdict is Verdict.UNSTABLE and state.blocked_since is not None:
            return UNVERIFIABLE  # a failure in between does not let us past the wall
    return ""
