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


class Trouble:
    """Makes trouble a number of times while others work, and lets them work a little in between.

    ``trouble`` is called each time; it returns when the site can be reached again. A failure of
    its own ends the work of everybody.
    """

    def __init__(self, times: int, trouble: Callable[[], None]) -> None:
        self.times, self.trouble = times, trouble
        self.is_past = threading.Event()

    def make(self) -> None:
        try:
            for _time in range(self.times):
                time.sleep(random.uniform(0.4, 1.0))
                self.trouble()
            time.sleep(0.5)
        finally:
            self.is_past.set()


def work_in_trouble(journal: Journal, site: RunningSite, trouble: Trouble, seed: int) -> None:
    """Eight clients on few pages and entries, until the trouble is past."""
    people = make_people(CLIENTS)
    run_clients(
        journal,
        port=site.port,
        people=people,
        places=make_places(people[0]),
        is_over=trouble.is_past.is_set,
        seed=seed,
        besides=[trouble.make],
    )


def test_killed_web_workers_leave_whole_revisions_or_none(tmp_path: Path) -> None:
    journal = Journal()
    with serve(tmp_path) as site:

        def kill_one() -> None:
            os.kill(random.choice(sorted(site.find_workers())), signal.SIGKILL)
            site.come_back()

        work_in_trouble(journal, site, Trouble(3, kill_one), seed=2)
    assert_whole(journal)
    assert journal.count(Outcome.UNKNOWN) > 0
    assert journal.count(Outcome.OK) > 0  # how many is the machine's affair


@pytest.mark.services
def test_cut_database_connections_lose_no_edit_and_are_made_anew(tmp_path: Path) -> None:
    journal = Journal()
    with serve(tmp_path) as site:
        # To the site, PostgreSQL was stopped at once, and is back.
        work_in_trouble(journal, site, Trouble(8, cut_connections), seed=3)
        tab = Browser(site.port, session="")
        wait_until(lambda: tab.get("/wiki/").status == 200, "the site after the cuts", seconds=10)
        tab.close()
    assert_whole(journal)
    assert journal.count(Outcome.UNKNOWN) > 0
    assert journal.count(Outcome.OK) > 0  # how many is the machine's affair


def cut_connections() -> None:
    """End every connection of the site to its database, as soon as it has any."""
    wait_until(_cut, "connections to cut")


def _cut() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [SITE_NAME],
        )
        return len(cursor.fetchall())


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
