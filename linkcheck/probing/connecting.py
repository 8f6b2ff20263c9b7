"""Names resolved and connections made under the guard: the dialled address is what counts."""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from linkcheck.guard import GuardPolicy, TargetNotAllowed
from linkcheck.probing.receiving import Receiver

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest, ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace


def _make_unverified_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


#: For the one look that only classifies a bad certificate (policy 12).
UNVERIFIED = _make_unverified_context()

#: Of a long answer only so many addresses are dialled (all of them are checked).
MAX_CANDIDATES = 4
#: Idle connections are kept for so many hosts, so that a fast run does not run out of sockets.
MAX_IDLE_HOSTS = 100


class ThreadedResolver(AbstractResolver):
    """The system's resolver on threads of its own, so that slow names hold up nothing else."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of ``host``; raises socket.gaierror with the resolver's code."""
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._pool, _look_up, host, port, family)
        return [_make_result(host, port, found, address) for found, address in answers]

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _look_up(
    host: str, port: int, family: socket.AddressFamily
) -> list[tuple[socket.AddressFamily, str]]:
    answers = socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [(found, str(address[0])) for found, _, _, _, address in answers]


def _make_result(host: str, port: int, family: socket.AddressFamily, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=family,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


class GuardedResolver(AbstractResolver):
    """Another resolver's answers, refused whole if a single address is not allowed."""

    def __init__(self, resolver: AbstractResolver, policy: GuardPolicy) -> None:
        self._resolver = resolver
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return at most ``MAX_CANDIDATES`` addresses; raises TargetNotAllowed."""
        results = await self._resolver.resolve(host, port, family)
        if not results:
            raise socket.gaierror(socket.EAI_NONAME, "no addresses")
        for result in results:
            self._policy.check_address(result["host"], port)
        return results[:MAX_CANDIDATES]

    async def close(self) -> None:
        await self._resolver.close()


class GuardedConnector(aiohttp.TCPConnector):
    """A connector that checks each address as it is dialled, and who answered afterwards.

    The resolver alone is not enough: aiohttp never asks it about a literal address.
    """

    def __init__(
        self,
        policy: GuardPolicy,
        resolver: AbstractResolver,
        *,
        ssl_context: ssl.SSLContext,
        keep_alive_s: float,
    ) -> None:
        self._policy = policy
        self._leaves: dict[ConnectionKey, bytes | None] = {}
        # Limits are the pace's business, not the connector's.
        super().__init__(
            resolver=GuardedResolver(resolver, policy),
            socket_factory=self._make_socket,
            ssl=ssl_context,
            limit=0,
            ttl_dns_cache=60,
            **({"keepalive_timeout": keep_alive_s} if keep_alive_s else {"force_close": True}),
        )
        self._factory = cast("partial[ResponseHandler]", partial(Receiver, self._loop))

    def _make_socket(self, address_info: Any) -> socket.socket:
        family, kind, protocol, _, address = address_info
        self._policy.check_address(address[0], address[1])
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)
        return made

    async def connect(  # the signature is aiohttp's
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> Connection:
        """Return a connection for ``req``; raises TargetNotAllowed before anything is sent."""
        connection = await super().connect(req, traces, timeout)
        self._trim_idle()
        receiver = cast(Receiver, connection.protocol)
        if receiver.is_admitted:
            return connection
        transport = connection.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        if peer is None:  # closed meanwhile: sending says so
            return connection
        try:
            self._policy.check_address(peer[0], peer[1])
        except TargetNotAllowed:
            connection.close()
            raise
        if req.ssl is UNVERIFIED and transport is not None:
            tls = transport.get_extra_info("ssl_object")
            self._leaves[req.connection_key] = tls.getpeercert(binary_form=True)
        receiver.is_admitted = True
        return connection

    def _trim_idle(self) -> None:
        """Close the longest idle connections: aiohttp bounds how long they wait, not how many."""
        while len(self._conns) > MAX_IDLE_HOSTS:
            for protocol, _ in self._conns.pop(next(iter(self._conns))):
                protocol.close()

    def take_leaf(self, key: ConnectionKey) -> bytes | None:
        """Return the certificate (DER) that an unverified look met, once."""
        return self._leaves.pop(key, None)
