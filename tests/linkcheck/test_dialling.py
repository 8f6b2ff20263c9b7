"""The guard where it counts: at the addresses that the resolver answers and the socket dials.

Every test has a listener on loopback that must see no connection. A public address is never
dialled either: where an answer is allowed, only the decision is looked at.
"""

import asyncio
import json
import resource
import socket
import ssl
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver
from django.conf import settings

from linkcheck.guard import GuardPolicy, TargetNotAllowed
from linkcheck.observations import ErrorKind
from linkcheck.probing import Prober, ProbeSettings
from linkcheck.probing.connecting import (
    MAX_CANDIDATES,
    MAX_IDLE_HOSTS,
    GuardedConnector,
    GuardedResolver,
)
from tests.linkcheck.playground import Answer, Playground, redirect

LOOPBACK = ip_network("127.0.0.0/8")
PATH = Path(settings.BASE_DIR).parent / "shared" / "vectors" / "ssrf_dns.json"
SCRIPTS = json.loads(PATH.read_text()) if PATH.exists() else []


class ScriptedResolver(AbstractResolver):
    """Answers with the given lists of addresses, one after the other; then the last again."""

    def __init__(self, answers):
        self.answers = answers
        self.calls = 0

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
        if self.answers == "timeout":
            await asyncio.sleep(3600)
        answer = self.answers[min(self.calls, len(self.answers) - 1)]
        self.calls += 1
        if not answer:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in answer
        ]

    async def close(self):
        pass


def probe_settings(*ports: int, admit=(), **changes) -> ProbeSettings:
    return ProbeSettings(
        guard=GuardPolicy(admit_networks=tuple(admit), ports=frozenset(ports or {80})),
        retry_delays_s=(),
        connect_s=0.3,
        sibling_delay_s=0,
        **changes,
    )


def probe(url, probe_settings, answers):
    async def run():
        async with Prober(probe_settings, resolver=ScriptedResolver(answers)) as prober:
            return await prober.probe(url)

    return asyncio.run(run())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script["host"])
def test_resolver_scripts(script):
    """Each answer of a script is judged as it comes; what is denied is never dialled."""
    policy = GuardPolicy()
    inner = ScriptedResolver(script["answers"])

    async def resolve():
        async with asyncio.timeout(0.2):
            return await GuardedResolver(inner, policy).resolve(script["host"], 80)

    async def resolve_all():
        return [await resolve() for _ in range(len(script["answers"]))]

    match script["verdict"]:
        case "allow":
            assert 1 <= len(asyncio.run(resolve())) <= MAX_CANDIDATES
        case "deny" | "deny-connect":  # a rebinding answer is refused when it comes
            with pytest.raises(TargetNotAllowed):
                asyncio.run(resolve_all())
        case "error:dns":
            with pytest.raises(socket.gaierror):
                asyncio.run(resolve())
        case "error:dns-timeout":
            with pytest.raises(TimeoutError):
                asyncio.run(resolve())
        case _:
            pytest.fail(f"unknown verdict {script['verdict']}")


@pytest.mark.parametrize(
    "answers",
    [
        [["127.0.0.1"]],
        [["93.184.216.34", "127.0.0.1"]],
        [["::ffff:127.0.0.1"]],
        [["64:ff9b::7f00:1"]],
        [["::1"]],
        [["0.0.0.0"]],
    ],
)
def test_a_name_that_resolves_to_loopback_reaches_nobody(answers):
    with Playground() as web:
        seen = probe(f"http://rebound.example:{web.port}/", probe_settings(web.port), answers)
        assert seen.error is ErrorKind.REFUSED_TARGET
        assert seen.error_detail == "target not allowed"
        assert web.connections == 0


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1",
        "0x7f000001",
        "2130706433",
        "①②⑦.⓪.⓪.①",
        "１２７.0.0.1",
        "127。0。0。1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "127.1",
        "017700000001",
        "localhost",
        "LOCALHOST.",
    ],
)
def test_no_spelling_of_loopback_reaches_the_listener(spelling):
    with Playground() as web:
        seen = probe(f"http://{spelling}:{web.port}/", probe_settings(web.port), [["127.0.0.1"]])
        assert seen.error is ErrorKind.REFUSED_TARGET
        assert web.connections == 0


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/inside",
        "http://2130706434:{port}/inside",
        "//127.0.0.2:{port}/inside",
        "http://[::ffff:127.0.0.2]:{port}/inside",
        "http://rebound.example:{port}/inside",
        "http://user@127.0.0.1:{port}/inside",
        "http://127.0.0.1:22/inside",
    ],
)
def test_each_redirect_is_guarded_anew(target):
    with Playground(hosts=2) as web:
        web.answers["/out"] = redirect(target.format(port=web.port), 302)
        admitted = probe_settings(web.port, admit=[ip_network("127.0.0.1/32")])
        seen = probe(web.url("/out"), admitted, [["127.0.0.2"]])
        assert seen.error is ErrorKind.REFUSED_TARGET
        assert [hop.status for hop in seen.hops] == [302, None]
        assert web.count("/inside") == 0


