"""Requests beside those of a batch: redirects, archives, forges; and who stands aside for them."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone

from linkcheck.bookings import LEAD, book_starts, find_booked, forget_bookings, open_desk, visit_by
from linkcheck.claiming import claim_due
from linkcheck.configuration import probe_settings_from_django
from linkcheck.leases import database_now
from linkcheck.models import Check, DomainBooking, Host, Link, Outage
from linkcheck.pacing import Pace, ProbeRequest, probe_all
from linkcheck.probing import Prober
from linkcheck.probing.fetching import Fetcher, NotNowError
from linkcheck.running import check_claimed
from linkcheck.tasks import check_batch
from tests.linkcheck.factories import make_links, run_round
from tests.linkcheck.playground import Answer, redirect
from tests.linkcheck.test_prober import settings_for

PACE = Pace(host_delay_s=1.0)


def starts_on(web, host: int) -> list[float]:
    return sorted(request.at for request in web.requests if request.host == web.hosts[host])


def gaps(starts: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(starts)]


def probe_at_pace(web, urls: list[str], delay_s: float, **changes) -> dict[str, object]:
    seen = {}

    async def go():
        async with Prober(settings_for(web, **changes)) as prober:
            requests = [ProbeRequest(url) for url in urls]
            pace = Pace(host_delay_s=delay_s)
            await probe_all(prober, requests, pace, lambda r, s: seen.setdefault(r.url, s))

    asyncio.run(asyncio.wait_for(go(), 60))
    return seen


def test_redirects_within_a_host_are_starts_like_others(web):
    web.answers |= {"/a": redirect("/b"), "/b": redirect("/c"), "/c": Answer()}
    probe_at_pace(web, [web.url("/a?1"), web.url("/a?2")], 0.15)
    starts = starts_on(web, 0)
    assert len(starts) == 6
    assert min(gaps(starts)) > 0.1


def test_redirects_from_many_hosts_do_not_press_the_one_they_lead_to(web):
    web.answers["/to"] = redirect(web.url("/ok", host=3))
    seen = probe_at_pace(web, [web.url("/to", host=number) for number in range(3)], 0.2)
    assert {s.status for s in seen.values()} == {200}
    starts = starts_on(web, 3)
    assert len(starts) == 3
    assert min(gaps(starts)) > 0.15


def test_get_after_head_is_a_start_of_its_own(web):
    web.answers["/file.zip"] = Answer(404)
    probe_at_pace(web, [web.url("/file.zip")], 0.2)
    assert [request.method for request in web.requests] == ["HEAD", "GET"]
    assert gaps(starts_on(web, 0))[0] > 0.15


def test_waiting_for_a_turn_does_not_count_as_time_of_the_server(web):
    web.answers |= {"/a": redirect("/b"), "/b": redirect("/c"), "/c": redirect("/d")}
    web.answers["/d"] = Answer()
    url = web.url("/a")
    seen = probe_at_pace(web, [url], 0.5, total_s=1.0)[url]
    assert seen.status == 200
    assert seen.elapsed_ms < 1000


@pytest.mark.django_db
def test_a_wish_for_rest_counts_for_the_host_that_has_it(web):
    web.answers["/to"] = redirect(web.url("/429?after=3000", host=1))
    first, second = make_links([web.url("/to"), web.url("/ok", host=1)])
    Link.objects.filter(pk=second.pk).update(next_check_at=timezone.now() + timedelta(days=1))
    run_round()
    assert Host.objects.get(pk=first.host_id).rests_until is None
    assert Host.objects.get(pk=second.host_id).rests_until > timezone.now()


@pytest.mark.django_db
class TestBookings:
    def test_starts_on_a_domain_keep_its_distance_whoever_books_them(self):
        first, second = book_starts(["a.example", "a.example"], PACE)
        (third,) = book_starts(["a.example"], PACE)
        (other,) = book_starts(["b.example"], PACE)
        assert first.wait_s < 0.1
        assert second.wait_s == pytest.approx(first.wait_s + 1, abs=0.01)
        assert third.wait_s == pytest.approx(2, abs=0.5)
        assert other.wait_s < 0.1

    def test_a_slow_domain_is_visited_at_its_own_pace(self):
        Host.objects.create(name="www.a.example", domain="a.example", delay_factor=8)
        first, second = book_starts(["a.example", "a.example"], PACE)
        assert second.wait_s - first.wait_s == pytest.approx(8, abs=0.01)

    def test_a_domain_that_rests_is_not_visited(self):
        rests_until = database_now() + timedelta(minutes=10)
        Host.objects.create(name="a.example", domain="a.example", rests_until=rests_until)
        (slot,) = book_starts(["a.example"], PACE)
        assert 590 <= slot.rest_s <= 600

    def test_who_would_wait_for_too_long_comes_again(self):
        slots = book_starts(["a.example"] * 63, PACE)
        assert [bool(slot.rest_s) for slot in slots].index(True) == 61
        assert slots[-1].rest_s >= 60

    def test_a_visit_to_a_held_domain_is_booked_ahead_so_that_its_holder_hears_of_it(self):
        held_until = database_now() + timedelta(minutes=10)
        Host.objects.create(name="a.example", domain="a.example", leased_until=held_until)
        (slot,) = book_starts(["a.example"], PACE)
        assert slot.wait_s == pytest.approx(LEAD.total_seconds(), abs=0.01)
        assert find_booked(["a.example"])["a.example"] > slot.wait_s

    def test_without_pace_nothing_is_booked(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert book_starts(["a.example"], Pace(host_delay_s=0))[0].wait_s == 0

    def test_many_starts_take_as_many_queries_as_one(self, django_assert_max_num_queries):
        with django_assert_max_num_queries(8) as few:
            book_starts(["a.example"], PACE)
        with django_assert_max_num_queries(len(few.captured_queries)):
            book_starts([f"{number}.example" for number in range(100)], PACE)

    def test_what_is_over_is_forgotten(self):
        book_starts(["a.example", "b.example"], PACE)
        now = timezone.now()
        DomainBooking.objects.filter(domain="a.example").update(until=now - timedelta(days=2))
        forget_bookings(now)
        assert [row.domain for row in DomainBooking.objects.all()] == ["b.example"]


@pytest.mark.django_db
def test_a_link_that_leads_to_a_resting_host_waits_without_a_strike(web, settings):
    settings.LINKCHECK_HOST_DELAY = 0.05
    web.answers["/to"] = redirect(web.url("/404", host=1))
    (link,) = make_links([web.url("/to")])
    resting = web.url("/", host=1).removeprefix("http://").rstrip("/")
    until = timezone.now() + timedelta(minutes=20)
    Host.objects.create(name=resting, domain=resting, rests_until=until)
    run_round()
    link.refresh_from_db()
    assert (link.verdict, Check.objects.count()) == ("unchecked", 0)
    assert timedelta(minutes=18) < link.next_check_at - timezone.now() < timedelta(minutes=22)
    assert starts_on(web, 1) == []
    assert Host.objects.get(pk=link.host_id).rests_until is None


@pytest.mark.django_db
def test_services_are_asked_at_the_pace_of_their_host(web, settings):
    settings.LINKCHECK_HOST_DELAY = 0.2
    desk = open_desk()

    async def fetch_twice():
        async with Fetcher(settings_for(web), wait_for_turn=visit_by(desk)) as fetcher:
            await asyncio.gather(fetcher.fetch(web.url("/ok")), fetcher.fetch(web.url("/ok")))

    desk.run(fetch_twice())
    assert gaps(starts_on(web, 0))[0] > 0.15


@pytest.mark.django_db
def test_a_service_whose_host_rests_is_not_asked(web, settings):
    settings.LINKCHECK_HOST_DELAY = 0.2
    name = web.url("/").removeprefix("http://").rstrip("/")
    until = timezone.now() + timedelta(minutes=20)
    Host.objects.create(name=name, domain=name, rests_until=until)
    desk = open_desk()

    async def fetch():
        async with Fetcher(settings_for(web), wait_for_turn=visit_by(desk)) as fetcher:
            await fetcher.fetch(web.url("/ok"))

    with pytest.raises(NotNowError):
        desk.run(fetch())
    assert web.requests == []


@pytest.mark.django_db(transaction=True)
def test_the_holder_of_a_host_stands_aside_for_visitors_of_another_worker(web, settings):
    """One worker goes through a host, links of another one lead there: the server counts."""
    settings.LINKCHECK_HOST_DELAY = 0.5
    settings.LINKCHECK_HOST_CONCURRENCY = 2

    for number in range(3):
        web.answers[f"/to/{number}"] = redirect(web.url(f"/ok?{number}", host=0))
    make_links([web.url(f"/page/{number}") for number in range(20)], object_id=1)
    holder = claim_due(limit=100)
    make_links([web.url(f"/to/{number}", host=number + 1) for number in range(3)], object_id=2)
    visitor = claim_due(limit=100)
    failures = []

    def work(message):
        try:
            check_batch(message)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    messages = [holder.as_message(), visitor.as_message()]
    threads = [threading.Thread(target=work, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert failures == []
    starts = starts_on(web, 0)
    assert len(starts) >= 23
    assert min(gaps(starts)) > 0.35


def look_at_one(link: Link) -> None:
    Host.objects.update(leased_until=None)
    Link.objects.filter(pk=link.pk).update(next_check_at=timezone.now())
    settings = replace(probe_settings_from_django(), retry_delays_s=())
    assert check_claimed(claim_due(limit=10), probe_settings=settings) == 1


@pytest.fixture
def unreachable(db, web, settings) -> list[Link]:
    """Links of a host at which nobody listens, looked at when the test says so."""
    settings.LINKCHECK_PORTS = [web.port, 9]
    links = make_links([f"http://127.0.0.9:9/{number}" for number in range(6)])
    Link.objects.update(next_check_at=timezone.now() + timedelta(days=30))
    return links


def test_five_links_that_fail_to_connect_in_different_runs_are_one_incident(unreachable):
    for link in unreachable[:4]:
        look_at_one(link)
        look_at_one(link)  # the same link again is no other link
    host = Host.objects.get()
    assert (len(host.unreached), host.rests_until) == (4, None)
    look_at_one(unreachable[4])
    host.refresh_from_db()
    assert host.rest_reason == Host.RestReason.UNREACHABLE
    assert timedelta(minutes=55) < host.rests_until - timezone.now() < timedelta(minutes=65)


def test_an_answer_forgets_what_could_not_be_reached(web, db):
    (link,) = make_links([web.url("/ok")])
    Host.objects.update(unreached=[1, 2, 3, 4])
    look_at_one(link)
    assert Host.objects.get().unreached == []


def test_after_the_rest_one_more_failure_is_enough(unreachable):
    for link in unreachable[:5]:
        look_at_one(link)
    Host.objects.update(rests_until=timezone.now() - timedelta(minutes=1))
    look_at_one(unreachable[5])
    assert Host.objects.get().is_resting(timezone.now())


def test_our_own_outage_is_no_failure_of_hosts(db, web, settings):
    settings.LINKCHECK_PORTS = [web.port, 9]
    make_links([f"http://127.0.0.{number}:9/" for number in range(10, 14)])
    probe_settings = replace(probe_settings_from_django(), retry_delays_s=())
    check_claimed(claim_due(limit=10), probe_settings=probe_settings)
    assert Outage.objects.filter(ended_at=None).exists()
    assert not Host.objects.exclude(unreached=[]).exists()
