"""One connection and the answers that come over it, within bounds: parsed by llhttp, as Node's are.

A head is handed over as soon as it ends. What may be wrong with the body after it (more than was
promised, or any at all where none may be) does not undo it: every browser shows such a page.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

import aiohttp
import httptools

#: All header bytes of one answer, with the interim (1xx) answers before it.
MAX_HEAD = 128 * 1024
#: So much of a body waits here to be read before the server is made to wait.
_MAX_WAITING = 128 * 1024
_WITHOUT_BODY = frozenset({204, 304})


class BadAnswer(aiohttp.ClientError):
    """What came back is not HTTP, or is beyond its bounds."""


class Head(NamedTuple):
    """The head of an answer: its fields by lower-case name, in order, as often as they came."""

    status: int
    fields: list[tuple[str, str]]

    def get(self, name: str, default: str = "") -> str:
        """The first field of that (lower-case) name."""
        return next((value for field, value in self.fields if field == name), default)

    def get_all(self, name: str) -> list[str]:
        """Every field of that (lower-case) name."""
        return [value for field, value in self.fields if field == name]


class Bounds(NamedTuple):
    """How much a head may hold, and how many seconds its first byte may take."""

    first_byte_s: float
    max_line: int
    max_headers: int


class Receiver(asyncio.Protocol):
    """What the connector keeps of a connection. ``begin`` before each request."""

    #: Whether another answer came over this connection before.
    is_reused = False
    #: Whether the guard admitted who is at the other end: that does not change.
    is_admitted = False

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[None] | None = None
        self._is_lost = False
        self._reset()

    def _reset(self) -> None:
        self._fields: list[tuple[str, str]] = []
        self._field_count = 0
        self._head_size = 0
        self._head: Head | None = None
        self._chunks: list[bytes] = []
        self._waiting_size = 0
        self._is_paused = False
        self._is_done = False
        self._is_reusable = False
        self._error: Exception | None = None

    def begin(self, bounds: Bounds, *, is_head_only: bool) -> asyncio.Transport:
        """Expect an answer; return where to write the request. Raises ServerDisconnectedError."""
        if self.transport is None or self.transport.is_closing():
            raise aiohttp.ServerDisconnectedError
        self.is_reused = self._parser is not None
        self._reset()
        self._bounds, self._is_head_only = bounds, is_head_only
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._timer = self._loop.call_later(bounds.first_byte_s, self._give_up_waiting)
        return self.transport

    async def read_head(self) -> Head:
        """Wait for the head of the answer. Raises BadAnswer and aiohttp's errors."""
        while self._head is None:
            if self._error is not None:
                raise self._error
            await self._wait()
        return self._head

    async def readany(self) -> bytes:
        """Wait for more of the body, b"" at its end. Raises aiohttp.ClientPayloadError."""
        while not self._chunks:
            if self._is_done:
                return b""
            if self._error is not None:
                raise self._error
            await self._wait()
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._waiting_size = 0
        if self._is_paused and self.transport is not None:
            self._is_paused = False
            self.transport.resume_reading()
        return data

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- what the loop says ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._stop_timer()
        if self._parser is None or self._is_done or self._error is not None:
            self.close()  # nobody asked for this
            return
        is_in_head = self._head is None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_done = True
        except httptools.HttpParserError as error:
            self._fail(error)
        if is_in_head and self._head is None and self._error is None:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD:
                self._fail(BadAnswer("headers without end"))
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self.transport = None
        self._stop_timer()
        if self._head is None:
            is_ours = isinstance(exc, OSError)
            lost = aiohttp.ClientOSError(*exc.args) if is_ours and exc else None
            self._error = self._error or lost or aiohttp.ServerDisconnectedError()
        elif not self._is_done:
            self._end_with_connection(exc)
        self._wake()
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    def _end_with_connection(self, exc: Exception | None) -> None:
        """An answer that says nothing of its length ends so; another one broke off."""
        assert self._head is not None
        has_length = self._head.get("content-length") or self._head.get("transfer-encoding")
        if exc is None and not has_length:
            self._is_done = True
        else:
            self._error = self._error or aiohttp.ClientPayloadError("the connection ended")

    def _give_up_waiting(self) -> None:
        self._error = self._error or aiohttp.SocketTimeoutError("no answer in time")
        self._wake()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fail(self, error: Exception) -> None:
        """Take no more; whoever waits hears of it."""
        if self._head is None:
            message = str(error.__context__ or error)
            self._error = error if isinstance(error, BadAnswer) else BadAnswer(message)
        elif not self._is_done:
            self._error = aiohttp.ClientPayloadError(str(error))
        if self.transport is not None:
            self.transport.close()

    # --- what the parser says -------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        self._field_count += 1
        length = len(name) + len(value)
        if self._field_count > self._bounds.max_headers or length > self._bounds.max_line:
            raise BadAnswer("too many headers, or one that is too long")
        text = value.strip(b" \t").decode("utf-8", "surrogateescape")
        self._fields.append((name.decode("latin-1").lower(), text))

    def on_headers_complete(self) -> None:
        if self._head is not None or self._parser is None:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self._fields = []  # an interim answer: the real one follows
            return
        self._head = Head(status, self._fields)
        if self._is_head_only or status in _WITHOUT_BODY:
            self._is_done = True

    def on_body(self, body: bytes) -> None:
        if self._is_done:
            return
        self._chunks.append(body)
        self._waiting_size += len(body)
        if self._waiting_size > _MAX_WAITING and not self._is_paused and self.transport:
            self._is_paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._head is None or self._parser is None:
            return
        self._is_done = True
        self._is_reusable = self._parser.should_keep_alive()

    # --- what the connector asks ----------------------------------------------------------------

    def is_connected(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    @property
    def should_close(self) -> bool:
        """Whether the connection is of no use for another request."""
        return not self._is_reusable or self._error is not None

    @property
    def closed(self) -> asyncio.Future[None] | None:
        """Done once the connection is gone; None if it is."""
        if self._gone is None and not self._is_lost:
            self._gone = self._loop.create_future()
        return self._gone

    def close(self) -> None:
        self._stop_timer()
        if self.transport is not None:
            self.transport.close()
            self.transport = None

    def abort(self) -> None:
        self._stop_timer()
        if self.transport is not None:
            self.transport.abort()
            self.transport = None
