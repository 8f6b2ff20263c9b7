"""Many addresses asked at once, host by host: no host is pressed, none holds up the others."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from math import ceil
from typing import Any, NamedTuple

import ada_url
from msgspec.structs import replace

from linkcheck.classification import Outcome, classify
from linkcheck.hosts import registrable_domain
from linkcheck.manners import DomainManners, Manners, adapt, address_mark
from linkcheck.observations import NOTHING_KNOWN, ErrorKind, Known, Observation
from linkcheck.probing.prober import Prober
from linkcheck.robots import Ruling
from linkcheck.visiting import Desk


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard hosts are pressed (LINK_POLICY, "Politeness"); times in seconds."""

    host_delay_s: float = 1.0  # between two starts on one host
    host_concurrency: int = 2
    concurrency: int = 200  # over all hosts
    #: A host that asks for a longer rest is left alone for the rest of the run.
    patience_s: float = 60.0
    #: So many different addresses of a host that fail to connect are one incident …
    incident_after: int = 5
    incident_rest_s: int = 3600  # … and it rests so long
    #: No new address is begun after this; None for no limit.
    stop_after_s: float | None = None
    #: So soon a run ends where people wait for other links; None for never.
    gives_way_after_s: float | None = None


class ProbeRequest(NamedTuple):
    """One address to ask; ``tag`` is the caller's own and comes back with the result."""

    url: str
    etag: str = ""
    last_modified: str = ""
    tag: Any = None
    known: Known = NOTHING_KNOWN
    asked_at: datetime | None = None  # the last look, for hosts that want to be asked seldom


#: A request beside a turn may begin so long after the end of the run: the look is to be finished.
_GRACE_S = 60.0

OnResult = Callable[[ProbeRequest, Observation], None]


def host_key(url: str) -> str:
    """Return the key of politeness: the registrable domain, with the port if it is unusual.

    What is no URL shares one key of its own: the prober will say so.
    """
    try:
        return registrable_domain(ada_url.parse_url(url, ("host",))["host"].lower())
    except (ValueError, UnicodeError):
        return ""


async def probe_all(
    prober: Prober,
    requests: Iterable[ProbeRequest],
    pace: Pace,
    on_result: OnResult,
    *,
    manners: Manners | None = None,
    desk: Desk | None = None,
) -> None:
    """Ask every address and call ``on_result`` once for each, in the order they are done.

    Hosts are served round-robin. An address is not asked where its host began to rest (429, an
    incident) or the time is over: its observation then says ``NOT_ASKED``. Soft failures are
    retried by way of the queue, so that waiting for one holds up no other. An exception of
    ``on_result`` ends the run and is raised. ``manners`` says how each host wants to be treated,
    and knows more when the run is over; every robots.txt that it lacks is read first.
    Where a redirect leads to a domain that is none of ``requests``, a start is asked for at
    ``desk``; without one such visits keep their distance within this run.
    """
    rota = _Rota(requests, pace, manners or Manners(), desk, prober.now)
    prober.keep_pace(rota.wait_for_turn)
    if desk is not None:
        desk.listen(rota)
    workers = min(pace.concurrency, rota.unfinished)
    if not workers:
        return
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(_work(prober, rota, on_result))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        rota.close()


async def _work(prober: Prober, rota: _Rota, on_result: OnResult) -> None:
    while (turn := await rota.take()) is not None:
        if turn.is_for_robots:
            await _read_robots(prober, rota, turn)
        elif turn.unasked is not None:
            on_result(turn.request, turn.unasked)
        elif not await _look(prober, rota, turn, on_result):
            continue
        rota.finish(turn)


async def _look(prober: Prober, rota: _Rota, turn: _Turn, on_result: OnResult) -> bool:
    """Ask an address; return whether that was all, and it is not to be asked again in a while."""
    request = turn.request
    is_seldom = rota.manners.rule(request.url) is Ruling.SELDOM
    seen = await prober.look(
        request.url,
        etag=request.etag,
        last_modified=request.last_modified,
        attempt=turn.attempt,
        known=request.known,
        alone=is_seldom,
    )
    rota.learn(turn, seen)
    delay_s = None if is_seldom else prober.retry_delay(seen)
    if delay_s is not None and rota.retry(turn, delay_s):
        return False
    on_result(request, seen)
    return True


async def _read_robots(prober: Prober, rota: _Rota, turn: _Turn) -> None:
    if turn.unasked is None:
        url = turn.request.url
        seen, body = await prober.fetch_robots(url)
        rota.manners.take_robots(url, seen, body)
        rota.learn(turn, seen)


def _not_asked(request: ProbeRequest, rest_s: int, at: datetime) -> Observation:
    return Observation(url=request.url, at=at, error=ErrorKind.NOT_ASKED, retry_after=rest_s)


