"""The prober: asks an address once, politely and under the guard, and says what it saw."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from linkcheck import robots
from linkcheck.classification import RETRIED, classify
from linkcheck.observations import NOTHING_KNOWN, ErrorKind, Known, Observation, SiblingLook
from linkcheck.probing.bodies import is_html
from linkcheck.probing.chain import Chain, WaitForTurn
from linkcheck.probing.comparing import Comparer, Directory
from linkcheck.probing.connecting import GuardedConnector, ThreadedResolver
from linkcheck.probing.exchange import Exchange
from linkcheck.probing.failures import describe_failure, find_refusal
from linkcheck.probing.settings import ProbeSettings

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def verified_context() -> ssl.SSLContext:
    """Return the context for verified connections; reading all authorities takes a while."""
    return ssl.create_default_context()


class Prober:
    """An asynchronous context manager that asks addresses; one for a whole batch.

    ``honest`` are directories of which it is known that what does not exist is answered with 404.
    ``resolver``, ``ssl_context`` (for verified connections), ``clock`` and ``rng`` are for tests.
    ``probe`` and ``look`` never raise for anything that an address or a server can do: that is
    an observation.
    """

    def __init__(
        self,
        settings: ProbeSettings,
        *,
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
        honest: Mapping[Directory, SiblingLook] | None = None,
    ) -> None:
        self.settings = settings
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._exchange: Exchange | None = None
        self._wait_for_turn: WaitForTurn | None = None
        self._comparer = Comparer(self._ask_beside, self._rng, honest or {})

    async def __aenter__(self) -> Self:
        settings = self.settings
        connector = GuardedConnector(
            settings.guard,
            self._resolver or ThreadedResolver(settings.resolver_threads),
            ssl_context=self._ssl_context or verified_context(),
            keep_alive_s=settings.keep_alive_s,
        )
        self._exchange = Exchange(connector, settings)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._exchange is not None:
            await self._exchange.close()
            self._exchange = None

    def now(self) -> datetime:
        """The time by which it dates what it sees."""
        return self._clock()

    def keep_pace(self, wait_for_turn: WaitForTurn) -> None:
        """Have ``wait_for_turn(url)`` awaited before every request but the first of a look.

        That is: redirects, GET after HEAD, addresses beside the wanted one. It returns 0, or the
        seconds after which to try again instead.
        """
        self._wait_for_turn = wait_for_turn

    async def probe(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        known: Known = NOTHING_KNOWN,
    ) -> Observation:
        """Return what was seen at ``url``, after the retries that a soft failure gets (4).

        ``etag`` and ``last_modified`` are those of the last answer: they make the request
        conditional. A caller with a queue retries through it instead (``pacing.probe_all``).
        """
        for attempt in range(1, len(self.settings.retry_delays_s) + 2):
            seen = await self.look(
                url, etag=etag, last_modified=last_modified, attempt=attempt, known=known
            )
            delay_s = self.retry_delay(seen)
            if delay_s is None:
                break
            await asyncio.sleep(delay_s)
        return seen

    def retry_delay(self, seen: Observation) -> float | None:
        """Return the seconds to wait before another look, or None if ``seen`` is final."""
        delays_s = self.settings.retry_delays_s
        if seen.attempts > len(delays_s) or classify(seen)[0] not in RETRIED:
            return None
        return delays_s[seen.attempts - 1] * self._rng.uniform(0.8, 1.2)

    async def look(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        attempt: int = 1,
        known: Known = NOTHING_KNOWN,
        alone: bool = False,
    ) -> Observation:
        """Return what one attempt saw: a chain of redirects and whatever it takes to judge it.

        ``known`` is what earlier looks left: it decides how closely this one looks. ``alone``
        asks for nothing but the address itself.
        """
        conditions: dict[str, str] = {}
        if etag:
            conditions["If-None-Match"] = etag
        if last_modified:
            conditions["If-Modified-Since"] = last_modified
        if self._is_binary(url):
            seen = await self._ask(url, "HEAD", conditions, attempt)
            if _is_enough(seen):
                return seen  # any other answer to HEAD is followed by GET (1)
            if rest_s := await self._wait(url):
                return self._put_off(url, ErrorKind.TARGET_RESTS, rest_s)
        seen = await self._ask(url, "GET", conditions, attempt, known.fragments)
        return seen if alone else await self._comparer.compare(seen, known)

    async def fetch_robots(self, url: str) -> tuple[Observation, bytes]:
        """Return what came from ``url``, the address of a robots.txt, and the text of it."""
        assert self._exchange is not None, "Prober is an asynchronous context manager"
        settings = replace(
            self.settings,
            max_body=robots.MAX_BODY,
            max_wire_body=2 * robots.MAX_BODY,
            max_redirects=robots.MAX_REDIRECTS,
        )
        chain = Chain(self._exchange, settings, url, "GET", {}, self._clock)
        seen = await self._follow(chain, 1)
        return seen, chain.body

    def _is_binary(self, url: str) -> bool:
        path = url.partition("?")[0].partition("#")[0]
        return path.lower().endswith(self.settings.binary_suffixes)

    async def _ask(
        self,
        url: str,
        method: str,
        conditions: dict[str, str],
        attempt: int,
        fragments: tuple[str, ...] = (),
    ) -> Observation:
        assert self._exchange is not None, "Prober is an asynchronous context manager"
        chain = Chain(
            self._exchange, self.settings, url, method, conditions, self._clock, fragments
        )
        return await self._follow(chain, attempt)

    async def _follow(self, chain: Chain, attempt: int) -> Observation:
        loop = asyncio.get_running_loop()
        started = loop.time()
        error, detail = ErrorKind.NONE, ""

        async def wait_for_turn(url: str) -> int:
            """Wait outside the time that an attempt may take."""
            nonlocal started
            ends_at, began = deadline.when(), loop.time()
            deadline.reschedule(None)
            rest_s = await self._wait(url)
            waited_s = loop.time() - began
            started += waited_s
            deadline.reschedule(None if ends_at is None else ends_at + waited_s)
            return rest_s

        try:
            async with asyncio.timeout(self.settings.total_s) as deadline:
                await chain.follow(wait_for_turn)
        except (aiohttp.ClientError, OSError, zlib.error) as failure:
            if refusal := find_refusal(failure):
                logger.info("guard refused an address: %s", refusal.detail)
            error, detail = describe_failure(failure)
        except Exception as failure:  # a server can make the client's own parser stumble
            logger.exception("probing failed in an unforeseen way")
            error, detail = ErrorKind.PROTOCOL, type(failure).__name__
        elapsed_ms = round((loop.time() - started) * 1000)
        return chain.observe(error, detail, elapsed_ms=elapsed_ms, attempts=attempt)

    async def _ask_beside(self, url: str) -> Observation:
        if self._wait_for_turn is None:
            await asyncio.sleep(self.settings.sibling_delay_s)
        elif rest_s := await self._wait(url):
            return self._put_off(url, ErrorKind.NOT_ASKED, rest_s)
        return await self._ask(url, "GET", {}, 1)

    async def _wait(self, url: str) -> int:
        return 0 if self._wait_for_turn is None else await self._wait_for_turn(url)

    def _put_off(self, url: str, error: ErrorKind, rest_s: int) -> Observation:
        return Observation(url=url, at=self._clock(), error=error, retry_after=rest_s)


def _is_enough(seen: Observation) -> bool:
    """Return whether the answer to a HEAD says all: a file, not the page of an error or a site."""
    is_good = seen.error is ErrorKind.NONE and 200 <= (seen.status or 0) < 300
    return is_good and not is_html(seen.headers.get("content-type", "-"), b"")
