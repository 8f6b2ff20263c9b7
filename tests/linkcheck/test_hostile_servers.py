"""What a server may do to a checker: each costs a bounded time and one clear observation."""

import asyncio
import json
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from linkcheck.classification import Outcome, classify
from linkcheck.observations import ErrorKind
from linkcheck.probing import Prober
from tests.linkcheck.playground import BEHAVIOURS, Answer, Playground
from tests.linkcheck.test_prober import settings_for

VECTORS = Path(settings.BASE_DIR).parent / "shared" / "vectors" / "hostile_server_behaviours.json"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

#: Those that speak TLS are played in test_tls.py.
PLAYED_WITH_TLS = {"tls-expired", "tls-wrong-host", "tls-self-signed", "tls-hang"}

#: name → what is seen: status, error, outcome.
EXPECTED = {
    "huge-body": (200, ErrorKind.NONE, Outcome.ALIVE),
    "huge-header": (None, ErrorKind.PROTOCOL, Outcome.SOFT),
    "many-headers": (None, ErrorKind.PROTOCOL, Outcome.SOFT),
    "slow-loris": (None, ErrorKind.TIMEOUT, Outcome.SOFT),
    "slow-body": (200, ErrorKind.NONE, Outcome.ALIVE),
    "gzip-bomb": (200, ErrorKind.NONE, Outcome.ALIVE),
    "br-bomb": (200, ErrorKind.NONE, Outcome.ALIVE),
    "chunked-endless": (200, ErrorKind.NONE, Outcome.ALIVE),
    "no-response": (None, ErrorKind.TIMEOUT, Outcome.SOFT),
    "rst": (None, ErrorKind.RESET, Outcome.SOFT),
    "empty-reply": (None, ErrorKind.RESET, Outcome.SOFT),
    "http09": (None, ErrorKind.PROTOCOL, Outcome.SOFT),
    "bad-status": (999, ErrorKind.NONE, Outcome.BLOCKED),
    "100-continue-flood": (None, ErrorKind.PROTOCOL, Outcome.SOFT),
    "204-with-body": (204, ErrorKind.NONE, Outcome.ALIVE),
    "content-length-lie": (200, ErrorKind.NONE, Outcome.ALIVE),
    "content-length-short": (200, ErrorKind.NONE, Outcome.ALIVE),
    "set-cookie": (200, ErrorKind.NONE, Outcome.ALIVE),
    "auth-challenge": (401, ErrorKind.NONE, Outcome.RESTRICTED),
    "alt-svc": (200, ErrorKind.NONE, Outcome.ALIVE),
    "head-405": (200, ErrorKind.NONE, Outcome.ALIVE),
    "429-retry-after": (429, ErrorKind.NONE, Outcome.RATE_LIMITED),
    "503-retry-after": (503, ErrorKind.NONE, Outcome.RATE_LIMITED),
    "soft-404": (200, ErrorKind.NONE, Outcome.ALIVE),  # flagged by the rules of the content
    "html-meta-refresh": (200, ErrorKind.NONE, Outcome.ALIVE),
    "xml-bomb": (200, ErrorKind.NONE, Outcome.ALIVE),
}

LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
ANSWERS = {
    "/set-cookie": Answer(headers={"Set-Cookie": "id=1; Domain=0.0.1"}),
    "/auth-challenge": Answer(401, b"", {"WWW-Authenticate": "NTLM, Basic realm=x"}),
    "/alt-svc": Answer(
        headers={"Alt-Svc": 'h3="127.0.0.9:443"', "Strict-Transport-Security": "max-age=99"}
    ),
    "/429-retry-after": Answer(429, b"", {"Retry-After": "86400"}),
    "/503-retry-after": Answer(503, b"", {"Retry-After": "60"}),
    "/soft-404": Answer(200, b"<title>Page not found</title>"),
    "/html-meta-refresh": Answer(
        200, b'<meta http-equiv="refresh" content="0;url=http://127.0.0.1/">'
    ),
    "/xml-bomb": Answer(200, LAUGHS, {"Content-Type": "application/xml"}),
    "/head-405": Answer(),
}


@pytest.fixture(scope="module")
def web():
    with Playground(answers=dict(ANSWERS)) as playground:
        yield playground


def probe_path(web, path):
    async def run():
        quick = settings_for(web, connect_s=0.5, first_byte_s=0.4, total_s=0.8)
        async with Prober(quick) as prober:
            return await prober.probe(web.url(path))

    return asyncio.run(run())


def test_every_behaviour_of_the_list_is_played():
    if not VECTORS.exists():
        pytest.skip("the shared vectors are absent")
    names = {entry["name"] for entry in json.loads(VECTORS.read_text())}
    assert names <= EXPECTED.keys() | PLAYED_WITH_TLS


@pytest.mark.parametrize("name", EXPECTED)
def test_a_hostile_server_costs_one_bounded_check(web, name):
    seen = probe_path(web, f"/{name}")
    assert (seen.status, seen.error, classify(seen)[0]) == EXPECTED[name]
    assert seen.elapsed_ms < 2000
    assert len(json.dumps(seen.as_dict())) < 4000


def test_hostile_bodies_cost_a_bounded_memory(web):
    """A gigabyte, inflated or endless, leaves the peak where it was, give or take a little."""
    probe_path(web, "/gzip-bomb")  # the server's own bomb is built here
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("gzip-bomb", "huge-body", "chunked-endless", "many-headers", "huge-header"):
        probe_path(web, f"/{name}")
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after_kb - before_kb < 32_000


def test_the_behaviours_are_all_expected():
    assert BEHAVIOURS.keys() <= EXPECTED.keys()


def test_no_bytes_that_come_back_raise(web):
    """Whatever stands where an answer should be: an observation, never an exception."""
    head = b"HTTP/1.1 200 OK\r\n"
    for raw in (
        b"",
        b"\0" * 500,
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 99999 Odd\r\n\r\n",
        b"HTTP/1.1 000 Odd\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        head + b"Content-Length: -1\r\n\r\n",
        head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        head + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        head + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        head + b"Location: \xff\xfe\r\nContent-Type: \xff\r\n\r\n\xff",
        head + b"Content-Type: text/html; charset=rot13\r\n\r\n<title>\xff</title>",
        head + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00garbage",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nSet-Cookie: =;;=\r\nSet-Cookie: \xff=\xff\r\nLocation: ?\r\n\r\n",
    ):

        async def say(reader, writer, request, raw=raw):
            writer.write(raw)
            await writer.drain()

        web.answers["/raw"] = say
        seen = probe_path(web, "/raw")
        json.dumps(seen.as_dict()).encode()
        assert classify(seen)
