"""Many addresses at once: hosts in turn, none pressed, none in the way of the others."""

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from linkcheck.observations import ErrorKind
from linkcheck.pacing import Pace, ProbeRequest, host_key, probe_all
from linkcheck.probing import Prober
from tests.linkcheck.playground import Answer, Playground
from tests.linkcheck.test_prober import settings_for

FAST = Pace(host_delay_s=0)


@pytest.fixture
def web():
    with Playground(hosts=5) as playground:
        yield playground


def run(web, urls, pace, **changes):
    results = []

    async def go():
        async with Prober(settings_for(web, **changes)) as prober:
            requests = [ProbeRequest(url, tag=number) for number, url in enumerate(urls)]
            await probe_all(prober, requests, pace, lambda *result: results.append(result))

    asyncio.run(asyncio.wait_for(go(), 30))
    return results


def test_every_address_comes_back_once_with_its_tag(web):
    urls = [web.url(f"/ok?{number}", host=number % 5) for number in range(200)]
    results = run(web, urls, FAST)
    assert {request.tag: seen.url for request, seen in results} == dict(enumerate(urls))
    assert len(results) == 200
    assert all(seen.status == 200 for _, seen in results)


def test_nothing_to_ask_is_nothing_to_do(web):
    assert run(web, [], FAST) == []


def test_starts_on_one_host_keep_their_distance(web):
    pace = Pace(host_delay_s=0.1)
    run(web, [web.url(f"/ok?{n}", host=n % 2) for n in range(10)], pace)
    for host in web.hosts[:2]:
        starts = [request.at for request in web.requests if request.host == host]
        assert len(starts) == 5
        assert all(later - earlier > 0.07 for earlier, later in pairwise(starts))


def test_no_more_than_two_at_once_on_one_host(web):
    running, most = Counter(), Counter()

    async def slow(reader, writer, request):
        running[request.host] += 1
        most[request.host] = max(most[request.host], running[request.host])
        await asyncio.sleep(0.03)
        running[request.host] -= 1
        writer.write(Answer().encode(request))
        await writer.drain()

    web.answers["/slow"] = slow
    run(web, [web.url(f"/slow?{n}", host=n % 2) for n in range(20)], FAST)
    assert most == {web.hosts[0]: 2, web.hosts[1]: 2}


def test_hosts_are_served_in_turn(web):
    """A host with a hundred addresses does not hold up one with three."""
    urls = [web.url(f"/ok?{n}") for n in range(100)] + [web.url(f"/ok?{n}", 1) for n in range(3)]
    results = run(web, urls, Pace(host_delay_s=0, concurrency=2))
    small = [place for place, (request, _) in enumerate(results) if request.tag >= 100]
    assert max(small) < 12


def test_a_slow_host_holds_up_no_other(web):
    urls = [web.url(f"/no-response?{n}") for n in range(4)]
    urls += [web.url(f"/ok?{n}", host=1) for n in range(50)]
    results = run(web, urls, FAST, first_byte_s=0.5)
    assert [seen.status for _, seen in results[:50]] == [200] * 50


def test_a_soft_failure_is_tried_again_without_a_wait_for_the_others(web):
    urls = [web.url("/500")] + [web.url(f"/ok?{n}") for n in range(20)]
    results = run(web, urls, FAST, retry_delays_s=(0.2, 0.2))
    assert web.count("/500") == 3
    request, seen = results[-1]
    assert (request.tag, seen.attempts, seen.status) == (0, 3, 500)


@pytest.mark.parametrize("path", ["/429?after=3600", "/503?after=3600"])
def test_a_host_that_asks_for_rest_is_left_alone_for_the_run(web, path):
    urls = [web.url(path)] + [web.url(f"/ok?{n}") for n in range(20)]
    urls += [web.url(f"/ok?{n}", host=1) for n in range(5)]
    results = run(web, urls, Pace(host_delay_s=0, host_concurrency=1))
    outcomes = Counter(seen.error for _, seen in results)
    assert outcomes == {ErrorKind.NONE: 6, ErrorKind.NOT_ASKED: 20}
    assert {s.retry_after for _, s in results if s.error is ErrorKind.NOT_ASKED} == {3600}
    assert len(web.requests) == 6


def test_a_short_rest_is_waited_for(web):
    web.answers["/busy"] = Answer(429, b"", {"Retry-After": "1"})
    results = run(web, [web.url("/busy"), web.url("/ok")], Pace(host_delay_s=0, host_concurrency=1))
    assert [seen.status for _, seen in results] == [429, 200]
    first, second = web.requests
    assert second.at - first.at > 0.9


def test_five_addresses_that_fail_to_connect_are_one_incident(web):
    with Playground() as closed:
        pass  # nobody listens there any more
    urls = [closed.url(f"/{number}") for number in range(50)]
    settings = settings_for(web)
    guard = replace(settings.guard, ports=frozenset({web.port, closed.port}))
    results = []

    async def go():
        async with Prober(replace(settings, guard=guard)) as prober:
            requests = [ProbeRequest(url) for url in [*urls, web.url("/ok")]]
            await probe_all(prober, requests, FAST, lambda *result: results.append(result))

    asyncio.run(go())
    outcomes = Counter(seen.error for _, seen in results)
    assert outcomes[ErrorKind.NONE] == 1
    assert 5 <= outcomes[ErrorKind.REFUSED] <= 6  # one more may have been under way
    assert outcomes[ErrorKind.NOT_ASKED] == 50 - outcomes[ErrorKind.REFUSED]


def test_when_the_time_is_over_nothing_new_is_begun(web):
    urls = [web.url(f"/ok?{n}") for n in range(50)]
    results = run(web, urls, Pace(host_delay_s=0.1, stop_after_s=0.35))
    outcomes = Counter(seen.error for _, seen in results)
    assert outcomes[ErrorKind.NONE] + outcomes[ErrorKind.NOT_ASKED] == 50
    assert 2 <= outcomes[ErrorKind.NONE] <= 5


def test_an_exception_of_the_callback_ends_the_run(web):
    def fail(request, seen):
        raise RuntimeError("the database is gone")

    async def go():
        async with Prober(settings_for(web)) as prober:
            await probe_all(prober, [ProbeRequest(web.url("/ok"))] * 30, FAST, fail)

    with pytest.raises(RuntimeError, match="the database is gone"):
        asyncio.run(asyncio.wait_for(go(), 10))


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.example.co.uk/a", "example.co.uk"),
        ("http://Docs.Example.com/", "example.com"),
        ("http://example.com:8080/", "example.com:8080"),
        ("https://someone.github.io/", "someone.github.io"),
        ("http://127.0.0.1:8000/", "127.0.0.1:8000"),
        ("http://[2606:4700::1]/", "[2606:4700::1]"),
        ("nonsense", ""),
        ("mailto:a@example.com", ""),
        ("http://\ud800/", ""),
    ],
)
def test_the_key_of_politeness(url, key):
    assert host_key(url) == key
