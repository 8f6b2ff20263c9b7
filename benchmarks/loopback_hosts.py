"""Forty hosts in one process: 127.0.0.1 to 127.0.0.40 answer every path with a small page."""

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


class Answering(asyncio.Protocol):
    """Answers each request of a connection; requests have no body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            self.received = self.received[end + 4 :]
            self.transport.write(ANSWER)


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
