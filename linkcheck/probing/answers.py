"""What is kept of an answer's headers, and how Retry-After and Location are read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

KEPT_HEADERS = frozenset(
    {
        "content-type",
        "content-length",
        "content-encoding",
        "server",
        "retry-after",
        "etag",
        "last-modified",
        "www-authenticate",
        "x-robots-tag",
        # marks of walls: the evidence for "blocked"
        "cf-mitigated",
        "x-amzn-waf-action",
        "x-vercel-mitigated",
        "x-sucuri-block",
        "x-datadome",
        "x-dd-b",
        "x-iinfo",
        "x-kpsdk-ct",
    }
)
MAX_HEADER_VALUE = 500
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def keep_headers(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the headers that are evidence, the first of each name, of bounded length.

    ``fields`` have lower-case names.
    """
    kept: dict[str, str] = {}
    for name, value in fields:
        if name in KEPT_HEADERS and name not in kept:
            kept[name] = clean_text(value[:MAX_HEADER_VALUE])
    return kept


def clean_text(text: str) -> str:
    """Return ``text`` fit for JSON and a database: no lone surrogates, no NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def parse_retry_after(value: str | None, at: datetime, longest_s: int) -> int | None:
    """Return the seconds that a Retry-After header asks for, from 0 to ``longest_s``.

    ``at`` is the time of the answer, for the form with a date (RFC 9110 §10.2.3). None where the
    header is absent or says nothing.
    """
    if not value:
        return None
    text = value.strip()
    if text.isdecimal() and text.isascii():
        return min(int(text[:12]), longest_s)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0, min(int((until - at).total_seconds()), longest_s))


def clean_location(location: str) -> str:
    """Return a Location header as text to parse: bytes that are not UTF-8 percent-encoded."""
    if location.isascii():
        return location.strip()
    raw = location.strip().encode("utf-8", "surrogateescape")
    return quote(raw, safe=_PRINTABLE)
