"""A pace that suits each host, and that no number of workers exceeds: the server counts."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone
from msgspec import structs

from linkcheck.claiming import claim_due
from linkcheck.configuration import probe_settings_from_django
from linkcheck.manners import MAX_FACTOR, SLOW_MS, DomainManners, Manners, adapt
from linkcheck.models import Check, Host, Link
from linkcheck.pacing import Pace, ProbeRequest, probe_all
from linkcheck.policy import DEFAULTS, find_rest
from linkcheck.probing import Prober
from linkcheck.running import check_claimed
from tests.linkcheck.factories import make_links, run_round
from tests.linkcheck.observing import see
from tests.linkcheck.playground import Answer
from tests.linkcheck.test_prober import settings_for


@pytest.mark.parametrize(
    ("factor", "what", "elapsed_ms", "after"),
    [
        (1, "200", 50, 1),
        (1, "429", 50, 2),
        (2, "429+1d", 50, 4),
        (1, "503+1h", 50, 2),
        (1, "503", 50, 2),
        (1, "200", SLOW_MS + 1, 2),
        (1, "timeout", 30_000, 2),
        (MAX_FACTOR, "429", 50, MAX_FACTOR),
        (8, "200", 50, 4),
        (1.5, "200", 50, 1),
        (8, "404", 50, 4),
        (8, "refused", 50, 8),
        (8, "nxdomain", 50, 8),
        (8, "not-asked", 0, 8),
        (8, "cloudflare-503", 50, 16),
    ],
)
def test_the_pace_adapts(factor, what, elapsed_ms, after):
    assert adapt(factor, structs.replace(see(what), elapsed_ms=elapsed_ms)) == after


def test_a_wished_delay_counts_only_if_it_is_longer():
    assert DomainManners(1, crawl_delay_s=3).delay_s(1) == 3
    assert DomainManners(1, crawl_delay_s=0.1).delay_s(1) == 1
    assert DomainManners(4, crawl_delay_s=3).delay_s(1) == 12
    assert DomainManners(4, crawl_delay_s=3).delay_s(0) == 0
    assert [DomainManners(factor).concurrency(2) for factor in (1, 2)] == [2, 1]


@pytest.mark.parametrize(
    ("retry_after", "rest"),
    [
        (None, DEFAULTS.default_rest),
        (0, timedelta(minutes=1)),
        (59, timedelta(minutes=1)),
        (7200, timedelta(hours=2)),
        (10**9, timedelta(days=7)),
    ],
)
def test_a_rest_lasts_a_minute_at_least_and_seven_days_at_most(retry_after, rest):
    assert find_rest(structs.replace(see("429"), retry_after=retry_after)) == rest


def starts(web, host: int = 0) -> list[float]:
    return [request.at for request in web.requests if request.host == web.hosts[host]]


def run(web, urls, pace: Pace, manners: Manners) -> None:
    async def go() -> None:
        async with Prober(settings_for(web)) as prober:
            requests = [ProbeRequest(url) for url in urls]
            await probe_all(prober, requests, pace, lambda *_: None, manners=manners)

    asyncio.run(asyncio.wait_for(go(), 30))


def test_a_host_that_wants_less_is_asked_less_often_and_the_others_are_not(web):
    web.answers["/busy"] = Answer(503, b"")
    urls = [web.url(f"/busy?{n}") for n in range(4)] + [web.url(f"/ok?{n}", 1) for n in range(4)]
    manners = Manners()
    run(web, urls, Pace(host_delay_s=0.05), manners)
    gaps = [later - earlier for earlier, later in pairwise(starts(web))]
    assert all(gap > 0.04 for gap in gaps)
    assert max(gaps) > 0.15
    assert max(later - earlier for earlier, later in pairwise(starts(web, 1))) < 0.15
    factors = sorted(domain.factor for domain in manners.domains.values())
    assert factors == [1, 16]


@pytest.mark.django_db
def test_what_one_worker_learns_of_a_host_the_next_one_knows(web):
    (link,) = make_links([web.url("/page")])
    web.answers["/page"] = Answer(503, b"")
    for factor in (2, 4):
        run_round()
        assert Host.objects.get().delay_factor == factor
        Link.objects.update(next_check_at=timezone.now())
    web.answers["/page"] = Answer()
    for factor in (2, 1, 1):
        run_round()
        assert Host.objects.get().delay_factor == factor
        Link.objects.update(next_check_at=timezone.now())
    assert Check.objects.filter(link=link).count() == 5


@pytest.mark.django_db
def test_an_incident_is_kept_with_since_until_and_reason(web):
    (link,) = make_links([web.url("/429?after=7200")])
    began = timezone.now()
    run_round()
    host = Host.objects.get()
    assert host.rest_reason == Host.RestReason.RATE_LIMITED
    assert began <= host.rests_since <= timezone.now()
    # Rested, and asked again: it wants more of it, which is the same incident.
    Host.objects.update(rests_until=timezone.now())
    Link.objects.filter(pk=link.pk).update(next_check_at=timezone.now())
    run_round()
    again = Host.objects.get()
    assert again.rests_since == host.rests_since
    assert again.rests_until > timezone.now() + timedelta(minutes=110)


def work_in_threads(workers: int, *, until_checks: int) -> None:
    """Claim and check a few links at a time until there are so many checks, 20 s at most."""
    asking = replace(probe_settings_from_django(), retry_delays_s=())
    ends_at = time.monotonic() + 20

    def work() -> None:
        while Check.objects.count() < until_checks and time.monotonic() < ends_at:
            if not check_claimed(claim_due(limit=4), probe_settings=asking):
                time.sleep(0.01)
        connection.close()

    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work) for _ in range(workers)]:
            done.result()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_press_a_host_more_than_one_may(web, settings):
    """Measured by the server: no faster than the pace, no more than two at once."""
    delay_s = settings.LINKCHECK_HOST_DELAY = 0.2
    settings.LINKCHECK_HOST_CONCURRENCY = 2
    settings.LINKCHECK_ROBOTS = "polite"
    running, most = 0, 0

    async def slowly(reader, writer, request) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.3)
        running -= 1
        writer.write(Answer().encode(request))
        await writer.drain()

    web.answers["/slowly"] = slowly
    make_links([web.url(f"/slowly?{n}") for n in range(16)])
    work_in_threads(2, until_checks=16)
    assert Check.objects.count() == 16
    gaps = [later - earlier for earlier, later in pairwise(starts(web))]
    assert len(gaps) >= 16  # robots.txt is asked as well, and what cannot exist
    # One that is served late on a busy machine comes nearer to the next; all together cannot be
    # faster than the pace, as two workers that know nothing of each other would be.
    assert sum(gaps) > 0.9 * delay_s * len(gaps)
    assert most <= 2
