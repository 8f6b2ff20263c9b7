"""How each host wants to be treated, learnt as it answers (LINK_POLICY, "Politeness").

Plain data for one run: :mod:`linkcheck.politeness` brings it from the database and back.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from linkcheck.classification import Outcome, classify
from linkcheck.hosts import host_name, registrable_domain
from linkcheck.observations import ErrorKind, Observation
from linkcheck.robots import RobotsMode, Rules, Ruling, read_answer

#: An answer that takes longer is slow.
SLOW_MS = 5000
SLOWER, FASTER = 2.0, 0.5
MAX_FACTOR = 60.0
#: A host so much slower than usual is asked one thing at a time.
SINGLE_FILE_FACTOR = 2.0
#: A page that robots at large may not read is verified by one GET in this time.
SELDOM = timedelta(days=30)


def adapt(factor: float, seen: Observation) -> float:
    """Return how many times the usual wait a host gets after ``seen``, from 1 to MAX_FACTOR.

    Doubled where it wants less (429, 503) or answers slowly, halved for an answer without delay:
    back to normal by and by. A connection that does not come about says nothing of pace.
    """
    if not seen.was_asked:
        return factor
    wants_less = classify(seen)[0] is Outcome.RATE_LIMITED or seen.status in (429, 503)
    is_slow = seen.error is ErrorKind.TIMEOUT or (
        seen.status is not None and seen.elapsed_ms > SLOW_MS
    )
    if wants_less or is_slow:
        return min(factor * SLOWER, MAX_FACTOR)
    if seen.status is not None:
        return max(factor * FASTER, 1.0)
    return factor


def address_mark(url: str) -> int:
    """A number that tells the addresses of a host apart, wherever it is stored."""
    return zlib.crc32(url.partition("#")[0].encode("utf-8", "surrogatepass"))


@dataclass(slots=True)
class DomainManners:
    """The pace of one registrable domain: the key of politeness."""

    factor: float = 1.0
    crawl_delay_s: float = 0.0
    #: Addresses that failed to connect since any of the domain's answered; and, where that became
    #: an incident in this run, for how long the domain rests.
    unreached: set[int] = field(default_factory=set)
    incident_s: int = 0

    def delay_s(self, usual_s: float) -> float:
        """The seconds between two starts."""
        if not usual_s:
            return 0.0  # pace is off: benchmarks, tests
        return max(usual_s, self.crawl_delay_s) * self.factor

    def concurrency(self, usual: int) -> int:
        """How many requests at once."""
        return 1 if self.factor >= SINGLE_FILE_FACTOR else usual


@dataclass(slots=True)
class KnownRobots:
    """The rules of a host as they were read last; ``is_fresh`` says whether that was today."""

    text: str = ""
    is_fresh: bool = False
    rules: Rules | None = None  # parsed when first needed


@dataclass
class Manners:
    """What is known of the hosts of a run; ``robots`` by host name, ``domains`` by key.

    ``token`` is the name by which a robots.txt calls us. ``read`` has the hosts whose robots.txt
    was read, or tried, in this run.
    """

    token: str = ""
    mode: RobotsMode = RobotsMode.OFF
    domains: dict[str, DomainManners] = field(default_factory=dict)
    robots: dict[str, KnownRobots] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)

    def of(self, domain: str) -> DomainManners:
        """The manners of a domain, to be changed in place."""
        return self.domains.setdefault(domain, DomainManners())

    def find_unread(self, urls: Iterable[str]) -> list[str]:
        """Addresses of each robots.txt to be read before ``urls`` are asked, once for each host."""
        if self.mode is RobotsMode.OFF:
            return []
        unread: dict[str, str] = {}
        for url in urls:
            name = _name(url)
            if name and not self._known(name).is_fresh and name not in unread:
                unread[name] = f"{urlsplit(url).scheme}://{name}/robots.txt"
        return list(unread.values())

    def take_robots(self, url: str, seen: Observation, body: bytes) -> None:
        """Take note of what came from ``url``, the address of a robots.txt."""
        name = host_name(url)
        known = self._known(name)
        text = read_answer(seen, body, known=known.text, token=self.token)
        self.robots[name] = KnownRobots(text, is_fresh=True)
        self.read[name] = text
        self._slow_down(name)

    def prepare(self, names: Iterable[str]) -> None:
        """Take the wishes of hosts whose robots.txt is known already."""
        for name in names:
            self._slow_down(name)

    def refuse(self, url: str, asked_at: datetime | None, now: datetime) -> Observation | None:
        """What stands in for an observation where ``url`` may not be asked at ``now``.

        ``asked_at`` is when it was asked last. None where it may be asked.
        """
        match self.rule(url):
            case Ruling.DENIED:
                return Observation(url=url, at=now, error=ErrorKind.ROBOTS_DENIED)
            case Ruling.SELDOM if asked_at is not None and now - asked_at < SELDOM:
                wait_s = int((asked_at + SELDOM - now).total_seconds()) + 1
                return Observation(url=url, at=now, error=ErrorKind.NOT_YET, retry_after=wait_s)
        return None

    def rule(self, url: str) -> Ruling:
        """What its host's robots.txt says about ``url``."""
        if self.mode is RobotsMode.OFF or not (name := _name(url)):
            return Ruling.ALLOWED
        return self._rules(name).judge(url, self.mode)

    def _known(self, name: str) -> KnownRobots:
        return self.robots.setdefault(name, KnownRobots())

    def _rules(self, name: str) -> Rules:
        known = self._known(name)
        if known.rules is None:
            known.rules = Rules(known.text, self.token)
        return known.rules

    def _slow_down(self, name: str) -> None:
        if self.robots[name].text:
            domain = self.of(registrable_domain(name))
            domain.crawl_delay_s = max(domain.crawl_delay_s, self._rules(name).crawl_delay_s)


def _name(url: str) -> str:
    """The host's name; "" for what is no address: the prober says so."""
    try:
        return host_name(url) if url.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""
