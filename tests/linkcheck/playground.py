"""A web server for tests that behaves as badly as it is told to.

It runs on asyncio in a thread of its own, on loopback addresses and a free port, one listener for
each host wanted::

    with Playground(hosts=3) as web:        # 127.0.0.1, 127.0.0.2, 127.0.0.3
        url = web.url("/404")               # http://127.0.0.1:PORT/404
        other = web.url("/ok", host=1)      # http://127.0.0.2:PORT/ok, the same port
        web.answers["/page"] = Answer(200, b"<title>Hello</title>")
        ...                                 # later, while it runs:
        web.answers["/page"] = Answer(404)
        web.requests                        # what was asked: list of Request

The prober admits it with ``GuardPolicy(admit_networks=(ip_network("127.0.0.0/8"),),
ports=frozenset({web.port}))``; a whole site with the environment variables
``LINKCHECK_ADMIT_NETWORKS=127.0.0.0/8`` and ``LINKCHECK_PORTS=80,443,PORT``.

``sites`` holds whole sites by name (``example.org``, or ``*.example.org`` for all names below): a
function from a Request to its answer, found by the Host header. ``hard_cases`` has many.

A path is looked up in ``answers`` (by path alone, or by "host-address/path" first), then among the
built-in ones:

- ``/ok`` 200 with a small page; ``/status/NNN`` (and plain ``/404``, ``/410``, ``/500`` …) that
  status with a body; every other path 404
- ``/redirect/NNN?to=URL`` a redirect with that status (``to`` as it is, not decoded);
  ``/chain/N`` 301 down to ``/ok``; ``/loop`` to itself; ``/cookie-loop`` to itself until its
  cookie comes back
- ``/429?after=S`` and ``/503?after=S`` with Retry-After
- anything in ``BEHAVIOURS``: the hostile ones, which write raw bytes (``/slow-loris``, …)

An ``Answer`` has status, body, headers; a ``Behaviour`` is a coroutine function
``(reader, writer, request)`` for what an ``Answer`` cannot say. With ``ssl_context`` it speaks TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

PAGE = (
    b"<!doctype html><html><head><title>A page</title></head>"
    b"<body><p>Words that stand on a page.</p></body></html>"
)


@dataclass(frozen=True)
class Request:
    method: str
    target: str  # path with query
    host: str  # the address it came in at
    headers: dict[str, str]
    at: float = 0.0  # the loop's clock, seconds

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = PAGE
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self, request: Request) -> bytes:
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(self.body)),
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.status} Because"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        has_body = request.method != "HEAD" and self.status not in (204, 304)
        return head + (self.body if has_body else b"")


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Request], Awaitable[None]]
Site = Callable[[Request], Answer | Behaviour]
OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


class Playground:
    def __init__(
        self,
        *,
        hosts: int = 1,
        ssl_context: ssl.SSLContext | None = None,
        answers: dict[str, Answer | Behaviour] | None = None,
    ) -> None:
        self.hosts = [f"127.0.0.{number + 1}" for number in range(hosts)]
        self.answers: dict[str, Answer | Behaviour] = answers or {}
        self.sites: dict[str, Site] = {}
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self._ssl_context = ssl_context
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "the playground did not open"
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def url(self, path: str, host: int = 0) -> str:
        scheme = "https" if self._ssl_context else "http"
        return f"{scheme}://{self.hosts[host]}:{self.port}{path}"

    def count(self, path: str) -> int:
        """Return how often ``path`` was asked for."""
        return sum(request.path == path for request in self.requests)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        servers = []
        for host in self.hosts:
            servers.append(
                await asyncio.start_server(
                    self._handle, host, self.port, ssl=self._ssl_context, backlog=1024
                )
            )
            self.port = servers[0].sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError
        ):
            while await self._handle_one(reader, writer):
                pass
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            writer.close()

    async def _handle_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines if line)
        request = Request(
            method=method,
            target=target,
            host=writer.get_extra_info("sockname")[0],
            headers={name.lower(): value.strip() for name, _, value in pairs},
            at=self._loop.time(),
        )
        self.requests.append(request)
        answer = self._find(request)
        if isinstance(answer, Answer):
            writer.write(answer.encode(request))
            await writer.drain()
            return request.headers.get("connection", "").lower() != "close"
        await answer(reader, writer, request)
        return False

    def _find(self, request: Request) -> Answer | Behaviour:
        name = request.headers.get("host", "").partition(":")[0]
        for key in (name, "*." + name.partition(".")[2]):
            if key in self.sites:
                return self.sites[key](request)
        for key in (request.host + request.path, request.path):
            if key in self.answers:
                return self.answers[key]
        name = request.path.strip("/")
        if name in BEHAVIOURS:
            return BEHAVIOURS[name]
        return built_in_answer(request)


def built_in_answer(request: Request) -> Answer:
    kind, _, rest = request.path.strip("/").partition("/")
    after = request.query.partition("after=")[2]
    if kind == "ok":
        return Answer()
    if kind == "status" and rest.isdigit():
        return Answer(int(rest), b"said so")
    if kind in ("429", "503") and after:
        return Answer(int(kind), b"later", {"Retry-After": after.replace("_", " ")})
    if kind.isdigit() and len(kind) == 3:
        return Answer(int(kind), b"said so")
    return _built_in_redirect(request, kind, rest)


def _built_in_redirect(request: Request, kind: str, rest: str) -> Answer:
    if kind == "redirect":
        return redirect(request.query.partition("to=")[2], int(rest))
    if kind == "chain":
        return redirect(f"/chain/{int(rest) - 1}" if int(rest) > 1 else "/ok")
    if kind == "loop":
        return redirect("/loop", 302)
    if kind == "cookie-loop":
        if "seen=1" in request.headers.get("cookie", ""):
            return Answer()
        return Answer(302, b"", {"Location": "/cookie-loop", "Set-Cookie": "seen=1; Path=/"})
    return Answer(404, b"nothing here")


def redirect(to: str, status: int = 301) -> Answer:
    return Answer(status, b"", {"Location": to})


# --- The hostile ones, named as in hostile_server_behaviours.json --------------------------------


async def _huge_body(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    writer.write(OK_HEAD + b"Connection: close\r\n\r\n<title>Endless</title>")
    while not writer.is_closing():
        writer.write(b"endless words " * 4096)
        await writer.drain()


async def _huge_header(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    writer.write(OK_HEAD + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n")
    await writer.drain()


async def _many_headers(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    writer.write(OK_HEAD)
    for number in range(100_000):
        writer.write(b"X-%d: y\r\n" % number)
        await writer.drain()
        if writer.is_closing():
            return
    writer.write(b"\r\n")
    await writer.drain()


async def _slow_loris(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    for number in range(10_000):
        writer.write((b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 10_000)[number : number + 1])
        await writer.drain()
        await asyncio.sleep(0.05)


async def _slow_body(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    writer.write(OK_HEAD + b"Content-Length: 100000\r\n\r\n")
    for _ in range(10_000):
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.05)


def _bomb() -> bytes:
    block = gzip.compress(b"\0" * 10_000_000, 9)
    return block * 100  # 1 MB on the wire, 1 GB inflated


async def _gzip_bomb(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    bomb = _bomb()
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    writer.write(OK_HEAD + head.encode() + bomb)
    await writer.drain()


async def _br_bomb(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    # The checker never asks for brotli; it must not touch what comes all the same.
    body = bytes.fromhex("cbffff3f00240f") + b"\0" * 100_000
    head = f"Content-Encoding: br\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(OK_HEAD + head.encode() + body)
    await writer.drain()


async def _chunked_endless(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    writer.write(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"1000\r\n" + b"c" * 4096 + b"\r\n")
        await writer.drain()


async def _no_response(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    await asyncio.sleep(3600)


async def _rst(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _empty_reply(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    writer.close()


async def _continue_flood(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0)


def says(raw: bytes) -> Behaviour:
    """Return a behaviour that writes ``raw`` and closes."""

    async def say(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> None:
        writer.write(raw)
        await writer.drain()

    return say


BEHAVIOURS: dict[str, Behaviour] = {
    "huge-body": _huge_body,
    "huge-header": _huge_header,
    "many-headers": _many_headers,
    "slow-loris": _slow_loris,
    "slow-body": _slow_body,
    "gzip-bomb": _gzip_bomb,
    "br-bomb": _br_bomb,
    "chunked-endless": _chunked_endless,
    "no-response": _no_response,
    "rst": _rst,
    "empty-reply": _empty_reply,
    "http09": says(b"<html>no status line</html>"),
    "bad-status": says(b"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n"),
    "100-continue-flood": _continue_flood,
    "204-with-body": says(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
    "content-length-lie": says(OK_HEAD + b"Content-Length: 100000\r\n\r\n<title>Short</title>"),
    "content-length-short": says(OK_HEAD + b"Content-Length: 3\r\n\r\nmore than three"),
}
