"""One request without a body and the head of its answer, over the guarded connector.

aiohttp's connector dials; its ``ClientSession`` is left out. It costs as much again as the rest,
for what a checker must not have: cookies that are shared, proxies and passwords from the
environment, redirects followed without a guard.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import aiohttp
from aiohttp.client_reqrep import ClientRequest, ConnectionKey

from linkcheck.guard import ParsedTarget
from linkcheck.probing.connecting import UNVERIFIED, GuardedConnector
from linkcheck.probing.receiving import Bounds, Head, Receiver
from linkcheck.probing.settings import ProbeSettings

if TYPE_CHECKING:
    from aiohttp.connector import Connection

#: Only encodings that can be undone step by step, within bounds.
_FIXED_HEADERS = "Accept-Encoding: gzip, deflate\r\nAccept-Language: en,*;q=0.5\r\n"
_PAGES = "text/html,application/xhtml+xml,*/*;q=0.8"
_NOT_IN_A_HEADER = re.compile(r"[\r\n\0]")


class Dial:
    """What the connector reads of a request: where to connect, and how to trust.

    The host is that which the guard read: no second parser may understand another.
    """

    __slots__ = ("_is_ssl", "connection_key", "host", "port", "ssl")
    proxy = None
    server_hostname = None

    def __init__(self, target: ParsedTarget, trust: ssl.SSLContext | bool) -> None:
        self.host = target.host
        self.port = target.port
        self.ssl = trust
        self._is_ssl = target.scheme == "https"
        self.connection_key = ConnectionKey(
            self.host, self.port, self._is_ssl, trust, None, None, None
        )

    @property
    def url(self) -> Dial:
        """Of an address only ``raw_host`` is read."""
        return self

    @property
    def raw_host(self) -> str:
        return self.host

    def is_ssl(self) -> bool:
        return self._is_ssl


class Reply:
    """The head of an answer; ``stream`` has its body. ``release`` it when done."""

    __slots__ = ("_connection", "head", "stream")

    def __init__(self, connection: Connection, head: Head, stream: Receiver) -> None:
        self._connection = connection
        self.head = head
        self.stream = stream

    def release(self) -> None:
        """Keep the connection for the next request if all was read, else cut it."""
        self._connection.release()


class Exchange:
    """Asks over ``connector``; nothing is remembered from one request to the next.

    ``accept`` says what kinds of documents are wanted: pages, unless told otherwise.
    """

    def __init__(
        self, connector: GuardedConnector, settings: ProbeSettings, *, accept: str = _PAGES
    ) -> None:
        self._connector = connector
        self._timeout = aiohttp.ClientTimeout(total=None, connect=settings.connect_s)
        self._bounds = Bounds(settings.first_byte_s, settings.max_header_line, settings.max_headers)
        connection = "" if settings.keep_alive_s else "Connection: close\r\n"
        self._headers = (
            f"User-Agent: {settings.user_agent}\r\nAccept: {accept}\r\n{_FIXED_HEADERS}{connection}"
        )

    async def ask(self, method: str, target: ParsedTarget, headers: Mapping[str, str]) -> Reply:
        """Return the answer's head. Raises what the connector raises, and BadAnswer."""
        return await self._ask(method, target, headers, Dial(target, True))

    async def ask_unverified(self, method: str, target: ParsedTarget) -> tuple[Reply, bytes | None]:
        """Ask without trust in the certificate; return it, in DER, with the answer (12)."""
        dial = Dial(target, UNVERIFIED)
        try:
            reply = await self._ask(method, target, {}, dial)
        finally:
            leaf = self._connector.take_leaf(dial.connection_key)
        return reply, leaf

    async def close(self) -> None:
        await self._connector.close()

    async def _ask(
        self, method: str, target: ParsedTarget, headers: Mapping[str, str], dial: Dial
    ) -> Reply:
        request = cast(ClientRequest, dial)
        while True:
            connection = await self._connect(request)
            receiver = cast(Receiver, connection.protocol)
            try:
                transport = receiver.begin(self._bounds, is_head_only=method == "HEAD")
                transport.write(self._write_request(method, target, headers))
                return Reply(connection, await receiver.read_head(), receiver)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                connection.close()
                if not receiver.is_reused:
                    raise
                # The server had closed an idle connection (RFC 9110 §9.2.2): ask on another.
            except BaseException:
                connection.close()
                raise

    async def _connect(self, request: ClientRequest) -> Connection:
        try:
            return await self._connector.connect(request, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error

    def _write_request(
        self, method: str, target: ParsedTarget, headers: Mapping[str, str]
    ) -> bytes:
        lines = [f"{method} {target.path} HTTP/1.1\r\nHost: {target.authority}\r\n", self._headers]
        for name, value in headers.items():
            if not _NOT_IN_A_HEADER.search(value):
                lines.append(f"{name}: {value}\r\n")
        lines.append("\r\n")
        return "".join(lines).encode("utf-8", "surrogateescape")
