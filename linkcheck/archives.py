"""Archived copies of what died: the Wayback availability API and Memento TimeGates (RFC 7089)."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import ada_url

from linkcheck.probing.answers import clean_location
from linkcheck.probing.fetching import Document, Fetcher, FetchError

logger = logging.getLogger(__name__)

#: A TimeGate may lead to another one (RFC 7089 §4.2); so many answers are read in all.
MAX_HOPS = 4
MAX_URL = 2000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# One value of a Link header: <target>; parameter="…"; …
_LINK = re.compile(r"<([^<>]{1,4000})>((?:\s*;\s*[a-z-]+\s*=\s*(?:\"[^\"]*\"|[^\s,;\"]+))*)", re.I)
_PARAMETER = re.compile(r"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s,;\"]+))", re.I)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of a page as it was at a time (aware)."""

    url: str
    at: datetime


class ArchiveClient:
    """Looks for copies in the archives that are configured; an empty address asks nobody.

    ``wayback_url`` is the whole address of an availability API, ``timegate_url`` what stands
    before the address of a page at a TimeGate.
    """

    def __init__(self, fetcher: Fetcher, *, wayback_url: str = "", timegate_url: str = "") -> None:
        self._fetcher = fetcher
        self._wayback_url = wayback_url
        self._timegate_url = timegate_url
        #: Whether an archive could not be asked: then a missing copy means nothing yet.
        self.has_failed = False

    async def find(self, url: str, near: datetime) -> Snapshot | None:
        """The copy of ``url`` nearest to ``near`` (aware), or None. Never raises for an archive.

        The availability API is asked first, the TimeGate where that knows none.
        """
        self.has_failed = False
        for address, ask in (
            (self._wayback_url, self._ask_wayback),
            (self._timegate_url, self._ask_timegate),
        ):
            if not address:
                continue
            try:
                found = await ask(url, near)
            except FetchError as error:
                self.has_failed = True
                logger.warning("the archive %s could not be asked: %s", _host(address), error)
                continue
            if found is not None and len(found.url) <= MAX_URL:
                return found
        return None

    async def _ask_wayback(self, url: str, near: datetime) -> Snapshot | None:
        """https://archive.org/help/wayback_api.php: the closest capture that was a page."""
        mark = "&" if "?" in self._wayback_url else "?"
        timestamp = near.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        query = f"url={quote(url, safe='')}&timestamp={timestamp}"
        document = await self._fetcher.fetch(f"{self._wayback_url}{mark}{query}")
        if document.status != 200:
            raise FetchError(f"status {document.status}")
        return _read_availability(document.read_json(), document.url)

    async def _ask_timegate(self, url: str, near: datetime) -> Snapshot | None:
        """RFC 7089 §4: the TimeGate leads to the memento, which says of when it is."""
        headers = {"Accept-Datetime": format_datetime(near.astimezone(UTC), usegmt=True)}
        asked = f"{self._timegate_url.rstrip('/')}/{url}"
        for _ in range(MAX_HOPS):
            document = await self._fetcher.fetch(asked, headers, max_body=0)
            snapshot = _read_memento(document)
            if snapshot is not None or document.status == 404:
                return snapshot
            location = document.headers.get("location")
            if document.status not in _REDIRECTS or location is None:
                raise FetchError(f"status {document.status} without a memento")
            asked = _join(document.url, location)
        raise FetchError("redirects without end")


def _read_availability(answer: Any, asked: str) -> Snapshot | None:
    """The snapshot of an availability API's answer; FetchError where it is none of its kind."""
    if not isinstance(answer, dict) or not isinstance(answer.get("archived_snapshots"), dict):
        raise FetchError("no answer of an availability API")
    closest = answer["archived_snapshots"].get("closest")
    if not isinstance(closest, dict) or closest.get("available") is not True:
        return None
    if not str(closest.get("status", "")).startswith("2"):
        return None  # a copy of an error, or of a redirect
    try:
        at = datetime.strptime(str(closest.get("timestamp")), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise FetchError("a copy without a time") from error
    url = str(closest.get("url") or "")
    if asked.startswith("https:") and url.startswith("http:"):
        url = f"https:{url.removeprefix('http:')}"  # the API names its copies so, for old readers
    return _checked(url, at)


def _read_memento(document: Document) -> Snapshot | None:
    """The memento that an answer is, or that its Link header says it leads to."""
    if document.status == 200 and "memento-datetime" in document.headers:
        place = document.headers.get("content-location")
        url = _join(document.url, place) if place else document.url
        return _checked(url, _read_date(document.headers["memento-datetime"]))
    location = document.headers.get("location")
    if document.status not in _REDIRECTS or location is None:
        return None
    target = _join(document.url, location)
    for url, parameters in _read_links(document.headers.get("link", "")):
        is_memento = "memento" in parameters.get("rel", "").split()
        if is_memento and "datetime" in parameters and _join(document.url, url) == target:
            return _checked(target, _read_date(parameters["datetime"]))
    return None


def _read_links(header: str) -> list[tuple[str, dict[str, str]]]:
    """Targets and parameters of a Link header (RFC 8288), names in lower case."""
    return [
        (
            match[1].strip(),
            {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(match[2])},
        )
        for match in _LINK.finditer(header)
    ]


def _read_date(text: str) -> datetime:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError) as error:
        raise FetchError("a copy without a time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _join(base: str, location: str) -> str:
    try:
        return str(ada_url.join_url(base, clean_location(location)))
    except ValueError as error:
        raise FetchError("a redirect to what is no address") from error


def _checked(url: str, at: datetime) -> Snapshot:
    """A snapshot that can stand on a page: an address of the web."""
    if not url.startswith(("https://", "http://")) or not ada_url.check_url(url):
        raise FetchError("a copy at what is no address")
    return Snapshot(ada_url.normalize_url(url), at)


def _host(url: str) -> str:
    """The host of a configured address, for the log; nothing of its path or query."""
    try:
        return str(ada_url.parse_url(url, ("host",))["host"])
    except ValueError:
        return "(no address)"
