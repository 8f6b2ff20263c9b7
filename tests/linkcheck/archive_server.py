"""An archive on loopback that speaks both protocols: availability API and Memento TimeGate.

::

    with ArchiveServer() as archive:
        archive.keep("https://gone.example/page", datetime(2020, 1, 1, tzinfo=UTC))
        archive.wayback_url     # for LINKCHECK_ARCHIVE_WAYBACK_URL
        archive.timegate_url    # for LINKCHECK_ARCHIVE_TIMEGATE_URL

Like the real ones it answers with the capture nearest to the time that was asked for.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs

from tests.linkcheck.playground import Answer, Behaviour, Playground, Request

STAMP = "%Y%m%d%H%M%S"


class ArchiveServer(Playground):
    """``says_datetime_in_link`` as some TimeGates do; others leave that to the memento."""

    says_datetime_in_link = False

    def __init__(self) -> None:
        super().__init__()
        self.captures: dict[str, list[datetime]] = {}
        self.status_of_captures = "200"

    @property
    def wayback_url(self) -> str:
        return self.url("/wayback/available")

    @property
    def timegate_url(self) -> str:
        return self.url("/timegate/")

    def keep(self, url: str, *times: datetime) -> None:
        """Have captures of ``url`` at ``times``."""
        self.captures.setdefault(url, []).extend(times)

    def memento_url(self, url: str, at: datetime) -> str:
        return self.url(f"/memento/{at.strftime(STAMP)}/{url}")

    def _find(self, request: Request) -> Answer | Behaviour:
        if request.path in self.answers:
            return self.answers[request.path]
        kind, _, rest = request.target.lstrip("/").partition("/")
        if request.path == "/wayback/available":
            return self._answer_availability(request)
        if kind == "timegate":
            return self._answer_timegate(request, rest)
        if kind == "memento":
            stamp, _, url = rest.partition("/")
            return self._answer_memento(stamp, url)
        return Answer(404)

    def _nearest(self, url: str, wanted: datetime) -> datetime | None:
        times = self.captures.get(url, [])
        return min(times, key=lambda at: abs(at - wanted), default=None)

    def _answer_availability(self, request: Request) -> Answer:
        query = parse_qs(request.query)
        url = query["url"][0]
        wanted = datetime.strptime(query["timestamp"][0], STAMP).replace(tzinfo=UTC)
        at = self._nearest(url, wanted)
        closest = at and {
            "status": self.status_of_captures,
            "available": True,
            "url": self.memento_url(url, at),
            "timestamp": at.strftime(STAMP),
        }
        found = {"url": url, "archived_snapshots": {"closest": closest} if closest else {}}
        return Answer(200, json.dumps(found).encode(), {"Content-Type": "application/json"})

    def _answer_timegate(self, request: Request, url: str) -> Answer:
        at = self._nearest(url, parsedate_to_datetime(request.headers["accept-datetime"]))
        if at is None:
            return Answer(404, b"never captured")
        memento = self.memento_url(url, at)
        links = [f'<{url}>; rel="original"', f'<{self.url("/timemap/")}{url}>; rel="timemap"']
        if self.says_datetime_in_link:
            links.append(f'<{memento}>; rel="first memento"; datetime="{http_date(at)}"')
        headers = {"Location": memento, "Vary": "accept-datetime", "Link": ", ".join(links)}
        return Answer(302, b"", headers)

    def _answer_memento(self, stamp: str, url: str) -> Answer:
        at = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
        if at not in self.captures.get(url, []):
            return Answer(404)
        return Answer(200, headers={"Memento-Datetime": http_date(at)})


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)
