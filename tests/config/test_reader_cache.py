"""What readers who are not signed in are given from memory: never older than the database."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.editing import edit_resource, edit_section
from catalog.models import Resource, Section
from changes.recording import Authorship
from linkcheck.models import Link, Mark
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.protections import lift_it, protect_it
from wiki.editing import create_page, delete_page, rename_page
from wiki.models import Page
from wiki.rendering import render_stale_pages

pytestmark = pytest.mark.django_db

READ_BY_ALL = ("/", "/sections/", "/sections/core/", "/resources/docs/", "/wiki/tasks/")


@pytest.fixture
def page(erin) -> Page:
    return make_page(erin, body="See [[Actors]] and [Ray](https://ray.example/).\n")


@pytest.fixture
def resource(erin, page) -> Resource:
    return make_resource(erin, make_section(erin, "Core"))


def read(client: Client, url: str = "/wiki/tasks/", **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def count_queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(url)
    return len(queries)


def test_a_page_read_again_takes_one_query(client, page):
    assert count_queries(client, "/wiki/tasks/") == 3
    assert count_queries(client, "/wiki/tasks/") == 1


@pytest.mark.parametrize("url", READ_BY_ALL)
def test_what_is_kept_is_what_was_drawn(client, resource, url):
    first = client.get(url)
    again = client.get(url)
    assert again.content == first.content
    assert dict(again.headers) == dict(first.headers)
    assert again.headers["Cache-Control"] == "no-cache"
    assert again.headers["Content-Security-Policy"]
    assert again.headers["X-Frame-Options"] == "DENY"
    assert {"Cookie", "Accept-Language"} <= set(again.headers["Vary"].split(", "))
    assert count_queries(client, url) <= 2


def test_a_new_revision_is_read_at_once(client, erin, page):
    read(client)
    edit(page, "A sentence of the second revision.", erin)
    assert "A sentence of the second revision." in read(client)
    edit(page, "A sentence of the third revision.", erin)
    text = read(client)
    assert "A sentence of the third revision." in text
    assert "Revision 3" in text


def test_a_renamed_page_leads_on_at_once(client, erin, page):
    read(client)
    rename_page(page_id=page.pk, new_title="Remote functions", by=Authorship(actor=erin))
    assert client.get("/wiki/tasks/").headers["Location"].startswith("/wiki/remote-functions/")
    assert "Remote functions" in read(client, "/wiki/remote-functions/")
    rename_page(page_id=page.pk, new_title="Tasks", by=Authorship(actor=erin))
    assert '<h1 dir="auto" lang="en">Tasks</h1>' in read(client)


def test_a_deleted_page_is_gone_at_once(client, maria, page):
    read(client)
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    assert client.get("/wiki/tasks/").status_code == 404
    assert client.get("/wiki/tasks/").status_code == 404


def test_a_protected_page_says_so_at_once(client, maria, page):
    read(client)
    protect_it(page, maria)
    assert "moderators only" in read(client)
    lift_it(page, maria)
    assert "moderators only" not in read(client)


def test_a_link_that_died_or_recovered_is_told_at_once(client, page):
    read(client)
    Link.objects.update(mark=Mark.DEAD)
    assert "One source of this page is dead" in read(client)
    Link.objects.update(mark=Mark.OK)
    text = read(client)
    assert "One source of this page is dead" not in text
    assert "1 verified" in text


def test_another_link_that_is_dead_instead_is_told_at_once(client, erin):
    make_page(erin, body="[a](https://a.example/) [b](https://b.example/)")
    Link.objects.filter(url="https://a.example/").update(mark=Mark.DEAD)
    Link.objects.filter(url="https://b.example/").update(mark=Mark.OK)
    dead = ">https://{}.example/</a>"
    assert dead.format("a") in read(client)
    Link.objects.filter(url="https://a.example/").update(mark=Mark.OK)
    Link.objects.filter(url="https://b.example/").update(mark=Mark.DEAD)
    text = read(client)
    assert dead.format("b") in text
    assert dead.format("a") not in text


def test_a_page_drawn_anew_is_read_at_once(client, erin, page):
    assert "is-missing" in read(client)
    make_page(erin, title="Actors", body="They hold state.")
    render_stale_pages()
    assert "is-missing" not in read(client)


def test_a_list_embedded_in_a_page_follows_its_entries(client, erin, resource):
    make_page(erin, title="Lists", body="{{resources limit=5}}")
    assert resource.title in read(client, "/wiki/lists/")
    edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values={"title": "Another name"},
        by=Authorship(actor=erin),
    )
    render_stale_pages()
    assert "Another name" in read(client, "/wiki/lists/")


def test_the_new_title_of_its_section_stands_over_a_page_at_once(client, erin):
    section = make_section(erin, "Core")
    values = {"title": "Tasks", "body": "One line.", "section_id": section.pk}
    create_page(values=values, by=Authorship(actor=erin))
    read(client)
    retitle(section, erin)
    assert "Kernel" in read(client)


def retitle(section: Section, actor) -> None:
    edit_section(
        section_id=section.pk,
        base_version=section.version,
        values={"title": "Kernel"},
        by=Authorship(actor=actor),
    )


@pytest.mark.parametrize("url", READ_BY_ALL[:-1])
def test_a_change_of_the_catalog_is_read_everywhere_at_once(client, erin, resource, url):
    read(client, url)
    retitle(Section.objects.get(), erin)
    assert "Kernel" in read(client, url)


def test_the_health_of_an_entry_is_told_at_once(client, resource):
    read(client, resource.get_absolute_url())
    Link.objects.update(mark=Mark.SUSPECT)
    assert "may be broken" in read(client, resource.get_absolute_url())


def test_a_reader_gets_their_own_language(client, page):
    english = read(client)
    spanish = read(client, **{"accept-language": "es"})
    assert '<html lang="en">' in english
    assert '<html lang="es">' in spanish
    assert read(client) == english
    assert read(client, **{"accept-language": "es"}) == spanish


def test_nobody_who_is_signed_in_fills_or_gets_what_is_kept(client, erin, page):
    signed_in = Client()
    signed_in.force_login(erin)
    assert "erin" in read(signed_in)
    assert "Sign out" not in read(client)
    response = signed_in.get("/wiki/tasks/")
    assert "Sign out" in response.content.decode()
    assert "ETag" not in response.headers


def test_a_message_is_shown_to_one_reader_only(client, erin, page):
    writer = Client()
    writer.force_login(erin)
    form = {"body": "Other words.", "language": "en", "base_revision": page.version}
    assert writer.post("/wiki/tasks/edit/", form).status_code == 302
    assert "Saved." in read(writer)
    assert "Saved." not in read(client)
    writer.logout()
    assert "Saved." not in read(writer)


def test_parameters_are_never_answered_from_what_is_kept(client, page):
    read(client)
    assert "You came by an older address" in read(client, "/wiki/tasks/?from=old")
    assert "You came by an older address" not in read(client)


def test_a_browser_that_has_the_page_is_told_so(client, erin, page):
    tag = client.get("/wiki/tasks/").headers["ETag"]
    response = client.get("/wiki/tasks/", headers={"if-none-match": tag})
    assert response.status_code == 304
    assert response.content == b""
    assert response.headers["ETag"] == tag
    edit(page, "Something else.", erin)
    assert client.get("/wiki/tasks/", headers={"if-none-match": tag}).status_code == 200


def test_a_browser_that_signed_in_meanwhile_is_given_its_own_page(client, erin, page):
    tag = client.get("/wiki/tasks/").headers["ETag"]
    client.force_login(erin)
    assert client.get("/wiki/tasks/", headers={"if-none-match": tag}).status_code == 200


def test_head_is_answered_like_get_and_keeps_nothing(client, page):
    head = client.head("/wiki/tasks/")
    assert head.status_code == 200
    assert head.content == b""
    assert "next=%2Fwiki%2Ftasks%2F" in read(client)
    assert dict(client.head("/wiki/tasks/").headers) == dict(client.get("/wiki/tasks/").headers)


def test_an_unknown_host_is_refused_though_the_page_is_kept(client, page):
    read(client)
    assert client.get("/wiki/tasks/", headers={"host": "evil.example"}).status_code == 400


def test_words_about_time_are_at_most_a_minute_old(client, page):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert "just now" in read(client)
        clock.shift(timedelta(minutes=5))
        assert "5 minutes ago" in read(client)


def test_a_response_of_great_size_is_not_kept(client, erin, page):
    edit(page, "word " * 40_000, erin)
    assert count_queries(client, "/wiki/tasks/") == count_queries(client, "/wiki/tasks/") == 3


def test_an_empty_memory_is_filled_again(client, page):
    text = read(client)
    caches["readers"].clear()
    assert read(client) == text
