"""What is killed, cut off or kept waiting in mid-write leaves a whole revision or none."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

import pytest
from django.db import connection, transaction

from accounts.models import User
from changes.models import Change
from changes.recording import Authorship
from tests.config.processes import wait_until
from tests.faults.browsers import Browser, Unanswered, read_form, sign_in
from tests.faults.history_checker import find_violations, read_stored
from tests.faults.journal import Journal, Outcome
from tests.faults.load import make_people, make_places, run_clients
from tests.faults.sites import SITE_NAME, RunningSite, count_backends, serve
from wiki.editing import create_page
from wiki.integrity import find_damage
from wiki.models import Page, RenderedPage
from wiki.rendering import render_stale_pages

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 8


def assert_whole(journal: Journal) -> None:
    """Nobody's edit was lost or torn, and everything that follows from them is there."""
    render_stale_pages()
    assert journal.failures == []
    assert "\n".join(find_violations(journal, read_stored())) == ""
    assert "\n".join(map(str, find_damage())) == ""


def kill_now_and_then(site: RunningSite, killed: list[int]) -> Callable[[float], None]:
    """Kills one of the site's web workers, has the site come back, lets it work a little."""
    chance = random.Random(7)

    def work(until: float) -> None:
        while time.monotonic() < until - 1:
            time.sleep(chance.uniform(0.3, 1.0))
            killed.append(chance.choice(sorted(site.find_workers())))
            os.kill(killed[-1], signal.SIGKILL)
            site.come_back()

    return work


def test_killed_web_workers_leave_whole_revisions_or_none(tmp_path: Path) -> None:
    people = make_people(CLIENTS)
    places = make_places(people[0])
    journal, killed = Journal(), list[int]()
    with serve(tmp_path) as site:
        run_clients(
            journal,
            port=site.port,
            people=people,
            places=places,
            seconds=14,
            seed=2,
            besides=[kill_now_and_then(site, killed)],
        )
    assert_whole(journal)
    assert len(killed) >= 3
    assert journal.count(Outcome.UNKNOWN) > 0
    assert journal.count(Outcome.OK) > CLIENTS


def cut_now_and_then(cuts: list[int]) -> Callable[[float], None]:
    """Ends the site's database connections: to it, PostgreSQL stopped at once, and is back."""

    def work(until: float) -> None:
        while time.monotonic() < until - 1:
            time.sleep(0.7)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = %s",
                    [SITE_NAME],
                )
                cuts.append(len(cursor.fetchall()))

    return work


@pytest.mark.services
def test_cut_database_connections_lose_no_edit_and_are_made_anew(tmp_path: Path) -> None:
    people = make_people(CLIENTS)
    places = make_places(people[0])
    journal, cuts = Journal(), list[int]()
    with serve(tmp_path) as site:
        run_clients(
            journal,
            port=site.port,
            people=people,
            places=places,
            seconds=8,
            seed=3,
            besides=[cut_now_and_then(cuts)],
        )
        tab = Browser(site.port, sign_in(people[0]))
        wait_until(lambda: tab.get("/wiki/").status == 200, "the site after the cuts", seconds=10)
        tab.close()
    assert_whole(journal)
    assert sum(cuts) > 0
    assert journal.count(Outcome.UNKNOWN) > 0
    assert journal.count(Outcome.OK) > CLIENTS


@pytest.fixture
def page(alice: User) -> Page:
    return create_page(values={"title": "Hot", "body": "One.\n"}, by=Authorship(actor=alice))


def fill_form(tab: Browser, text: str) -> dict[str, str]:
    return read_form(tab.get("/wiki/hot/edit/").html) | {"body": text, "summary": "An hour's work"}


@pytest.mark.services
def test_a_worker_killed_between_its_writes_leaves_nothing_of_them(
    tmp_path: Path, page: Page, alice: User
) -> None:
    session = sign_in(alice)
    with serve(tmp_path) as site:
        tab = Browser(site.port, session)
        form = fill_form(tab, "Two.\n")
        with ThreadPoolExecutor(1) as sender:
            with transaction.atomic():
                # Page, revision and Change are written by then; the HTML has to wait for us.
                RenderedPage.objects.select_for_update().get(page=page)
                answer = sender.submit(tab.post, "/wiki/hot/edit/", form)
                wait_until(lambda: count_backends(waiting=True) == 1, "the save to wait")
                for worker in site.find_workers():
                    os.kill(worker, signal.SIGKILL)
                with pytest.raises(Unanswered):
                    answer.result(30)
            wait_until(lambda: count_backends() == 0, "the end of what was killed")
        assert list(find_damage()) == []
        page.refresh_from_db()
        assert (page.version, page.body, Change.objects.count()) == (1, "One.\n", 1)
        site.come_back()
        assert tab.post("/wiki/hot/edit/", form).says_done
        tab.close()
    assert list(find_damage()) == []


def test_saves_that_wait_too_long_are_answered_503_and_the_site_goes_on(
    tmp_path: Path, page: Page, alice: User
) -> None:
    session = sign_in(alice)
    with serve(tmp_path, lock_wait=0.5) as site, ThreadPoolExecutor(CLIENTS) as senders:
        tabs = [Browser(site.port, session) for _ in range(CLIENTS)]
        text = "Two lines & <b>more</b>\nthat took an hour."
        form = fill_form(tabs[0], text)
        with transaction.atomic():
            Page.objects.select_for_update().get(pk=page.pk)
            answers = list(senders.map(lambda tab: tab.post("/wiki/hot/edit/", form), tabs))
            assert tabs[0].get("/wiki/hot/").status == 200
        for answer in answers:
            assert answer.status == 503
            assert f"{escape(text)}</textarea>" in answer.html.replace("\r\n", "\n")
        page.refresh_from_db()
        assert page.version == 1
        assert tabs[0].post("/wiki/hot/edit/", form).says_done
        for tab in tabs:
            tab.close()
    assert list(find_damage()) == []


def test_a_save_waits_for_a_lock_that_is_held_briefly(
    tmp_path: Path, page: Page, alice: User
) -> None:
    session = sign_in(alice)
    with serve(tmp_path) as site:
        tab = Browser(site.port, session)
        form = fill_form(tab, "Two.\n")
        is_sent = threading.Event()

        def send() -> bool:
            is_sent.set()
            return tab.post("/wiki/hot/edit/", form).says_done

        with ThreadPoolExecutor(1) as sender:
            with transaction.atomic():
                Page.objects.select_for_update().get(pk=page.pk)
                answer = sender.submit(send)
                assert is_sent.wait(10)
                time.sleep(1)
                assert not answer.done()
            assert answer.result(30)
        tab.close()
    assert list(find_damage()) == []
