"""Of the living none is called dead, of the dead none alive: at first sight and over months."""

import asyncio
import random
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import trustme
from aiohttp.abc import AbstractResolver
from msgspec.structs import replace

from linkcheck.guard import GuardPolicy
from linkcheck.marks import MARK_OF
from linkcheck.models import Mark
from linkcheck.observations import Known, Observation
from linkcheck.policy import LinkState, advance, is_doubted
from linkcheck.probing import Prober, ProbeSettings
from linkcheck.verdicts import Verdict
from tests.linkcheck.hard_cases import DEAD, LIVING, HardCase, site, with_port
from tests.linkcheck.playground import Playground

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
MONTHS = timedelta(days=120)
CALLED_DEAD = {Verdict.SUSPECT, Verdict.DEAD, Verdict.SOFT_404, Verdict.PARKED}
CALLED_ALIVE = {Verdict.OK, Verdict.MOVED, Verdict.RESTRICTED, Verdict.BLOCKED}


class Names(AbstractResolver):
    """Resolves the names that a case has to loopback, and no other."""

    def __init__(self, case: HardCase) -> None:
        self._names = {case.host, *case.names} if case.has_name else set()
        self._wildcard = f".{case.host}" if case.wildcard else None

    async def resolve(self, host, port=0, family=socket.AF_INET):
        is_below = self._wildcard is not None and host.endswith(self._wildcard)
        if host not in self._names and not is_below:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        flags = socket.AI_NUMERICHOST
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": socket.IPPROTO_TCP,
                "flags": flags,
            }
        ]

    async def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[Playground]:
    with Playground() as playground:
        yield playground


def play(web: Playground, case: HardCase, *, is_later: bool = False) -> None:
    """Have the playground stand for the site of ``case``."""
    now = case.then if is_later and case.then else case.site
    web.sites[case.host] = with_port(now, web.port)
    for name, other in case.names.items():
        web.sites[name] = with_port(other, web.port)
    if case.wildcard:
        web.sites[f"*.{case.host}"] = with_port(now, web.port)


def look(
    web: Playground,
    case: HardCase,
    state: LinkState,
    at: datetime,
    *,
    scheme: str = "http",
    trusting: ssl.SSLContext | None = None,
) -> Observation:
    guard = GuardPolicy((ip_network("127.0.0.0/8"),), frozenset({web.port}))
    settings = ProbeSettings(
        guard=guard, retry_delays_s=(), sibling_delay_s=0, first_byte_s=1, total_s=1
    )
    known = Known(fingerprint=state.fingerprint, is_doubted=is_doubted(state, at))
    url = f"{scheme}://{case.typed_host}:{web.port}{case.path}"

    async def run() -> Observation:
        prober = Prober(
            settings,
            resolver=Names(case),
            ssl_context=trusting,
            clock=lambda: at,
            rng=random.Random(at.timestamp()),
        )
        async with prober:
            return await prober.look(url, known=known)

    return asyncio.run(run())


def live_through(web: Playground, case: HardCase) -> Iterator[LinkState]:
    """The states of a link, look by look, each when the policy asks for it.

    After some looks nothing new is to be seen: the last one is replayed, shifted in time.
    """
    state, at, count = LinkState(), NOON, 0
    seen = None
    while at <= NOON + MONTHS:
        play(web, case, is_later=count > 0)
        if seen is None or count <= 3:
            seen = look(web, case, state, at)
        state = advance(state, replace(seen, at=at))
        yield state
        assert state.next_check_at is not None
        at, count = max(state.next_check_at, at + timedelta(hours=1)), count + 1
        if count > 60:
            break  # a host that only ever asks us to come back later


@pytest.mark.parametrize("case", LIVING, ids=lambda case: case.name)
def test_of_the_living_none_is_called_dead(web, case):
    state = LinkState()
    for state in live_through(web, case):
        assert state.verdict not in CALLED_DEAD, (state.reason, state.evidence)
        assert MARK_OF[state.verdict] not in (Mark.DEAD, Mark.SUSPECT)
    assert state.verdict == case.ending


def replay(seen: Observation) -> list[LinkState]:
    """The states where nothing else is ever seen, each look when the policy asks for it."""
    states = [advance(LinkState(), replace(seen, at=NOON))]
    while (at := states[-1].next_check_at) is not None and at <= NOON + MONTHS:
        states.append(advance(states[-1], replace(seen, at=at)))
    return states


@pytest.mark.parametrize("problem", ["expired", "wrong name", "unknown authority"])
def test_a_bad_certificate_is_never_a_death(problem):
    authority = trustme.CA()
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    expired = {"not_before": long_ago, "not_after": long_ago + timedelta(days=90)}
    names = ["elsewhere.example"] if problem == "wrong name" else ["tls.example"]
    issuer = trustme.CA() if problem == "unknown authority" else authority
    certificate = issuer.issue_cert(*names, **(expired if problem == "expired" else {}))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with Playground(ssl_context=serving) as web:
        case = HardCase("tls", site())
        play(web, case)
        seen = look(web, case, LinkState(), NOON, scheme="https", trusting=trusting)
    assert {state.verdict for state in replay(seen)} == {Verdict.TLS_INVALID}


def test_a_closed_port_is_dead_in_the_end():
    with Playground() as web:
        pass
    seen = look(web, HardCase("closed", site()), LinkState(), NOON)
    verdicts = [state.verdict for state in replay(seen)]
    assert not CALLED_ALIVE & set(verdicts)
    assert verdicts[-1] is Verdict.DEAD


@pytest.mark.parametrize("case", DEAD, ids=lambda case: case.name)
def test_of_the_dead_none_is_called_alive(web, case):
    states = list(live_through(web, case))
    # A site that was alive once was so rightly.
    for state in states[1 if case.then else 0 :]:
        assert state.verdict not in CALLED_ALIVE, (state.reason, state.evidence)
    assert states[-1].verdict == case.ending
    dead_at_last = MARK_OF[states[-1].verdict]
    assert dead_at_last in (Mark.DEAD, Mark.SUSPECT)
