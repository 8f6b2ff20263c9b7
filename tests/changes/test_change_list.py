"""Recent changes: filters, pages, days."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.models import Change
from changes.recording import Authorship
from tests.changes.content import (
    edit,
    make_changes,
    make_page,
    make_page_with_revisions,
    make_resource,
    make_section,
)
from wiki.editing import delete_page, rename_page

pytestmark = pytest.mark.django_db


def shown(response):
    """The changes of a page, as lines."""
    return [line for day in response.context["days"] for line in day.lines]


def test_changes_stand_newest_first_with_ways_to_what_they_changed(client, alice, bob):
    page = make_page(alice)
    edit(page, "Two lines.\n", bob, summary="more")
    response = client.get("/changes/")
    assert [line.change.kind for line in shown(response)] == ["edited", "created"]
    text = response.content.decode()
    assert 'href="/wiki/tasks/compare/?from=1&amp;to=2"' in text
    assert 'href="/wiki/tasks/revisions/1/"' in text
    assert 'href="/wiki/tasks/history/"' in text
    assert 'href="/users/bob/"' in text
    assert "more" in text


def test_a_fresh_site_says_what_to_do(client, db):
    text = client.get("/changes/").content.decode()
    assert "Nothing has changed yet" in text
    assert "/wiki/-/new/" in text


def test_each_filter_keeps_its_own(client, alice, bob, erin):
    section = make_section(erin)
    make_resource(alice, section)
    page = make_page(alice)
    edit(page, "By Bob.\n", bob, is_minor=True)
    make_changes(alice, 1)
    asked = {
        "kind=edited": ["edited"],
        "type=resource": ["created"],
        "section=core": ["created", "created"],
        "user=bob": ["edited"],
        "user=BOB": ["edited"],
        "minor=only": ["edited"],
        "minor=no": ["link_died", "created", "created", "created"],
        f"object=page:{page.pk}": ["edited", "created"],
        "user=alice&type=page": ["created"],
        "type=link": ["link_died"],
        "utm_source=elsewhere": ["link_died", "edited", "created", "created", "created"],
    }
    for query, kinds in asked.items():
        response = client.get(f"/changes/?{query}")
        assert [line.change.kind for line in shown(response)] == kinds, query


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("kind=exploded", "exploded"),
        ("type=planet", "planet"),
        ("section=nowhere", "nowhere"),
        ("user=nobody-here", "nobody-here"),
        ("minor=perhaps", "minor"),
        ("object=page", "page:12"),
        ("object=page:x", "page:12"),
        ("object=planet:1", "page:12"),
        ("object=page:99999999999999999999", "page:12"),
        ("before=xyz", "before"),
        ("before=0", "greater than or equal to 1"),
        ("before=99999999999999999999999", "less than or equal to"),
        ("kind=%3Cscript%3E", "&lt;script&gt;"),
    ],
)
@pytest.mark.parametrize("ending", ["/", ".atom"])
def test_a_filter_that_makes_no_sense_is_explained(client, alice, query, word, ending):
    make_page(alice)
    response = client.get(f"/changes{ending}?{query}")
    assert response.status_code == 400
    text = response.content.decode()
    assert word in text or ending == ".atom"
    if ending == "/":
        assert 'href="/changes/"' in text
        assert 'name="user"' in text
    else:
        assert response.headers["Content-Type"].startswith("text/plain")
        assert "sandbox" in response.headers["Content-Security-Policy"]


def test_an_empty_answer_offers_all_changes(client, alice):
    make_page(alice)
    text = client.get("/changes/?kind=merged").content.decode()
    assert "No changes match" in text


def test_pages_go_on_where_the_last_ended_whatever_is_added_meanwhile(client, alice):
    changes = make_changes(alice, 120)
    numbers = [change.pk for change in Change.objects.order_by("-id")]
    first = client.get("/changes/?user=alice")
    make_changes(alice, 7)
    second = client.get(f"/changes/?user=alice&before={first.context['next_before']}")
    third = client.get(f"/changes/?user=alice&before={second.context['next_before']}")
    found = [line.change.pk for page in (first, second, third) for line in shown(page)]
    assert found == numbers
    assert len(changes) == 120
    assert third.context["next_before"] is None
    text = second.content.decode()
    assert f"?user=alice&amp;before={second.context['next_before']}" in text
    assert 'href="?user=alice"' in text  # the newest


def test_changes_are_grouped_by_day(client, alice):
    today, yesterday = make_changes(alice, 2)
    Change.objects.filter(pk=yesterday.pk).update(at=today.at - datetime.timedelta(days=1))
    Change.objects.filter(pk=today.pk).update(at=today.at)
    assert len(client.get("/changes/").context["days"]) == 2


def test_the_list_takes_the_same_queries_for_few_and_many(client, alice, bob, erin):
    section = make_section(erin)
    make_resource(alice, section)
    make_page(alice)
    make_changes(bob, 1)
    client.get("/changes/")
    with CaptureQueriesContext(connection) as few:
        client.get("/changes/")
    for number in range(15):
        make_resource(bob, section, f"Resource {number}")
        make_page(erin, f"Page {number}")
    make_changes(bob, 10)
    with CaptureQueriesContext(connection) as many:
        response = client.get("/changes/")
    assert len(shown(response)) == 44
    assert len(few) == len(many) <= 6


def test_what_was_deleted_is_named_but_not_shown(client, maria):
    page = make_page(maria, title="Spam", body="buy this\n")
    delete_page(page_id=page.pk, reason="spam", by=Authorship(actor=maria))
    text = client.get("/changes/").content.decode()
    assert "Spam" in text
    assert "/wiki/spam/" not in text


def test_a_renaming_says_the_older_name(client, erin):
    page = make_page(erin, title="Old name")
    rename_page(page_id=page.pk, new_title="New name", by=Authorship(actor=erin))
    text = client.get(f"/changes/?object=page:{page.pk}").content.decode()
    assert "formerly “Old name”" in text


def test_hostile_words_stay_words(client, alice):
    title = '"><script>alert(1)</script> \u05d0\u05d1'
    page = make_page(alice, title=title)
    edit(page, "x\n", alice, summary="<img src=x onerror=alert(1)>")
    text = client.get("/changes/").content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_the_list_announces_the_feeds_of_its_filters(client, alice):
    make_page(alice)
    text = client.get("/changes/?user=alice&type=page&before=999").content.decode()
    for ending in ("atom", "rss", "json"):
        assert f'href="/changes.{ending}?type=page&amp;user=alice"' in text
    assert text.count('rel="alternate"') == 3


def test_nothing_is_posted_to_changes(client, db):
    for address in ("/changes/", "/changes.atom", "/users/alice/"):
        assert client.post(address).status_code == 405


def test_a_profile_lists_contributions_and_counts_them(client, alice, bob):
    page = make_page_with_revisions(alice, 3)
    edit(page, "By Bob.\n", bob)
    response = client.get("/users/alice/")
    assert [line.change.version_after for line in shown(response)] == [3, 2, 1]
    assert response.context["counts"] == [("edited", "edited", 2), ("created", "created", 1)]
    text = response.content.decode()
    assert 'href="/changes/?user=alice&amp;kind=edited"' in text
    assert 'href="/changes.atom?user=alice"' in text


def test_a_profile_without_contributions_says_so(client, alice):
    assert "Nothing yet" in client.get("/users/alice/").content.decode()


def test_a_profile_takes_the_same_queries_for_few_and_many(client, alice, erin):
    make_page(alice)
    client.get("/users/alice/")
    with CaptureQueriesContext(connection) as few:
        client.get("/users/alice/")
    for number in range(60):
        make_page(alice, f"Page {number}")
    with CaptureQueriesContext(connection) as many:
        response = client.get("/users/alice/")
    assert len(shown(response)) == 50
    assert len(few) == len(many)
    older = client.get(f"/users/alice/?before={response.context['next_before']}")
    assert len(shown(older)) == 11
    assert client.get("/users/alice/?before=xyz").status_code == 200
