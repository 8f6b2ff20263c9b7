"""While the database is busy, full or away: 503, soon again, and what was typed is kept."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.utils import ConnectionHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import User
from changes.recording import Authorship
from config.outages import is_outage
from config.urls import handler400, handler500  # noqa: F401 (Django looks for them here)
from config.urls import urlpatterns as site_urls
from tests.config.test_up import find_free_port
from wiki.editing import create_page
from wiki.integrity import find_damage
from wiki.models import Page

TYPED = "Two lines & <b>more</b>\r\nthat took an hour."


def remember(request: HttpRequest) -> HttpResponse:
    request.session["colour"] = "green"
    return HttpResponse("remembered")


def ask_wrongly(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM a_table_that_is_not")
    return HttpResponse("never")


urlpatterns = [
    *site_urls,
    path("remember/", remember),
    path("ask-wrongly/", ask_wrongly),
]


@pytest.fixture
def page(alice: User) -> Page:
    return create_page(values={"title": "Hot", "body": "One.\n"}, by=Authorship(actor=alice))


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def impatience() -> Iterator[None]:
    """This connection waits for locks as briefly as a test should."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=100" if is_sqlite else "SET lock_timeout = '100ms'")
    yield
    connection.close()
    if not is_sqlite:
        connection.close_pool()  # or the next test is given it as it is


@contextmanager
def held(pk: int) -> Iterator[None]:
    """Another connection holds the row of page ``pk``; on SQLite that is the whole database."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Page.objects.select_for_update().get(pk=pk)
                is_held.set()
                is_over.wait(30)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(30)
    try:
        yield
    finally:
        is_over.set()
        holder.join()


def save(client: Client, **more: Any) -> HttpResponse:
    data = {"body": TYPED, "language": "en", "base_revision": 1, "summary": "An hour's work"}
    return client.post("/wiki/hot/edit/", data | more)  # type: ignore[return-value]


def assert_kept(response: HttpResponse, text: str = TYPED) -> None:
    html = response.content.decode()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert f"{escape(text)}</textarea>" in html
    assert "An hour&#x27;s work</textarea>" in html
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True)
def test_a_save_that_waited_too_long_for_a_lock_gives_back_what_was_typed(
    page: Page, alices: Client, impatience: None
) -> None:
    with held(page.pk):
        assert_kept(save(alices))
        assert alices.get("/wiki/hot/").status_code == 200
    assert list(find_damage()) == []
    page.refresh_from_db()
    assert page.version == 1
    assert save(alices).status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.embedded
def test_a_save_on_a_full_disk_writes_nothing_and_reading_goes_on(
    page: Page, alices: Client
) -> None:
    long_text = "A long text. " * 20_000
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # or what earlier tests left free would take the text
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count={cursor.fetchone()[0]}")
        try:
            assert_kept(save(alices, body=long_text), long_text)
            assert alices.get("/wiki/hot/").status_code == 200
        finally:
            cursor.execute("PRAGMA max_page_count=4294967294")
    assert list(find_damage()) == []
    assert save(alices).status_code == 302


@pytest.mark.urls("tests.config.test_outages")
@pytest.mark.django_db(transaction=True)
@pytest.mark.embedded
def test_a_session_that_cannot_be_saved_is_an_outage_too(
    page: Page, alices: Client, impatience: None
) -> None:
    alices.raise_request_exception = False
    with held(page.pk):
        response = alices.post("/remember/", {"body": TYPED})
    assert response.status_code == 503
    assert f"{escape(TYPED)}</textarea>" in response.content.decode()


@pytest.mark.urls("tests.config.test_outages")
@pytest.mark.django_db
def test_a_fault_of_ours_in_asking_the_database_stays_a_fault(client: Client) -> None:
    client.raise_request_exception = False
    assert client.get("/ask-wrongly/").status_code == 500


def connect(**options: Any) -> None:
    """Connect to the database that ``options``, those of Django's setting, say."""
    other = ConnectionHandler({"default": {}, "other": options})["other"]
    try:
        other.ensure_connection()
    finally:
        other.close()
        if "pool" in options.get("OPTIONS", {}):
            other.close_pool()  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_database_that_cannot_be_reached_is_an_outage(tmp_path: Path) -> None:
    postgres = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "x",
        "HOST": "127.0.0.1",
        "PORT": find_free_port(),
    }
    pool = {"pool": {"min_size": 0, "max_size": 1, "timeout": 0.2}}
    for options in (
        {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "none" / "x.sqlite3"},
        postgres,
        {**postgres, "OPTIONS": pool},
    ):
        with pytest.raises(OperationalError) as caught:
            connect(**options)
        assert is_outage(caught.value)
