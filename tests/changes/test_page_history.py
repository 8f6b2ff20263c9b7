"""The list of revisions, of pages, resources and sections alike."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.models import Source
from tests.changes.content import (
    edit,
    make_page,
    make_page_with_revisions,
    make_resource,
    make_section,
)

pytestmark = pytest.mark.django_db


def text_of(response):
    return " ".join(response.content.decode().split())


def test_the_history_lists_revisions_newest_first(client, alice, bob):
    page = make_page(alice)
    edit(page, "Two lines.\n", bob, summary="two <b>lines</b>", is_minor=True)
    response = client.get("/wiki/tasks/history/")
    text = text_of(response)
    assert text.index("Revision 2") < text.index("Revision 1")
    assert "two &lt;b&gt;lines&lt;/b&gt;" in text
    assert '<abbr class="tag" title="minor edit">minor</abbr>' in text
    assert 'href="/users/bob/"' in text
    assert "current" in text
    assert "/wiki/tasks/compare/?from=1&amp;to=2" in text


def test_any_two_revisions_can_be_chosen_without_a_script(client, alice):
    make_page_with_revisions(alice, 3)
    response = client.get("/wiki/tasks/history/")
    text = text_of(response)
    assert '<form method="get" action="/wiki/tasks/compare/">' in text
    assert '<input type="radio" name="from" value="2" checked>' in text
    assert '<input type="radio" name="to" value="3" checked>' in text


def test_a_single_revision_offers_nothing_to_choose(client, alice):
    make_page(alice)
    text = text_of(client.get("/wiki/tasks/history/"))
    assert "radio" not in text
    assert "only this revision so far" in text


def test_a_merged_revision_names_the_one_it_was_written_on(client, alice, bob):
    from changes.recording import Authorship
    from wiki.editing import edit_page

    page = make_page(alice, body="One.\n\nTwo.\n")
    edit(page, "One by Alice.\n\nTwo.\n", alice)
    values = {"body": "One.\n\nTwo by Bob.\n"}
    edit_page(page_id=page.pk, base_version=1, values=values, by=Authorship(actor=bob))
    assert "merged: written on revision 1" in text_of(client.get("/wiki/tasks/history/"))


def test_other_doors_than_the_browser_are_named(client, alice):
    page = make_page(alice)
    edit(page, "By an import.\n", alice, source=Source.IMPORT)
    assert "by way of an import" in text_of(client.get("/wiki/tasks/history/"))


def test_the_history_takes_the_same_queries_for_3_and_for_300_revisions(client, alice):
    make_page_with_revisions(alice, 3, "Short")
    make_page_with_revisions(alice, 300, "Long")
    counts = []
    for slug in ("short", "long"):
        client.get(f"/wiki/{slug}/history/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(f"/wiki/{slug}/history/")
        assert response.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert not any('"body"' in query["sql"] and "historical" in query["sql"] for query in queries)


@pytest.mark.parametrize(("asked", "first"), [("2", 250), ("99", 50), ("x", 300), ("-1", 50)])
def test_long_histories_have_pages(client, alice, asked, first):
    page = make_page(alice)
    rows = page.history.model
    row = rows.objects.get()
    copies = []
    for number in range(2, 301):
        row.pk, row.version = None, number
        copies.append(rows(**{f.attname: getattr(row, f.attname) for f in rows._meta.fields}))
    rows.objects.bulk_create(copies)
    type(page).objects.filter(pk=page.pk).update(version=300)
    response = client.get("/wiki/tasks/history/", {"page": asked})
    assert response.context["lines"][0].number == first


def test_sections_and_resources_have_the_same_history(client, alice, erin):
    section = make_section(erin)
    make_resource(alice, section)
    for address in ("/sections/core/", "/resources/docs/"):
        assert "Revision 1" in text_of(client.get(f"{address}history/"))
        assert client.get(f"{address}revisions/1/").status_code == 200
        assert client.get(f"{address}compare/").status_code == 200
        assert client.get(f"{address}history.atom").status_code == 200


def test_unknown_objects_have_no_history(client, db):
    for address in ("/wiki/none/", "/sections/none/", "/resources/none/"):
        for view in ("history/", "compare/", "revisions/1/", "revert/?to=1", "history.rss"):
            assert client.get(f"{address}{view}").status_code == 404


def test_the_history_announces_its_feeds(client, alice):
    make_page(alice)
    text = text_of(client.get("/wiki/tasks/history/"))
    for kind, ending in [("atom+xml", "atom"), ("rss+xml", "rss"), ("feed+json", "json")]:
        assert f'type="application/{kind}"' in text
        assert f'href="/wiki/tasks/history.{ending}"' in text
