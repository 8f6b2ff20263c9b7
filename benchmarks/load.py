"""A small load generator: a bounded number of requests over connections that are kept."""

import http.client
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
    """One kept connection."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = dict(headers or {})

    def get(self, path: str) -> float:
        """Ask for a page that must be there; return the seconds it took."""
        return self._ask("GET", path, 200)

    def post(self, path: str, fields: Mapping[str, str]) -> float:
        """Send a form that must be accepted with a redirect; return the seconds it took."""
        return self._ask("POST", path, 302, urlencode(fields))

    def _ask(self, method: str, path: str, expected: int, body: str | None = None) -> float:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read()
        elapsed = time.perf_counter() - started
        if response.status != expected:
            raise RuntimeError(f"{method} {path}: {response.status}\n{text[:2000].decode()}")
        return elapsed


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