class _Host:
    """The queue of one host and its pace."""

    __slots__ = (
        "is_listed",
        "is_reading",
        "manners",
        "next_start",
        "queue",
        "rest_s",
        "running",
    )

    def __init__(self, manners: DomainManners) -> None:
        self.manners = manners
        self.is_reading = False  # its robots.txt: nothing else is asked meanwhile
        self.queue: deque[ProbeRequest | _Turn] = deque()
        self.running = 0
        self.next_start = 0.0
        self.is_listed = False  # in the rota, or waiting for its time
        self.rest_s: int | None = None  # asked for no more in this run


@dataclass(slots=True)
class _Turn:
    host: _Host
    request: ProbeRequest
    attempt: int = 1
    is_for_robots: bool = False
    unasked: Observation | None = None  # stands in for an observation: it may not be asked


class _Rota:
    """Whose turn it is. Workers ``take`` a turn, and ``finish`` it or have it ``retry``."""

    def __init__(
        self,
        requests: Iterable[ProbeRequest],
        pace: Pace,
        manners: Manners,
        desk: Desk | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        self._pace = pace
        self._desk = desk
        self._visited: dict[str, _Host] = {}  # domains that others may hold
        self.manners = manners
        self._loop = asyncio.get_running_loop()
        self._ready: deque[_Host] = deque()
        self._later: list[tuple[float, int, _Host, _Turn | None]] = []
        self._numbers = count()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._ends_at: float | None = None
        if pace.stop_after_s is not None:
            self._ends_at = self._loop.time() + pace.stop_after_s
        self.unfinished = 0
        self._hosts: dict[str, _Host] = {}
        self._fill(list(requests))

    def _fill(self, requests: Sequence[ProbeRequest]) -> None:
        hosts = self._hosts

        def find_host(url: str) -> _Host:
            key = host_key(url)
            if key not in hosts:
                hosts[key] = _Host(self.manners.of(key))
            return hosts[key]

        for url in self.manners.find_unread(request.url for request in requests):
            host = find_host(url)
            host.queue.append(_Turn(host, ProbeRequest(url), is_for_robots=True))
            self.unfinished += 1
        for request in requests:
            find_host(request.url).queue.append(request)
            self.unfinished += 1
        for host in hosts.values():
            self._list(host)

    async def take(self) -> _Turn | None:
        """Wait for the next turn; None when everything is done."""
        while self.unfinished:
            self._call_up()
            while self._ready:
                if (turn := self._begin(self._ready.popleft())) is not None:
                    return turn
            waiter = self._loop.create_future()
            self._waiting.append(waiter)
            await waiter
        return None

    def learn(self, turn: _Turn, seen: Observation) -> None:
        """Let the host rest where ``seen`` asks for it, and go at the pace that suits it."""
        if not seen.is_redirected or host_key(seen.final_url) == host_key(seen.url):
            self._learn_of(turn.host, turn, seen)
            return
        # It led to another domain, which is the one that said this; its own sent it there.
        sent = replace(seen, hops=seen.hops[:1], error=ErrorKind.NONE, elapsed_ms=0)
        self._learn_of(turn.host, turn, replace(sent, status=seen.hops[0].status))
        key = host_key(seen.final_url)
        self._learn_of(self._hosts.get(key) or self._visit(key), turn, seen)

    def _learn_of(self, host: _Host, turn: _Turn, seen: Observation) -> None:
        manners = host.manners
        manners.factor = adapt(manners.factor, seen)
        if classify(seen)[0] is Outcome.RATE_LIMITED:
            rest_s = 3600 if seen.retry_after is None else seen.retry_after
            host.next_start = max(host.next_start, self._loop.time() + rest_s)
            if rest_s > self._pace.patience_s:
                host.rest_s = rest_s
        elif not seen.failed_to_connect or seen.error is ErrorKind.NXDOMAIN:
            if seen.was_asked:
                manners.unreached.clear()  # a name that does not exist is pressed by nobody
        elif turn.attempt == 1 and not turn.is_for_robots:
            manners.unreached.add(address_mark(seen.final_url))
            if len(manners.unreached) >= self._pace.incident_after:
                host.rest_s = manners.incident_s = self._pace.incident_rest_s

    def retry(self, turn: _Turn, delay_s: float) -> bool:
        """Put ``turn`` off; return False where there is no time left for it."""
        when = self._loop.time() + delay_s
        if self._ends_at is not None and when >= self._ends_at:
            return False
        turn.attempt += 1
        turn.host.running -= 1
        heapq.heappush(self._later, (when, next(self._numbers), turn.host, turn))
        self._list(turn.host)
        self._set_timer()
        self._wake()
        return True

    def finish(self, turn: _Turn) -> None:
        """Free the place that ``turn`` held."""
        if turn.is_for_robots:
            turn.host.is_reading = False
        self.unfinished -= 1
        turn.host.running -= 1
        self._list(turn.host)
        if self.unfinished == 0:
            self._wake(everyone=True)
        else:
            self._wake()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    async def wait_for_turn(self, url: str) -> int:
        """Wait until an address beside that of a turn may be asked: a start like any other.

        Returns 0; or the seconds after which to try again, where its host rests or the wait would
        be too long.
        """
        key = host_key(url)
        host = self._hosts.get(key)
        if host is None:
            host = self._visit(key)
            if self._desk is not None and host.rest_s is None and self._pace.host_delay_s:
                return await self._desk.visit(key)
        now = self._loop.time()
        when = max(now, host.next_start)
        if host.rest_s is not None or self._is_too_late(when):
            return max(host.rest_s or 0, ceil(when - now), 1)
        host.next_start = when + host.manners.delay_s(self._pace.host_delay_s)
        if when > now:
            await asyncio.sleep(when - now)
        return 0

    def _is_too_late(self, when: float) -> bool:
        is_far = when - self._loop.time() > self._pace.patience_s
        return is_far or (self._ends_at is not None and when > self._ends_at + _GRACE_S)

    def stand_aside(self, booked: Mapping[str, float]) -> None:
        """Start nothing on these domains for so many seconds: visitors of others come first."""
        for key, seconds in booked.items():
            if host := self._hosts.get(key):
                host.next_start = max(host.next_start, self._loop.time() + seconds)

    def end(self) -> None:
        """Begin nothing more; what was not asked, and what waits for another try, says so."""
        now = self._loop.time()
        if self._ends_at is not None and self._ends_at <= now:
            return
        self._ends_at = now
        later, self._later = self._later, []
        for _when, number, host, turn in later:
            if turn is not None:
                turn.unasked = _not_asked(turn.request, 0, self._clock())
            heapq.heappush(self._later, (now, number, host, turn))
        self.close()
        self._ring()

    def _visit(self, key: str) -> _Host:
        if key not in self._visited:
            self._visited[key] = _Host(self.manners.of(key))
        return self._visited[key]

    def _begin(self, host: _Host) -> _Turn | None:
        host.is_listed = False
        if not self._may_start(host):  # what stands beside another address went first
            self._list(host)
            return None
        host.running += 1
        entry = host.queue.popleft()
        turn = entry if isinstance(entry, _Turn) else _Turn(host, entry)
        now = self._loop.time()
        if turn.attempt == 1:
            # A retry goes on even while its host rests: it is what tells whether it is back.
            turn.unasked = self._find_reason_not_to_ask(turn, now)
        if turn.unasked is None:
            host.is_reading = turn.is_for_robots
            wait_s = host.manners.delay_s(self._pace.host_delay_s)
            host.next_start = max(now, host.next_start) + wait_s
        self._list(host)
        return turn

    def _find_reason_not_to_ask(self, turn: _Turn, now: float) -> Observation | None:
        request, rest_s = turn.request, turn.host.rest_s
        if rest_s is None and self._ends_at is not None and now >= self._ends_at:
            rest_s = 0
        if rest_s is not None:
            return _not_asked(request, rest_s, self._clock())
        if turn.is_for_robots:
            return None
        return self.manners.refuse(request.url, request.asked_at, self._clock())

    def _list(self, host: _Host) -> None:
        """Put ``host`` where it belongs: ready, waiting for its time, or nowhere."""
        most = host.manners.concurrency(self._pace.host_concurrency)
        if host.is_listed or not host.queue or host.is_reading or host.running >= most:
            return
        host.is_listed = True
        if self._may_start(host):
            self._ready.append(host)
        else:
            when = host.next_start if self._ends_at is None else min(host.next_start, self._ends_at)
            heapq.heappush(self._later, (when, next(self._numbers), host, None))
            self._set_timer()

    def _may_start(self, host: _Host) -> bool:
        now = self._loop.time()
        if host.rest_s is not None or (self._ends_at is not None and now >= self._ends_at):
            return True  # nothing will be sent
        return host.next_start <= now

    def _call_up(self) -> None:
        """Move what has come due to the ready hosts."""
        now = self._loop.time()
        while self._later and self._later[0][0] <= now:
            _, _, host, turn = heapq.heappop(self._later)
            if turn is not None:
                host.queue.appendleft(turn)
            else:
                host.is_listed = False
            self._list(host)

    def _set_timer(self) -> None:
        if not self._later:
            return
        when = self._later[0][0]
        if self._timer is not None and not self._timer.cancelled():
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._call_up()
        for _ in range(len(self._ready)):
            self._wake()
        self._set_timer()

    def _wake(self, *, everyone: bool = False) -> None:
        if not everyone and not self._ready:
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                if not everyone:
                    return
