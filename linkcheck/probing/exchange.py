"""One request without a body and the head of its answer, over the guarded connector.

aiohttp's connector, protocol and C parser do the work; its ``ClientSession`` is left out. It costs
as much again as all of them together, for what a checker must not have: cookies that are shared,
proxies and passwords from the environment, redirects followed without a guard.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import aiohttp
from aiohttp.client_reqrep import ClientRequest, ConnectionKey
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from linkcheck.probing.connecting import UNVERIFIED, GuardedConnector
from linkcheck.probing.receiving import BoundedHandler
from linkcheck.probing.settings import ProbeSettings

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.streams import StreamReader
    from multidict import CIMultiDictProxy

#: Only encodings that can be undone step by step, within bounds.
_FIXED_HEADERS = "Accept-Encoding: gzip, deflate\r\nAccept-Language: en,*;q=0.5\r\n"
_PAGES = "text/html,application/xhtml+xml,*/*;q=0.8"
_NOT_IN_A_HEADER = re.compile(r"[\r\n\0]")


class BadAnswer(aiohttp.ClientError):
    """What came back is not HTTP, or is beyond its bounds."""


class Dial:
    """What the connector reads of a request: where to connect, and how to trust."""

    __slots__ = ("connection_key", "host", "port", "proxy", "server_hostname", "ssl", "url")

    def __init__(self, url: URL, trust: ssl.SSLContext | bool) -> None:
        self.url = url
        self.host = url.raw_host or ""
        self.port = url.port
        self.ssl = trust
        self.proxy = None
        self.server_hostname = None
        self.connection_key = ConnectionKey(
            self.host, self.port, self.is_ssl(), trust, None, None, None
        )

    def is_ssl(self) -> bool:
        return self.url.scheme == "https"


class Reply:
    """The head of an answer, and the stream of its body. ``release`` it when done."""

    __slots__ = ("_connection", "headers", "status", "stream")

    def __init__(
        self,
        connection: Connection,
        status: int,
        headers: CIMultiDictProxy[str],
        stream: StreamReader,
    ) -> None:
        self._connection = connection
        self.status = status
        self.headers = headers
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
        self._settings = settings
        self._timeout = aiohttp.ClientTimeout(total=None, connect=settings.connect_s)
        connection = "" if settings.keep_alive_s else "Connection: close\r\n"
        self._headers = (
            f"User-Agent: {settings.user_agent}\r\nAccept: {accept}\r\n{_FIXED_HEADERS}{connection}"
        )

    async def ask(self, method: str, url: URL, headers: Mapping[str, str]) -> Reply:
        """Return the answer's head. Raises what the connector raises, and BadAnswer."""
        return await self._ask(method, url, headers, True)

    async def ask_unverified(self, method: str, url: URL) -> tuple[Reply, bytes | None]:
        """Ask without trust in the certificate; return it, in DER, with the answer (12)."""
        try:
            reply = await self._ask(method, url, {}, UNVERIFIED)
        finally:
            leaf = self._connector.take_leaf(url)
        return reply, leaf

    async def close(self) -> None:
        await self._connector.close()

    async def _ask(
        self, method: str, url: URL, headers: Mapping[str, str], trust: ssl.SSLContext | bool
    ) -> Reply:
        request = cast(ClientRequest, Dial(url, trust))
        while True:
            connection = await self._connect(request)
            handler = cast(BoundedHandler, connection.protocol)
            try:
                self._send(connection, handler, method, url, headers)
                return await self._read_head(connection, handler)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                connection.close()
                if not handler.is_reused:
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

    def _send(
        self,
        connection: Connection,
        handler: BoundedHandler,
        method: str,
        url: URL,
        headers: Mapping[str, str],
    ) -> None:
        settings = self._settings
        handler.set_response_params(
            skip_payload=method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=settings.first_byte_s,
            read_bufsize=32 * 1024,
            max_line_size=settings.max_header_line,
            max_field_size=settings.max_header_line,
            max_headers=settings.max_headers,
        )
        if connection.transport is None:
            raise aiohttp.ServerDisconnectedError
        lines = [f"{method} {url.raw_path_qs} HTTP/1.1\r\nHost: {url.host_port_subcomponent}\r\n"]
        lines.append(self._headers)
        for name, value in headers.items():
            if not _NOT_IN_A_HEADER.search(value):
                lines.append(f"{name}: {value}\r\n")
        lines.append("\r\n")
        connection.transport.write("".join(lines).encode("utf-8", "surrogateescape"))
        handler.start_timeout()

    async def _read_head(self, connection: Connection, handler: BoundedHandler) -> Reply:
        while True:
            try:
                message, stream = await handler.read()
            except HttpProcessingError as error:
                raise BadAnswer(error.message) from error
            except aiohttp.EofStream as error:
                raise aiohttp.ServerDisconnectedError from error
            if not 100 <= message.code < 200 or message.code == 101:
                return Reply(connection, message.code, message.headers, stream)
