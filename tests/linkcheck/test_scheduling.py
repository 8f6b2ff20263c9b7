"""What goes out to workers, in which queue, and what happens when they die or messages are lost."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import _lru_cache_wrapper

import pytest
from celery.signals import before_task_publish
from django.conf import settings
from django.utils import timezone

from config.celery import app
from linkcheck.claiming import claim_due
from linkcheck.leases import LEASE, WORKING_LEASE, begin, free_lost, is_anyone_waiting, release
from linkcheck.models import MAX_DEATHS, Check, Host, Link
from linkcheck.pacing import Pace
from linkcheck.requesting import request_check
from linkcheck.running import check_claimed
from linkcheck.tasks import check_due_links, check_urgent_links
from linkcheck.uses import prepare_links
from tests.linkcheck.factories import make_links, run_round
from tests.linkcheck.playground import Answer

pytestmark = pytest.mark.django_db


@contextmanager
def watching_broker() -> Iterator[list[tuple[str, str, tuple[object, ...]]]]:
    """Collect what is published: task, queue, arguments."""
    published = []

    def note(sender: str, body: tuple[tuple[object, ...]], routing_key: str, **_: object) -> None:
        published.append((sender.rpartition(".")[2], routing_key, tuple(body[0])))

    before_task_publish.connect(note)
    try:
        yield published
    finally:
        before_task_publish.disconnect(note)


def make_hosts(number: int) -> list[Link]:
    return make_links(f"https://host{n}.example/" for n in range(number))


def pass_time(how_long: timedelta) -> None:
    for model in (Link, Host):
        for row in model.objects.filter(leased_until__isnull=False):
            model.objects.filter(pk=row.pk).update(leased_until=row.leased_until - how_long)


def test_a_worker_takes_from_both_queues_first_from_the_urgent_one():
    queues = [settings.URGENT_QUEUE, settings.CELERY_TASK_DEFAULT_QUEUE]
    assert list(app.amqp.queues.consume_from) == queues


def test_what_people_wait_for_goes_past_the_backlog():
    urgent, *others = make_hosts(3)
    Link.objects.exclude(pk=urgent.pk).update(is_urgent=False)
    with watching_broker() as published:
        check_due_links()
    taken = {
        queue: {link_id for group in message for link_id, _ in group}
        for _task, queue, (message,) in published
    }
    assert taken == {
        settings.URGENT_QUEUE: {urgent.pk},
        settings.CELERY_TASK_DEFAULT_QUEUE: {link.pk for link in others},
    }


def test_a_full_backlog_does_not_keep_urgent_links_waiting(monkeypatch):
    monkeypatch.setattr("linkcheck.tasks.MAX_LEASED", 3)
    make_hosts(5)
    Link.objects.update(is_urgent=False)
    check_due_links()
    assert Link.objects.filter(leased_until__isnull=False).count() == 3
    waiting = Link.objects.filter(leased_until=None).earliest("pk")
    Link.objects.filter(pk=waiting.pk).update(is_urgent=True)
    with watching_broker() as published:
        check_urgent_links()
    ((_task, queue, (((claimed,),),)),) = published
    assert (queue, claimed[0]) == (settings.URGENT_QUEUE, waiting.pk)


def test_check_now_nudges_the_urgent_queue(alice, django_capture_on_commit_callbacks):
    (link,) = make_hosts(1)
    with watching_broker() as published, django_capture_on_commit_callbacks(execute=True):
        request_check(link=link, actor=alice)
    assert published == [("check_urgent_links", settings.URGENT_QUEUE, ())]


def test_a_list_that_is_imported_is_a_backlog():
    prepare_links(["https://one.example/", "https://two.example/"])
    assert not Link.objects.filter(is_urgent=True).exists()
    assert Link.objects.filter(next_check_at__lte=timezone.now()).count() == 2


def die_over(claim) -> None:
    """A worker begins and is killed; its lease runs out."""
    assert begin(claim).links
    pass_time(WORKING_LEASE + timedelta(seconds=1))


def test_a_link_that_kills_workers_is_found_and_set_aside():
    deadly, *others = make_links(f"https://host.example/{n}" for n in range(15))
    other_host = make_links(["https://other.test/"], object_id=2)[0]
    Link.objects.filter(pk=deadly.pk).update(next_check_at=timezone.now() - timedelta(days=1))
    sizes = []
    for _ in range(MAX_DEATHS):
        claim = claim_due(limit=100)
        parts = list(claim.split(100))
        deadly_part = next(part for part in parts if deadly.pk in dict(part))
        sizes.append(len(deadly_part))
        for part in parts:
            if part is not deadly_part:
                release(begin(part))
        die_over(deadly_part)
    # With others at first, then only with some of its own host, then alone.
    assert sizes == [16, 10, 1]
    claim = claim_due(limit=100)
    assert deadly.pk not in dict(claim)
    assert claim
    deadly.refresh_from_db()
    assert deadly.is_set_aside
    assert deadly.next_check_at > timezone.now() + timedelta(hours=23)
    assert not set(dict(claim)) - {link.pk for link in [*others, other_host]}


def test_a_link_that_was_set_aside_is_looked_at_alone_a_day_later(web):
    deadly, _other = make_links([web.url("/ok"), web.url("/404")])
    yesterday = timezone.now() - timedelta(days=1)
    Link.objects.filter(pk=deadly.pk).update(deaths=MAX_DEATHS, next_check_at=yesterday)
    claim = claim_due(limit=10)
    assert deadly.pk in dict(claim)
    assert len(claim) == 1
    release(begin(claim))
    run_round()
    deadly.refresh_from_db()
    assert (deadly.deaths, deadly.verdict) == (0, "ok")


def test_a_link_that_is_set_aside_says_so(client, alice):
    (link,) = make_hosts(1)
    Link.objects.update(deaths=MAX_DEATHS)
    assert "It is set aside" in client.get(link.get_absolute_url()).content.decode()


def test_claims_that_the_broker_lost_are_freed_and_begun_ones_are_not():
    make_hosts(3)
    begun = begin(claim_due(limit=1))
    claim_due(limit=1)
    pass_time(timedelta(minutes=2))
    fresh = claim_due(limit=1)
    assert free_lost() == 1
    held = set(Link.objects.filter(leased_until__isnull=False).values_list("pk", flat=True))
    assert held == {begun.links[0].pk, *dict(fresh)}
    assert Host.objects.filter(leased_until__isnull=False).count() == 2
    assert LEASE - timedelta(minutes=2) > WORKING_LEASE


def test_memory_does_not_grow_with_the_number_of_links_checked(web):
    def check(number: int, object_id: int) -> None:
        make_links(
            (web.url(f"/page/{object_id}/{n}", host=n % 4) for n in range(number)),
            object_id=object_id,
        )
        while run_round():
            pass
        web.requests.clear()
        for (
            cache
        ) in caches:  # each has a bound of its own, and is filled to it by whatever ran before
            cache.cache_clear()
        gc.collect()

    caches = [one for one in gc.get_objects() if type(one) is _lru_cache_wrapper]
    assert len(caches) > 10
    check(200, 1)  # what is made once is made
    tracemalloc.start()
    try:
        check(200, 2)
        before, _peak = tracemalloc.get_traced_memory()
        check(800, 3)
        after, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 800 < 1000  # bytes


def let_wait(link: Link, *, seconds: float = 60) -> None:
    """Someone asked for ``link`` so long ago."""
    asked_at = timezone.now() - timedelta(seconds=seconds)
    Link.objects.filter(pk=link.pk).update(is_urgent=True, next_check_at=asked_at)


def test_who_waits_for_a_link_that_nobody_may_ask_now_is_not_waited_for(web):
    _backlog, wanted = make_links([web.url("/a"), web.url("/b", host=1)])
    Link.objects.update(is_urgent=False)
    assert not is_anyone_waiting()
    let_wait(wanted, seconds=1)
    assert not is_anyone_waiting()
    let_wait(wanted)
    assert is_anyone_waiting()
    hosts = Host.objects.filter(pk=wanted.host_id)
    hosts.update(rests_until=timezone.now() + timedelta(hours=1))
    assert not is_anyone_waiting()
    hosts.update(rests_until=None, leased_until=timezone.now() + timedelta(minutes=5))
    assert not is_anyone_waiting()
    assert is_anyone_waiting({wanted.host.domain})
    hosts.update(leased_until=timezone.now() + timedelta(minutes=25))
    Link.objects.filter(pk=wanted.pk).update(leased_until=timezone.now() + timedelta(minutes=25))
    assert is_anyone_waiting()


@pytest.mark.parametrize("is_own_host", [True, False])
def test_a_batch_gives_way_to_what_people_wait_for_and_the_rest_is_due_again(web, is_own_host):
    backlog = make_links([web.url(f"/backlog/{number}") for number in range(30)])
    Link.objects.update(is_urgent=False)
    claim = claim_due(limit=100)
    (wanted,) = make_links([web.url("/wanted", host=0 if is_own_host else 1)], object_id=2)
    let_wait(wanted)
    pace = Pace(host_delay_s=0.5, host_concurrency=1, gives_way_after_s=0.1)
    began = time.monotonic()
    written = check_claimed(claim, pace=pace)
    assert time.monotonic() - began < 10  # of fifteen seconds
    assert 0 < Check.objects.count() < len(backlog)
    assert written == len(backlog)
    assert Link.objects.due(timezone.now()).count() == len(backlog) - Check.objects.count() + 1
    assert not Link.objects.filter(deaths__gt=0).exists()
    Host.objects.update(leased_until=None)
    (first,) = claim_due(limit=1)
    assert first.link_id == wanted.pk


def test_what_waits_for_another_try_is_left_when_a_batch_gives_way(web):
    web.answers["/broken"] = Answer(500)
    (broken,) = make_links([web.url("/broken")])
    Link.objects.update(is_urgent=False)
    claim = claim_due(limit=100)
    (wanted,) = make_links([web.url("/wanted", host=1)], object_id=2)
    let_wait(wanted)
    pace = Pace(host_delay_s=0, gives_way_after_s=0.1)
    began = time.monotonic()
    check_claimed(claim, pace=pace)
    assert time.monotonic() - began < 4.5  # of five to the second try
    assert not Check.objects.exists()
    assert Link.objects.due(timezone.now()).filter(pk=broken.pk).exists()


def test_urgent_links_give_way_to_nobody(web):
    links = make_links([web.url(f"/{number}") for number in range(6)])
    claim = claim_due(limit=100)
    (wanted,) = make_links([web.url("/wanted", host=1)], object_id=2)
    let_wait(wanted)
    pace = Pace(host_delay_s=0.5, host_concurrency=1, gives_way_after_s=0.1)
    check_claimed(claim, pace=pace)
    assert Check.objects.count() == len(links)
