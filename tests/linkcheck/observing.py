"""Observations for tests, made by name: ``see("404", day=3)``."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from linkcheck.observations import ErrorKind, Hop, Observation, SiblingLook, TlsProblem

URL = "https://example.com/page"
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

_NAMED = {
    "timeout": {"error": ErrorKind.TIMEOUT},
    "refused": {"error": ErrorKind.REFUSED},
    "reset": {"error": ErrorKind.RESET},
    "loop": {"error": ErrorKind.REDIRECT_LOOP},
    "garbage": {"error": ErrorKind.PROTOCOL},
    "nxdomain": {"error": ErrorKind.NXDOMAIN},
    "servfail": {"error": ErrorKind.DNS_FAILURE},
    "unsafe": {"error": ErrorKind.REFUSED_TARGET},
    "ftp": {"error": ErrorKind.UNSUPPORTED_SCHEME},
    "not-asked": {"error": ErrorKind.NOT_ASKED, "retry_after": 3600},
    "429": {"status": 429},
    "429+1d": {"status": 429, "retry_after": 86_400},
    "503+1h": {"status": 503, "retry_after": 3600},
    "cloudflare": {"status": 403, "wall": "cloudflare"},
    "cloudflare-503": {"status": 503, "wall": "cloudflare"},
    "403": {"status": 403},
    "403-honest": {"status": 403, "sibling": SiblingLook(URL + "x", 404)},
    "403-everywhere": {"status": 403, "sibling": SiblingLook(URL + "x", 403)},
    "expired": {"status": 200, "tls_problem": TlsProblem.EXPIRED},
    "no-intermediate": {"status": 200, "tls_problem": TlsProblem.MISSING_INTERMEDIATE},
    "404-expired": {"status": 404, "tls_problem": TlsProblem.EXPIRED},
}


def see(what: str, *, day: float = 0, url: str = URL, to: str = "") -> Observation:
    """Return the observation called ``what`` (a status, or a name of the table above).

    ``day`` counts from START and may be a fraction; ``301 302 200`` is a chain of redirects whose
    last address is ``to``.
    """
    at = START + timedelta(days=day)
    *redirects, last = what.split(" ")
    fields = _NAMED.get(last) or {"status": int(last)}
    seen = replace(Observation(url=url, at=at, method="GET"), **fields)
    hops = [
        Hop(url if number == 0 else f"{url}/{number}", int(code))
        for number, code in enumerate(redirects)
    ]
    return replace(seen, hops=(*hops, Hop(to or url, seen.status)))
