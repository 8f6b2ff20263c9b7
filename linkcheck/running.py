"""Looking at claimed links: probes first, without any transaction; results in bulk as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils import timezone

from linkcheck import outage
from linkcheck.bookings import find_booked, open_desk
from linkcheck.configuration import pace_from_django, probe_settings_from_django
from linkcheck.leases import BegunClaim, Claim, begin, database_now, is_anyone_waiting, release
from linkcheck.models import Link
from linkcheck.observations import Observation
from linkcheck.own_site import look_at_own
from linkcheck.pacing import Pace, ProbeRequest, host_key, probe_all
from linkcheck.politeness import find_pauses, load_manners, save_manners
from linkcheck.probing import Prober, ProbeSettings
from linkcheck.recalling import recall
from linkcheck.results import Result, rest_unreached, write_results
from linkcheck.robots import RobotsMode

logger = logging.getLogger(__name__)

#: So many results are written together …
CHUNK = 500
#: … or what there is after so many seconds: a person who asked for a look is waiting.
CHUNK_AFTER_S = 2.0
#: No address is begun later than this in a batch: with its retries it ends within ten minutes.
STOP_AFTER_S = 400.0
#: A batch of the backlog works at least so long before it gives way to what people wait for.
GIVES_WAY_AFTER_S = 20.0
_ATTEMPTS = 3

OnWritten = Callable[[list[Link]], None]


def check_claimed(
    claim: Claim,
    *,
    on_written: OnWritten | None = None,
    probe_settings: ProbeSettings | None = None,
    pace: Pace | None = None,
    gives_way: bool = False,
    clock: Callable[[], datetime] | None = None,
) -> int:
    """Look at the links of ``claim`` and write what was seen; how many results were written.

    Safe to run twice and in several places at once: a claim begins once, and a result is written
    only while its claim holds. ``on_written`` is told of each chunk of links as they stand then.
    Where it ``gives_way`` it ends early when people wait for other links. To be called outside any
    transaction and outside any event loop. How to ask and how hard to press is what Django's
    settings say, unless given; what is seen is dated by ``clock``, that of the database unless
    given.
    """
    begun = begin(claim)
    if not begun.links:
        return 0
    way = GIVES_WAY_AFTER_S if gives_way else None
    run = _Run(
        begun,
        probe_settings or probe_settings_from_django(),
        pace or replace(pace_from_django(), stop_after_s=STOP_AFTER_S, gives_way_after_s=way),
        clock or _shared_clock(),
    )
    written = 0
    try:
        for links in run.chunks():
            written += len(links)
            if on_written is not None:
                on_written(links)
    finally:
        release(begun, run.find_pauses())
    return written


def _shared_clock() -> Callable[[], datetime]:
    """The clock that all workers share: one machine's own may be wrong."""
    error = database_now() - timezone.now()
    return lambda: timezone.now() + error


