"""A small load generator: a bounded number of requests over connections that are kept."""

import re
import socket
import statistics
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from benchmarks.report import Value


@dataclass(frozen=True)
class Load:
    """What the requests took: seconds each, and all of them together."""

    times: list[float]
    elapsed: float

    def as_row(self, what: str) -> dict[str, Value]:
        """Return the figures of one line of a table."""
        times = [1000 * t for t in sorted(self.times)]
        return {
            "what": what,
            "requests": len(times),
            "requests/s": len(times) / self.elapsed,
            "min ms": times[0],
            "median ms": statistics.median(times),
            "p95 ms": times[int(0.95 * (len(times) - 1))],
            "max ms": times[-1],
        }


class Client:
    """One kept connection; the little of HTTP that our own server needs, for little time of ours.

    Python's own client takes longer for a request than the server for a page that it has kept.
    """

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"Host": "127.0.0.1", **(headers or {})}

    def get(self, path: str) -> float:
        """Ask for a page that must be there; return the seconds it took."""
        return self._ask("GET", path, 200)

    def post(self, path: str, fields: Mapping[str, str]) -> float:
        """Send a form that must be accepted with a redirect; return the seconds it took."""
        return self._ask("POST", path, 302, urlencode(fields).encode())

    def _ask(self, method: str, path: str, expected: int, body: bytes = b"") -> float:
        headers = dict(self._headers)
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Content-Length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        request = "\r\n".join(lines).encode() + body
        started = time.perf_counter()
        self._socket.sendall(request)
        status, text = self._receive()
        elapsed = time.perf_counter() - started
        if status != expected:
            raise RuntimeError(f"{method} {path}: {status}\n{text[:2000].decode()}")
        return elapsed

    def _receive(self) -> tuple[int, bytes]:
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._read()
        length = re.search(rb"\r\ncontent-length: *(\d+)", received[:end].lower())
        if length is None:
            raise RuntimeError("a response without its length")
        rest = end + 4 + int(length[1]) - len(received)
        while rest > 0:
            received += (part := self._read())
            rest -= len(part)
        return int(received.split(b" ", 2)[1]), bytes(received[end + 4 :])

    def _read(self) -> bytes:
        part = self._socket.recv(1 << 17)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part


def load_page(port: int, path: str, *, requests: int, connections: int) -> Load:
    """Ask for a page ``requests`` times over so many connections at once."""

    def work(share: int) -> list[float]:
        client = Client(port)
        return [client.get(path) for _ in range(share)]

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        shares = pool.map(work, [requests // connections] * connections)
        times = [t for share in shares for t in share]
    return Load(times, time.perf_counter() - started)
