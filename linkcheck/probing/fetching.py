"""One document from a service we were told to use (an archive, a forge): guarded and bounded."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver

from linkcheck.guard import check_url
from linkcheck.probing.bodies import read_start
from linkcheck.probing.chain import WaitForTurn
from linkcheck.probing.connecting import GuardedConnector, ThreadedResolver
from linkcheck.probing.exchange import Exchange, Reply
from linkcheck.probing.failures import describe_failure
from linkcheck.probing.prober import verified_context
from linkcheck.probing.settings import ProbeSettings

logger = logging.getLogger(__name__)

#: Answers of APIs are larger than what is read of a page; one that is longer is cut, and no JSON.
MAX_BODY = 512 * 1024
_WITHOUT_BODY = frozenset({204, 304})


class FetchError(Exception):
    """No usable answer; the text names neither the address nor anything that was sent."""


class NotNowError(FetchError):
    """The service may not be asked before ``wait_s`` are over; nothing was sent."""

    def __init__(self, wait_s: int) -> None:
        super().__init__("its host rests")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Document:
    """What one request brought: ``headers`` by lower-case name, the first of each."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def read_json(self) -> Any:
        """The body as JSON. Raises FetchError where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise FetchError("the answer is not JSON") from error


class Fetcher:
    """An asynchronous context manager for a few requests; follows no redirect.

    The guard, the bounds on time and size and the absence of proxies are those of the prober.
    ``wait_for_turn(url)`` is awaited before each request. ``resolver`` and ``ssl_context`` are
    for tests.
    """

    def __init__(
        self,
        settings: ProbeSettings,
        *,
        wait_for_turn: WaitForTurn | None = None,
        accept: str = "application/json,*/*;q=0.8",
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._wait_for_turn = wait_for_turn
        self._accept = accept
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._exchange: Exchange | None = None

    async def __aenter__(self) -> Self:
        connector = GuardedConnector(
            self._settings.guard,
            self._resolver or ThreadedResolver(2),
            ssl_context=self._ssl_context or verified_context(),
            keep_alive_s=self._settings.keep_alive_s,
        )
        self._exchange = Exchange(connector, self._settings, accept=self._accept)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._exchange is not None:
            await self._exchange.close()
            self._exchange = None

    async def fetch(
        self, url: str, headers: Mapping[str, str] | None = None, *, max_body: int = MAX_BODY
    ) -> Document:
        """GET ``url`` and return what it answers, whatever the status.

        At most ``max_body`` decoded bytes are read. Raises FetchError for everything else that a
        server, a network or the guard can do, NotNowError where it may not be asked now.
        """
        if self._wait_for_turn and (wait_s := await self._wait_for_turn(url)):
            raise NotNowError(wait_s)
        try:
            async with asyncio.timeout(self._settings.total_s):
                return await self._fetch(url, headers or {}, max_body)
        except (aiohttp.ClientError, OSError, zlib.error) as error:
            kind, detail = describe_failure(error)
            raise FetchError(detail or kind.value) from None
        except Exception as error:  # a server can make the client's own parser stumble
            logger.exception("fetching failed in an unforeseen way")
            raise FetchError(type(error).__name__) from None

    async def _fetch(self, url: str, headers: Mapping[str, str], max_body: int) -> Document:
        assert self._exchange is not None, "Fetcher is an asynchronous context manager"
        target = check_url(url, self._settings.guard)
        reply = await self._exchange.ask("GET", target, headers)
        body = bytearray()
        try:
            if max_body and reply.head.status not in _WITHOUT_BODY:
                await self._read(reply, body, max_body)
            return Document(target.href, reply.head.status, _join(reply), bytes(body))
        finally:
            reply.release()

    async def _read(self, reply: Reply, body: bytearray, max_body: int) -> None:
        await read_start(
            reply.stream,
            body,
            encoding=reply.head.get("content-encoding").strip().lower(),
            max_body=max_body,
            max_wire=max_body,
        )


def _join(reply: Reply) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in reply.head.fields:
        # Links may be given in several lines (RFC 9110 §5.3); of all else the first counts.
        if name == "link" and name in headers:
            headers[name] += f", {value}"
        headers.setdefault(name, value)
    return headers
