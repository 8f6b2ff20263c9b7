"""What a save costs: a number of queries that grows neither with the page nor with its history."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linkcheck.models import LinkUse
from linkcheck.uses import FoundLink, sync_uses
from tests.changes.content import edit, make_page, make_page_with_revisions
from wiki.models import Page, RenderedPage

pytestmark = pytest.mark.django_db

# Session, account, rights, block, limit, blocked links, protections (shown and asked), rules,
# form's sections, watchers, draft, message, search: 20 of them. Two more where the text has links.
SAVE_BY_FORM = 30


def text_with(links: int, words: str) -> str:
    lines = [f"- [Guide {n}](https://host{n}.example/) and [[Page {n}]]" for n in range(links)]
    return "\n".join([words, "", *lines, ""])


def save(client, page: Page, body: str) -> int:
    """Save by the form; return the number of queries."""
    page.refresh_from_db()
    form = {"body": body, "language": "en", "section": "", "base_revision": page.version}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.post(f"/wiki/{page.slug}/edit/", form).status_code == 302
    return len(queries)


@pytest.mark.parametrize("links", [0, 3, 180])
def test_a_save_takes_few_queries_however_long_the_page(client, erin, links):
    page = make_page(erin, body=text_with(links, "Before."))
    client.force_login(erin)
    save(client, page, text_with(links, "A message is in the session from now on."))
    assert save(client, page, text_with(links, "After.")) <= SAVE_BY_FORM + 2 * bool(links)


def test_a_save_takes_few_queries_however_long_the_history(client, erin):
    page = make_page_with_revisions(erin, 100)
    client.force_login(erin)
    save(client, page, "A message is in the session from now on.")
    assert save(client, page, "After.") <= SAVE_BY_FORM


def test_uses_of_links_that_stay_take_one_query(erin, django_assert_num_queries):
    found = [FoundLink("body", f"https://host{n}.example/#part", "words") for n in range(50)]
    sync_uses("page", 1, found)
    with django_assert_num_queries(1):
        links = sync_uses("page", 1, found)
    assert set(links) == {item.url for item in found}
    assert LinkUse.objects.count() == 50


def test_the_html_is_stored_in_one_row_with_the_time_of_its_making(erin):
    page = make_page(erin)
    before = RenderedPage.objects.get()
    RenderedPage.objects.update(is_stale=True)
    edit(page, "Other words.", erin)
    after = RenderedPage.objects.get()
    assert (after.version, after.html, after.is_stale) == (2, "<p>Other words.</p>\n", False)
    assert after.rendered_at > before.rendered_at


def test_a_revision_is_found_by_its_number_through_an_index(erin):
    page = make_page(erin)
    first = page.history.get()
    values = {f.attname: getattr(first, f.attname) for f in first._meta.fields}
    page.history.model.objects.bulk_create(
        page.history.model(**{**values, "history_id": None, "version": version})
        for version in range(2, 2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wiki_historicalpage")
    plan = page.history.filter(version=1000).order_by("-history_id")[:1].explain()
    assert "page_one_row_a_version" in plan or "(id=? AND version=?)" in plan, plan