class _Run:
    """One event loop that probes, paused whenever enough was seen to be written.

    The database is spoken to between two stretches of the loop, never inside it: no thread of its
    own is needed, and memory holds one chunk.
    """

    def __init__(
        self,
        begun: BegunClaim,
        settings: ProbeSettings,
        pace: Pace,
        clock: Callable[[], datetime],
    ) -> None:
        self._begun = begun
        self._settings = settings
        self._pace = pace
        self._seen: list[Result] = []
        self._held: list[Result] = []  # what could not be reached: perhaps because of us
        self._contacts: dict[int, bool] = {}  # by host: whether any of its links was reached
        self._is_full = asyncio.Event()
        self._desk = open_desk(pace)
        self._began_at = self._looked_at = monotonic()
        self._now = clock
        self._recollection = recall(begun.links, self._now())
        self._manners = load_manners(
            begun.links,
            mode=RobotsMode(django_settings.LINKCHECK_ROBOTS),
            token=settings.token,
            now=self._now(),
        )
        self._requests = list(self._list_requests())
        self._hear_of_visits()

    def find_pauses(self) -> dict[timedelta, list[str]]:
        """How long each domain is left alone before another worker may go on."""
        return find_pauses(self._manners, self._begun.domains, self._pace.host_delay_s)

    def chunks(self) -> Iterator[list[Link]]:
        """Probe everything; yield the links of each chunk once its results are written."""
        with asyncio.Runner() as runner:
            probing = runner.get_loop().create_task(self._probe())
            is_done = False
            while not is_done:
                is_done = runner.run(self._pause(probing))
                self._desk.answer()
                if self._may_write(is_done):
                    results, self._seen = self._seen, []
                    yield _write(results)
                if self._is_late:
                    self._hear_of_visits()
                    self._give_way()
            probing.result()
        now = self._now()
        is_cut_off = outage.judge(self._contacts, now)
        save_manners(self._manners, self._begun.links, now, was_cut_off=is_cut_off)
        if is_cut_off:
            return  # rule 13: the links stay due
        rest_unreached(self._manners, now)
        for start in range(0, len(self._held), CHUNK):
            yield _write(self._held[start : start + CHUNK])

    async def _probe(self) -> None:
        honest = self._recollection.honest
        async with Prober(self._settings, clock=self._now, honest=honest) as prober:
            await probe_all(
                prober,
                self._requests,
                self._pace,
                self._collect,
                manners=self._manners,
                desk=self._desk,
            )

    def _list_requests(self) -> Iterator[ProbeRequest]:
        """What is to be asked; addresses of the site itself are resolved instead (rule 18)."""
        for link in self._begun.links:
            own = look_at_own(link.url, self._now())
            if own is not None:
                self._seen.append(Result(link.pk, link.claim_number, "", own))
                continue
            is_wanted_whole = link.pk in self._recollection.wanted_whole
            yield ProbeRequest(
                link.url,
                "" if is_wanted_whole else link.etag,
                "" if is_wanted_whole else link.last_modified,
                tag=link,
                known=self._recollection.known[link.pk],
                asked_at=link.last_checked_at,
            )

    def _collect(self, request: ProbeRequest, seen: Observation) -> None:
        link: Link = request.tag
        domain = link.host.domain if link.host else ""
        if seen.is_redirected:
            domain = host_key(seen.final_url)  # which may ask for a rest
        result = Result(link.pk, link.claim_number, domain, seen)
        is_unreachable = outage.is_unreachable(seen)
        (self._held if is_unreachable else self._seen).append(result)
        if link.host_id is not None and seen.was_asked:
            was_reached = self._contacts.get(link.host_id, False)
            self._contacts[link.host_id] = was_reached or not is_unreachable
        if len(self._seen) >= CHUNK:
            self._is_full.set()

    async def _pause(self, probing: asyncio.Task[None]) -> bool:
        """Let the loop run until there is something to do; whether everything was probed."""
        full = asyncio.ensure_future(self._is_full.wait())
        asked = asyncio.ensure_future(self._desk.wait_for_wishes())
        await asyncio.wait(
            {probing, full, asked}, timeout=CHUNK_AFTER_S, return_when=asyncio.FIRST_COMPLETED
        )
        full.cancel()
        asked.cancel()
        self._is_full.clear()
        return probing.done()

    def _may_write(self, is_done: bool) -> bool:
        """Whether enough was seen, or long enough ago: not for every visit that is asked for."""
        return bool(self._seen) and (is_done or self._is_late or len(self._seen) >= CHUNK)

    @property
    def _is_late(self) -> bool:
        return monotonic() - self._looked_at >= CHUNK_AFTER_S

    def _give_way(self) -> None:
        """End soon where people wait for links and no worker is free; the rest is due again."""
        after_s = self._pace.gives_way_after_s
        if after_s is None or monotonic() - self._began_at < after_s:
            return
        if any(link.is_urgent for link in self._begun.links):
            return
        if is_anyone_waiting(self._begun.domains):
            self._desk.end()

    def _hear_of_visits(self) -> None:
        """Hear which starts on our domains are booked by others."""
        self._looked_at = monotonic()
        if self._pace.host_delay_s:
            self._desk.tell(find_booked(self._begun.domains))


def _write(results: list[Result]) -> list[Link]:
    """Write a chunk; again if the database broke off, as it may when it is started anew."""
    for attempt in range(1, _ATTEMPTS):
        try:
            return write_results(results)
        except OperationalError as error:
            logger.warning("writing %d results failed (%d): %s", len(results), attempt, error)
            connection.close_if_unusable_or_obsolete()
    return write_results(results)
