"""Who wrote which line, and who wrote at all."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes import blaming
from changes.models import ObjectType
from changes.recording import Authorship
from moderation.hiding import hide_parts
from tests.changes.content import edit, make_page
from wiki.editing import rename_page

pytestmark = pytest.mark.django_db


def owners(client, slug="tasks"):
    return client.get(f"/wiki/{slug}/blame/").context["blame"].owners


def test_each_line_names_its_revision_author_and_summary(client, alice, bob):
    page = make_page(alice, body="One.\n\nTwo.\n")
    edit(page, "One.\n\nTwo and a half.\n", bob, summary="more <exact>")
    response = client.get("/wiki/tasks/blame/")
    text = response.content.decode()
    assert response.context["blame"].owners == [1, 1, 2]
    assert "more &lt;exact&gt;" in text
    assert 'href="/users/bob/"' in text
    assert 'href="/wiki/tasks/compare/?from=1&amp;to=2"' in text


def test_a_further_revision_is_followed_from_what_is_known(client, alice, bob):
    page = make_page(alice, body="One.\nTwo.\n")
    assert owners(client) == [1, 1]
    edit(page, "Zero.\nOne.\nTwo.\n", bob)
    rename_page(page_id=page.pk, new_title="Jobs", by=Authorship(actor=make_editor(bob)))
    with CaptureQueriesContext(connection) as queries:
        assert owners(client, "jobs") == [2, 1, 1]
    texts = [query for query in queries if '"body"' in query["sql"] and "version" in query["sql"]]
    assert not any("DESC" in query["sql"] for query in texts)
    cache.clear()
    assert owners(client, "jobs") == [2, 1, 1]


def make_editor(user):
    from accounts.roles import EDITORS, put_in_group

    put_in_group(user=user, group=EDITORS)
    return type(user).objects.get(pk=user.pk)


def test_a_long_history_is_followed_in_bounded_steps(client, alice, monkeypatch):
    page = make_page(alice, body="Old.\n")
    for number in range(2, 12):
        edit(page, f"Old.\nText {number}.\n", alice)
    monkeypatch.setattr(blaming, "MOST_REVISIONS", 4)
    response = client.get("/wiki/tasks/blame/")
    assert response.context["blame"].owners == [None, 11]
    assert "followed back to revision 7" in response.content.decode()
    assert owners(client) == [None, 11]
    assert owners(client) == [1, 11]


def test_hidden_texts_are_passed_over_and_hidden_authors_not_named(client, alice, bob, maria):
    page = make_page(alice, body="One.\n")
    edit(page, "One.\nTwo.\n", bob, summary="by bob")
    edit(page, "One.\nTwo.\nThree.\n", alice)
    about = {
        "object_type": ObjectType.PAGE,
        "object_id": page.pk,
        "reason": "Private.",
        "by": maria,
    }
    assert owners(client) == [1, 2, 3]
    hide_parts(first=2, last=2, parts=["author", "summary"], **about)
    for way in ("blame", "contributors"):
        assert "bob" not in client.get(f"/wiki/tasks/{way}/").content.decode()
    hide_parts(first=2, last=2, parts=["text"], **about)
    assert owners(client) == [1, 3, 3]


def test_blame_takes_the_same_queries_for_3_and_for_30_authors_lines(client, alice):
    for title, count in (("Short", 3), ("Long", 30)):
        page = make_page(alice, title, "Line 1.\n")
        for number in range(2, count + 1):
            edit(page, "".join(f"Line {n}.\n" for n in range(1, number + 1)), alice)
    counts = []
    for slug in ("short", "long"):
        for way in ("blame", "contributors"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/wiki/{slug}/{way}/").status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_contributors_are_counted_by_edits_months_and_lines(client, alice, bob):
    with time_machine.travel(datetime(2026, 1, 31, 12, tzinfo=UTC), tick=True):
        page = make_page(alice, body="One.\nTwo.\n")
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=True):
        edit(page, "One.\nTwo.\nThree.\n", alice)
        edit(page, "One!\nTwo.\nThree.\n", bob)
    context = client.get("/wiki/tasks/contributors/").context
    found = [(one.user.username, one.edits, one.lines) for one in context["contributors"]]
    assert found == [("alice", 2, 2), ("bob", 1, 1)]
    rows = context["months"].rows
    assert len(rows) == 12
    assert rows[-3:] == [("January 2026", 1), ("February 2026", 0), ("March 2026", 2)]


def test_a_day_leads_to_the_revision_in_force_at_its_end(client, alice):
    with time_machine.travel(datetime(2026, 1, 31, 12, tzinfo=UTC), tick=True):
        page = make_page(alice, body="January.\n")
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=True):
        edit(page, "March.\n", alice)
    for day, number in (("2026-01-31", 1), ("2026-02-28", 1), ("2026-03-01", 2)):
        response = client.get("/wiki/tasks/at/", {"date": day})
        assert response.headers["Location"] == f"/wiki/tasks/revisions/{number}/?at={day}"
    shown = client.get("/wiki/tasks/revisions/1/", {"at": "2026-02-28"}).content.decode()
    assert re.search(r"how it stood at the end of (28 February 2026|Feb. 28, 2026)", shown)
    response = client.get("/wiki/tasks/at/", {"date": "2025-12-31"})
    assert response.status_code == 404
    assert "It was not there yet." in response.content.decode()
    assert client.get("/wiki/tasks/at/", {"date": "soon"}).status_code == 404
    assert client.get("/wiki/tasks/at/").status_code == 200


LONG = "Tasks are functions that run elsewhere, on any node that has room for them."


def test_a_paragraph_that_moved_and_was_changed_a_little_names_who_wrote_it(client, alice, bob):
    page = make_page(alice, body=f"{LONG}\n\nShort.\n\nEnd.\n")
    edit(page, f"Short.\n\nEnd.\n\n{LONG.replace('any', 'each')}\n", bob)
    response = client.get("/wiki/tasks/blame/")
    found = response.context["blame"]
    assert (found.owners, found.origins) == ([1, 1, 1, 1, 2], [1] * 5)
    page.refresh_from_db()
    assert "\n".join(found.lines) + "\n" == page.body
    text = " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
    assert re.search(r"Revision 2 bob .{0,40} came in revision 1 alice", text)
    cache.clear()
    edit(page, f"{page.body}\nMore.\n", alice)
    assert owners(client) == [1, 1, 1, 1, 2, 3, 3]
    assert owners(client) == [1, 1, 1, 1, 2, 3, 3]


def test_a_hidden_author_is_not_named_as_who_wrote_it_first(client, alice, bob, maria):
    page = make_page(bob, body=f"{LONG}\n\nShort.\n")
    edit(page, f"Short.\n\n{LONG} Or so.\n", alice)
    hide_parts(
        object_type=ObjectType.PAGE,
        object_id=page.pk,
        reason="Private.",
        by=maria,
        first=1,
        last=1,
        parts=["author"],
    )
    text = client.get("/wiki/tasks/blame/").content.decode()
    assert "came in revision 1" in text
    assert "bob" not in text
