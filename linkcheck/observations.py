"""What one look at an address saw: plain data that is stored as a Check and replayed later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

import msgspec

#: What stands for the method where an address of the site itself was resolved, not asked (18).
OWN_ROUTE = "ROUTE"


class ErrorKind(StrEnum):
    """Why there is no usable answer; ``NONE`` where there is one, whatever its status."""

    NONE = "none"
    TIMEOUT = "timeout"  # connected, then silent or too slow
    CONNECT = "connect"  # no connection: unreachable, or not within the time allowed
    REFUSED = "refused"
    RESET = "reset"  # also an empty reply
    NXDOMAIN = "nxdomain"
    DNS_FAILURE = "dns_failure"  # SERVFAIL, resolver timeout: says nothing about the host
    TLS = "tls"  # the handshake failed for another reason than the certificate
    TOO_MANY_REDIRECTS = "too_many_redirects"
    REDIRECT_LOOP = "redirect_loop"
    PROTOCOL = "protocol"  # what came back is not HTTP, or breaks its limits
    REFUSED_TARGET = "refused_target"  # the guard: never dialled
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    INVALID_URL = "invalid_url"
    ROBOTS_DENIED = "robots_denied"  # robots.txt names us and refuses the address
    NOT_ASKED = "not_asked"  # the host rests, or the run is over; ``retry_after`` says how long
    NOT_YET = "not_yet"  # robots.txt lets us ask seldom; ``retry_after`` as well
    TARGET_RESTS = "target_rests"  # a host that it leads to may not be asked now; as well


class TlsProblem(StrEnum):
    """What is wrong with a certificate (policy 12)."""

    NONE = ""
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SELF_SIGNED = "self_signed"
    WRONG_NAME = "wrong_name"
    UNTRUSTED = "untrusted"
    MISSING_INTERMEDIATE = "missing_intermediate"


class Hop(NamedTuple):
    """One address of a redirect chain; ``status`` is None where no answer came."""

    url: str
    status: int | None


class SiblingLook(msgspec.Struct, frozen=True):
    """What a host said about an address that cannot exist (policies 7 and 9 to 11).

    ``status`` is None where no answer came. ``is_recalled`` says that it was asked at another
    look, of late, at the same directory: then ``url`` is that of the directory.
    """

    url: str
    status: int | None
    final_url: str = ""
    fingerprint: str = ""
    title: str = ""
    is_recalled: bool = False

    @property
    def is_honest(self) -> bool:
        """Whether the host says so when there is no such page."""
        return self.status in (404, 410)


class Sign(StrEnum):
    """What a page gives away about itself, apart from its text."""

    SCRIPT_BUILT = "script_built"  # next to no words, and a program that would write them
    GATE = "gate"  # redirected to where one logs in
    CONSENT = "consent"  # redirected to where one agrees to something first
    CUT = "cut"  # read in part only: what is not found may stand further down


class FragmentState(StrEnum):
    """Whether the place within a page that a link names is there (policy 15)."""

    FOUND = "found"
    MISSING = "missing"
    UNVERIFIABLE = "unverifiable"


class Neighbours(NamedTuple):
    """The other links of a host as they were last seen (policies 10 and 11).

    ``changed`` counts those whose text became another of late, ``landing`` the deep links that
    land on the very page on which this one landed.
    """

    total: int = 0
    changed: int = 0
    landing: int = 0


NO_NEIGHBOURS = Neighbours()


class Known(msgspec.Struct, frozen=True):
    """What is known of a link before it is looked at: what decides how closely to look.

    ``fingerprint`` is that of its last good answer; ``landings`` counts, by address, how many
    other deep links of its host landed there; ``fragments`` are those in use.
    """

    fingerprint: str = ""
    is_doubted: bool = False  # new, or found wanting, or not compared for long
    total: int = 0
    changed: int = 0
    landings: Mapping[str, int] = {}
    fragments: tuple[str, ...] = ()


NOTHING_KNOWN = Known()


class Observation(msgspec.Struct, frozen=True, dict=True):
    """One observation of ``url``, never changed afterwards.

    ``at`` is aware and in UTC; ``method`` is empty when nothing was sent; ``hops`` begins with
    the address itself and ends with the last one asked; ``elapsed_ms`` counts the last attempt;
    ``retry_after`` is in seconds; ``fingerprint`` as in ``probing.bodies.make_fingerprint``.

    ``parking`` names what gives a parked domain away. ``likeness`` compares the text with that of
    the last good answer, from 0 to 1. ``sibling`` is the look beside the address, ``cousin`` the
    one with another directory too, ``namesake`` the one at a name below the host's; each only
    where it was asked. ``fragments`` has the state of each that was looked for.
    ``host_strikes`` says how often the host's name was found not to exist, this time included (5).
    """

    url: str
    at: datetime
    method: str = ""
    status: int | None = None
    error: ErrorKind = ErrorKind.NONE
    error_detail: str = ""
    hops: tuple[Hop, ...] = ()
    headers: Mapping[str, str] = {}
    title: str = ""
    fingerprint: str = ""
    elapsed_ms: int = 0
    wall: str = ""
    tls_problem: TlsProblem = TlsProblem.NONE
    retry_after: int | None = None
    attempts: int = 1
    sibling: SiblingLook | None = None
    cousin: SiblingLook | None = None
    namesake: SiblingLook | None = None
    parking: str = ""
    signs: frozenset[Sign] = frozenset()
    likeness: float | None = None
    neighbours: Neighbours = NO_NEIGHBOURS
    fragments: Mapping[str, FragmentState] = {}
    host_strikes: int = 0

    @property
    def final_url(self) -> str:
        """The address that answered last, or was asked last."""
        return self.hops[-1].url if self.hops else self.url

    @property
    def is_redirected(self) -> bool:
        return len(self.hops) > 1

    @property
    def is_permanent(self) -> bool:
        """Whether there were redirects and every one was 301 or 308 (policy 8)."""
        return self.is_redirected and all(hop.status in (301, 308) for hop in self.hops[:-1])

    @property
    def failed_to_connect(self) -> bool:
        """Whether the host itself could not be reached: counts towards an incident of the host."""
        return self.error in UNREACHABLE

    @property
    def was_asked(self) -> bool:
        """Whether anything was looked at; if not, there is nothing to store but a later date."""
        return self.error not in UNASKED

    def gather_evidence(self) -> dict[str, str | int]:
        """Return the arguments of the sentence that explains what was seen."""
        evidence: dict[str, str | int] = {}
        if self.status is not None:
            evidence["status"] = self.status
        if self.is_redirected:
            evidence["target"] = self.final_url
        if self.wall:
            evidence["wall"] = self.wall
        if self.tls_problem:
            evidence["tls_problem"] = self.tls_problem.value
        return evidence

    def as_dict(self) -> dict[str, Any]:
        """Return the observation as JSON-able data; ``from_dict`` is the inverse."""
        data: dict[str, Any] = msgspec.to_builtins(self, order="deterministic")
        return data | {"final_url": self.final_url, "is_permanent": self.is_permanent}

    def as_json(self) -> str:
        """Return what ``from_dict`` reads, as text."""
        return _encoder.encode(self).decode()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the observation that ``as_dict`` described; missing keys take their defaults."""
        return msgspec.convert(data, cls)


_encoder = msgspec.json.Encoder(order="deterministic")

UNASKED = frozenset({ErrorKind.NOT_ASKED, ErrorKind.NOT_YET, ErrorKind.TARGET_RESTS})

UNREACHABLE = frozenset(
    {ErrorKind.CONNECT, ErrorKind.REFUSED, ErrorKind.NXDOMAIN, ErrorKind.DNS_FAILURE}
)
