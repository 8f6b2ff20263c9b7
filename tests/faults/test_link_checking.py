"""Workers that die, brokers that forget, clocks that lie: every due link is checked, once."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from changes.models import Change
from linkcheck.models import MAX_DEATHS, Check, Host, Link
from linkcheck.policy import judge
from linkcheck.tasks import check_due_links, count_messages
from moderation.models import Case
from tests.config.processes import wait_until
from tests.faults.sites import SITE_NAME, count_backends
from tests.faults.workers import flush_redis, wait_for_empty_broker, working
from tests.linkcheck.factories import make_links
from tests.linkcheck.observing import see
from tests.linkcheck.playground import Answer, Playground, Request

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

HOSTS = 3


@pytest.fixture
def web() -> Iterator[Playground]:
    with Playground(hosts=HOSTS) as playground:
        yield playground


@pytest.fixture
def links(web: Playground) -> list[Link]:
    """Eighteen links on three hosts, all due; the first of each host is about to die."""
    paths = [(f"/link/{number}", host) for number in range(6) for host in range(HOSTS)]
    for path, _ in paths:
        web.answers[path] = Answer(410 if path == "/link/0" else 200)
    made = make_links(web.url(path, host=host) for path, host in paths)
    dying = judge([see("410")])
    Link.objects.filter(url__endswith="/link/0").update(
        state=dying.as_dict(), verdict=dying.verdict.value, mark="suspect"
    )
    return made


def let_time_pass(minutes: int) -> None:
    """What was leased for so long is due again."""
    earlier = F("leased_until") - timedelta(minutes=minutes)
    Link.objects.filter(leased_until__isnull=False).update(leased_until=earlier)
    Host.objects.filter(leased_until__isnull=False).update(leased_until=earlier)


def is_everything_checked() -> bool:
    """Whether every link was looked at and no worker holds anything, hosts neither."""
    if Link.objects.filter(last_checked_at__isnull=True).exists():
        return False
    if Link.objects.filter(leased_until__isnull=False).exists():
        return False
    return not Host.objects.filter(leased_until__gt=timezone.now()).exists()


def wait_until_checked() -> None:
    wait_until(is_everything_checked, "every link to be checked")


def sweep_and_look() -> bool:
    """Sweep as beat does, which finds what is lost where no message waits; look afterwards."""
    if not count_messages():
        check_due_links.delay()
    return is_everything_checked()


def asked(web: Playground) -> Counter[str]:
    """How often each link was asked for; what else is asked of a host is left out."""
    return Counter(
        f"http://{request.host}:{web.port}{request.path}"
        for request in web.requests
        if request.path.startswith("/link/") and request.path in web.answers
    )


def assert_each_once(links: list[Link]) -> None:
    """One check a link, nothing held, the dead ones dead: one Case and one Change for each."""
    assert Counter(Check.objects.values_list("link__url", flat=True)) == Counter(
        link.url for link in links
    )
    assert not Link.objects.exclude(deaths=0).exists()
    dead = [link.pk for link in links if link.url.endswith("/link/0")]
    assert sorted(Link.objects.filter(verdict="dead").values_list("pk", flat=True)) == sorted(dead)
    assert sorted(Case.objects.values_list("target_id", flat=True)) == sorted(dead)
    died = Change.objects.filter(kind=Change.Kind.LINK_DIED)
    assert sorted(died.values_list("object_id", flat=True)) == sorted(dead)


class Gate:
    """Requests wait here for their answer until it is opened."""

    def __init__(self) -> None:
        self._is_open = threading.Event()

    def open(self) -> None:
        self._is_open.set()

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> None:
        await asyncio.to_thread(self._is_open.wait, 30)
        writer.write(Answer().encode(request))
        await writer.drain()


@pytest.fixture
def gate(web: Playground, links: list[Link]) -> Iterator[Gate]:
    """Holds back the answer to the second link of each host."""
    gate = Gate()
    web.answers["/link/1"] = gate
    yield gate
    gate.open()


def test_a_worker_killed_in_mid_batch_leaves_its_links_to_others(
    web: Playground, links: list[Link], gate: Gate, tmp_path: Path
) -> None:
    with working(web, tmp_path) as workers:
        worker = workers.start_worker()
        check_due_links.delay()
        wait_until(lambda: web.count("/link/1") == HOSTS, "the batch to hang")
        for child in worker.find_children():
            os.kill(child, signal.SIGKILL)
        web.answers["/link/1"] = Answer()
        wait_for_empty_broker()
        assert not Check.objects.exists()
        let_time_pass(15)
        check_due_links.delay()
        wait_until_checked()
    assert_each_once(links)


def test_a_worker_killed_before_its_commit_wrote_nothing(
    web: Playground, links: list[Link], gate: Gate, tmp_path: Path
) -> None:
    with working(web, tmp_path) as workers:
        worker = workers.start_worker()
        check_due_links.delay()
        wait_until(lambda: web.count("/link/1") == HOSTS, "the batch to be under way")
        with transaction.atomic():
            list(Link.objects.select_for_update().order_by("pk"))
            gate.open()
            wait_until(lambda: count_backends(waiting=True) == 1, "the results to wait")
            worker.kill()
        assert not Check.objects.exists()
        workers.start_worker()
        let_time_pass(15)
        check_due_links.delay()
        wait_until_checked()
    assert_each_once(links)
    assert set(asked(web).values()) == {2}


def test_what_redis_forgot_is_sent_again(
    web: Playground, links: list[Link], tmp_path: Path
) -> None:
    with working(web, tmp_path) as workers:
        worker = workers.start_worker()
        check_due_links.delay()
        wait_until_checked()
        Check.objects.all().delete()
        web.requests.clear()
        Case.objects.all().delete()
        worker.signal_all(signal.SIGSTOP)
        Link.objects.update(next_check_at=timezone.now(), last_checked_at=None)
        check_due_links()
        flush_redis()
        worker.signal_all(signal.SIGCONT)
        let_time_pass(2)
        wait_until(sweep_and_look, "every link to be checked")
    assert set(asked(web).values()) == {1}
    assert Check.objects.count() == len(links)


def test_cut_database_connections_end_no_batch(
    web: Playground, links: list[Link], gate: Gate, tmp_path: Path
) -> None:
    with working(web, tmp_path) as workers:
        workers.start_worker()
        check_due_links.delay()
        wait_until(lambda: web.count("/link/1") == HOSTS, "the batch to be under way")
        assert cut_connections() > 0
        gate.open()
        wait_until_checked()
    assert_each_once(links)
    assert set(asked(web).values()) == {1}


def cut_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [SITE_NAME],
        )
        return len(cursor.fetchall())


def test_two_beats_and_two_workers_ask_each_link_once_and_keep_the_pace(
    web: Playground, links: list[Link], tmp_path: Path
) -> None:
    with working(web, tmp_path, delay_s=0.4) as workers:
        for _ in range(2):
            workers.start_worker()
            workers.start_beat()
        wait_until_checked()
    assert_each_once(links)
    assert set(asked(web).values()) == {1}
    starts: defaultdict[str, list[float]] = defaultdict(list)
    for request in web.requests:
        starts[request.host].append(request.at)
    for times in starts.values():
        # A request may be held up on its way, and then come nearer to the next: what counts is the
        # run, and most of the distances. Two that did not keep the same pace would halve both.
        assert times[-1] - times[0] > 0.4 * (len(times) - 1) - 0.3
        assert median(later - earlier for earlier, later in pairwise(times)) > 0.3


def test_workers_whose_clocks_are_wrong_check_what_is_due_once(
    web: Playground, links: list[Link], tmp_path: Path
) -> None:
    with working(web, tmp_path) as workers:
        workers.start_worker(clock_ahead_s=3600)
        workers.start_worker(clock_ahead_s=-3600)
        check_due_links.delay()
        wait_until_checked()
        Link.objects.update(next_check_at=timezone.now() - timedelta(minutes=1), is_urgent=True)
        again = len(links) * 2
        check_due_links.delay()
        wait_until(lambda: Check.objects.count() == again, "the second round")
        wait_until(is_everything_checked, "its end")
        check_due_links.delay()
        wait_for_empty_broker()
    assert set(asked(web).values()) == {2}
    assert Case.objects.count() == HOSTS
    assert Change.objects.filter(kind=Change.Kind.LINK_DIED).count() == HOSTS


def test_a_link_that_kills_its_worker_is_set_aside_and_the_others_go_on(
    web: Playground, tmp_path: Path
) -> None:
    links = make_links(web.url(f"/link/{number}") for number in range(3))
    with working(web, tmp_path) as workers:
        worker = workers.start_worker()

        async def kill(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
        ) -> None:
            for child in worker.find_children():
                os.kill(child, signal.SIGKILL)
            kills.append(request.path)

        kills: list[str] = []
        for link in links:
            web.answers[link.url.partition(str(web.port))[2]] = Answer()
        web.answers["/link/0"] = kill
        left = Link.objects.exclude(pk=links[0].pk).filter(last_checked_at__isnull=True)

        def tell_how_far() -> tuple[int, int]:
            return len(kills), left.count()

        while left.exists():
            before = tell_how_far()
            check_due_links.delay()
            wait_until(lambda was=before: tell_how_far() != was, "a result or a death")  # type: ignore[misc]
            wait_for_empty_broker()
            let_time_pass(40)
    deadly = Link.objects.get(pk=links[0].pk)
    assert deadly.deaths == MAX_DEATHS
    assert deadly.is_set_aside
    assert deadly.next_check_at is not None
    assert deadly.next_check_at > timezone.now() + timedelta(hours=23)
    assert Counter(Check.objects.values_list("link_id", flat=True)) == Counter(
        link.pk for link in links[1:]
    )