def test_the_second_answer_of_a_rebinding_name_is_judged_again():
    """The name is admitted at first; when it turns to another address, that one is refused."""
    with Playground(hosts=2) as web:
        web.answers["/"] = Answer()
        admitted = probe_settings(web.port, admit=[ip_network("127.0.0.1/32")], keep_alive_s=0)
        resolver = ScriptedResolver([])

        async def run():
            seen = []
            for address in ("127.0.0.1", "127.0.0.2"):
                resolver.answers = [[address]]  # also if the first look asks more than once
                async with Prober(admitted, resolver=resolver) as prober:
                    seen.append(await prober.probe(f"http://rebound.example:{web.port}/"))
            return seen

        first, second = asyncio.run(run())
        assert first.status == 200
        assert second.error is ErrorKind.REFUSED_TARGET
        assert [request.host for request in web.requests] == ["127.0.0.1"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254"])
def test_the_socket_is_refused_even_if_everything_before_it_failed(address):
    """The last line: no socket is made for such an address, whoever asks for it."""

    async def make():
        connector = probe_connector(GuardPolicy())
        try:
            connector._make_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)))
        finally:
            await connector.close()

    with pytest.raises(TargetNotAllowed):
        asyncio.run(make())


def probe_connector(policy):
    return GuardedConnector(
        policy, ScriptedResolver([]), ssl_context=ssl.create_default_context(), keep_alive_s=0
    )


def test_who_answered_is_looked_at_before_anything_is_sent():
    """A connection that ended somewhere else (a proxy in the kernel, say) gets no request."""

    class Misled(GuardPolicy):
        __slots__ = ()

        def check_address(self, address, port):
            # Sees what was asked for the first two times, and then where it really ended.
            calls.append(address)
            GuardPolicy(() if len(calls) > 2 else self.admit_networks, self.ports).check_address(
                address, port
            )

    calls: list[str] = []
    with Playground() as web:
        guard = Misled(admit_networks=(LOOPBACK,), ports=frozenset({web.port}))
        seen = probe(web.url("/ok"), ProbeSettings(guard=guard, retry_delays_s=()), [[]])
        assert seen.error is ErrorKind.REFUSED_TARGET
        assert web.requests == []


def test_proxies_and_netrc_of_the_environment_are_not_used(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Playground(hosts=2) as web:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.2:{web.port}")
        seen = probe(web.url("/ok"), probe_settings(web.port, admit=[LOOPBACK]), [[]])
        assert seen.status == 200
        assert [request.host for request in web.requests] == ["127.0.0.1"]
        assert "authorization" not in web.requests[0].headers


def test_an_unknown_host_is_told_apart_from_a_failing_resolver():
    class Failing(ScriptedResolver):
        async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
            raise socket.gaierror(socket.EAI_AGAIN, "try again")

    async def run(resolver):
        async with Prober(probe_settings(), resolver=resolver) as prober:
            return await prober.probe("http://nobody.example/")

    assert asyncio.run(run(ScriptedResolver([[]]))).error is ErrorKind.NXDOMAIN
    assert asyncio.run(run(Failing([]))).error is ErrorKind.DNS_FAILURE
    assert asyncio.run(run(ScriptedResolver("timeout"))).error is ErrorKind.CONNECT


def count_open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_our_own_lack_of_sockets_says_nothing_about_a_page():
    """Policy 13: what our machine cannot do is never an observation of somebody's page."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Playground() as web:
        pass

    async def run():
        settings = probe_settings(web.port, admit=[LOOPBACK])
        async with Prober(settings, resolver=ScriptedResolver([[]])) as prober:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
            try:
                return await prober.probe(web.url("/ok"))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, before)

    seen = asyncio.run(run())
    assert seen.error is ErrorKind.NOT_ASKED
    assert not seen.was_asked


def test_idle_connections_are_bounded():
    with Playground(hosts=MAX_IDLE_HOSTS + 20) as web:

        async def run():
            settings = probe_settings(web.port, admit=[LOOPBACK])
            async with Prober(settings, resolver=ScriptedResolver([[]])) as prober:
                for number in range(MAX_IDLE_HOSTS + 20):
                    await prober.probe(web.url("/ok", host=number))
                return count_open_files()

        before = count_open_files()
        # Both ends of each connection stand in this process.
        assert asyncio.run(run()) - before < 2 * MAX_IDLE_HOSTS + 20
