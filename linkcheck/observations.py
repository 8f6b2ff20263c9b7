"""What one look at an address saw: plain data that is stored as a Check and replayed later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self


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
    NOT_ASKED = "not_asked"  # the host rests, or the run is over; ``retry_after`` says how long


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


@dataclass(frozen=True, slots=True)
class SiblingLook:
    """What the host said about an address beside the checked one that cannot exist.

    Asked so far for a plain 403 (policy 7); policies 9 and 10 (soft 404, deep link to root) read
    ``final_url`` and ``fingerprint``.
    """

    url: str
    status: int | None
    final_url: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation of ``url``, never changed afterwards.

    ``at`` is aware and in UTC; ``method`` is empty when nothing was sent; ``hops`` begins with
    the address itself and ends with the last one asked; ``elapsed_ms`` counts the last attempt;
    ``retry_after`` is in seconds; ``fingerprint`` as in ``probing.bodies.make_fingerprint``.
    """

    url: str
    at: datetime
    method: str = ""
    status: int | None = None
    error: ErrorKind = ErrorKind.NONE
    error_detail: str = ""
    hops: tuple[Hop, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    fingerprint: str = ""
    elapsed_ms: int = 0
    wall: str = ""
    tls_problem: TlsProblem = TlsProblem.NONE
    retry_after: int | None = None
    attempts: int = 1
    sibling: SiblingLook | None = None

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
        return self.error is not ErrorKind.NOT_ASKED

    def as_dict(self) -> dict[str, Any]:
        """Return the observation as JSON-able data; ``from_dict`` is the inverse."""
        sibling = self.sibling
        return {
            "url": self.url,
            "at": self.at.isoformat(),
            "method": self.method,
            "status": self.status,
            "error": self.error.value,
            "error_detail": self.error_detail,
            "hops": [list(hop) for hop in self.hops],
            "final_url": self.final_url,
            "is_permanent": self.is_permanent,
            "headers": dict(self.headers),
            "title": self.title,
            "fingerprint": self.fingerprint,
            "elapsed_ms": self.elapsed_ms,
            "wall": self.wall,
            "tls_problem": self.tls_problem.value,
            "retry_after": self.retry_after,
            "attempts": self.attempts,
            "sibling": sibling
            and {
                "url": sibling.url,
                "status": sibling.status,
                "final_url": sibling.final_url,
                "fingerprint": sibling.fingerprint,
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the observation that ``as_dict`` described; missing keys take their defaults."""
        known = {name: data[name] for name in _PLAIN_FIELDS if name in data}
        sibling = data.get("sibling")
        return cls(
            **known,
            at=datetime.fromisoformat(data["at"]),
            error=ErrorKind(data.get("error", "none")),
            hops=tuple(Hop(url, status) for url, status in data.get("hops", ())),
            tls_problem=TlsProblem(data.get("tls_problem", "")),
            sibling=SiblingLook(**sibling) if sibling else None,
        )


UNREACHABLE = frozenset(
    {ErrorKind.CONNECT, ErrorKind.REFUSED, ErrorKind.NXDOMAIN, ErrorKind.DNS_FAILURE}
)

_PLAIN_FIELDS = (
    "url",
    "method",
    "status",
    "error_detail",
    "headers",
    "title",
    "fingerprint",
    "elapsed_ms",
    "wall",
    "retry_after",
    "attempts",
)
