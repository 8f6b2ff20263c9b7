"""Forty hosts in one process: 127.0.0.1 to 127.0.0.40 answer with a small page.

What does not end in ``.html`` is not there: the checker asks hosts for what cannot exist, and one
that had a page for that too would have no pages at all in its eyes.
"""

import asyncio
import sys

HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 41))
PAGE = (
    "<!doctype html><html lang=en><head><title>A page of the benchmark</title></head><body>"
    + "<p>Some text that a reader came for, as long as pages are.</p>" * 60
    + "</body></html>"
).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)
)
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Answering(asyncio.Protocol):
    """Answers each request of a connection; requests have no body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            is_page = b".html " in self.received[: self.received.find(b"\r\n")]
            self.received = self.received[end + 4 :]
            self.transport.write(ANSWER if is_page else MISSING)


async def serve() -> None:
    """Serve until standard input ends; the port, the same on all hosts, is printed first."""
    loop = asyncio.get_running_loop()
    first = await loop.create_server(Answering, HOSTS[0], 0)
    port = first.sockets[0].getsockname()[1]
    servers = [first]
    servers += [await loop.create_server(Answering, host, port) for host in HOSTS[1:]]
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for server in servers:
        server.close()


if __name__ == "__main__":
    asyncio.run(serve())
