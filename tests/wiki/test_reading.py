"""Reading the wiki: pages, lists and what links where, in few queries."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Section
from changes.recording import Authorship
from tests.changes.content import edit, make_page, make_resource, make_section
from wiki.editing import create_page, delete_page, rename_page
from wiki.models import Page
from wiki.rendering import render_stale_pages

pytestmark = pytest.mark.django_db

NUL_PARAMETERS = ("q", "page", "from", "redirect", "title", "section", "parent", "kind", "order")


def text_of(response) -> str:
    return response.content.decode()


def count_queries(client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(url)
    assert response.status_code in (200, 404), response.status_code
    return len(queries)


def fill(actor, parent: Section | None, count: int, start: int = 0) -> None:
    """``count`` pages that link to each other, to missing pages and outside; sections inside."""
    for number in range(start, start + count):
        body = (
            f"# Heading {number}\n\nSee [[Page {number + 1}]], [[Hub]], [[Missing {number}]] and"
            f" [out](https://out{number}.example/).\n\n{{{{resources limit=5}}}}\n"
        )
        values = {"title": f"Page {number}", "body": body, "section_id": parent and parent.pk}
        create_page(values=values, by=Authorship(actor=actor))


@pytest.fixture
def hub(erin) -> Page:
    section = make_section(erin, "Core")
    make_resource(erin, section)
    fill(erin, section, 3)
    hub = make_page(erin, title="Hub", body="# One\n\n# Two\n\nSee [[Page 1]].\n")
    render_stale_pages()
    return hub


def grow(actor) -> None:
    section = Section.objects.get()
    fill(actor, section, 57, start=3)
    page = Page.objects.get(slug="hub")
    links = "\n".join(f"- [[Page {n}]] https://more{n}.example/" for n in range(60))
    edit(page, f"# One\n\n# Two\n\n{links}\n", actor)
    rename_page(page_id=page.pk, new_title="The hub", by=Authorship(actor=actor))
    rename_page(page_id=page.pk, new_title="Hub", by=Authorship(actor=actor))


def test_an_anonymous_page_view_takes_three_queries(client, hub, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        response = client.get("/wiki/page-1/")
    text = text_of(response)
    assert '<h1 dir="auto" lang="en">Page 1</h1>' in text
    assert 'href="/wiki/page-2/"' in text
    assert "Heading 1" in text


@pytest.mark.parametrize(
    "url",
    ["/", "/wiki/", "/wiki/?q=heading", "/wiki/hub/", "/wiki/hub/links/", "/wiki/missing-1/"],
)
def test_more_content_takes_no_more_queries(client, erin, hub, url):
    few = count_queries(client, url)
    grow(erin)
    assert count_queries(client, url) <= few


@pytest.mark.parametrize("url", ["/wiki/hub/edit/", "/wiki/-/new/", "/wiki/hub/rename/"])
def test_more_content_takes_no_more_queries_in_forms(client, erin, hub, url):
    client.force_login(erin)
    few = count_queries(client, url)
    grow(erin)
    assert count_queries(client, url) <= few


def test_the_front_page_leads_everywhere(client, hub):
    text = text_of(client.get("/"))
    for address in ("/sections/core/", "/wiki/hub/", "/changes/", "/wiki/missing-"):
        assert f'href="{address}' in text


def test_an_empty_site_says_what_to_do(client):
    assert "This list is still empty" in text_of(client.get("/"))
    assert "No page found" in text_of(client.get("/wiki/"))


def test_an_unknown_page_offers_to_write_it(client):
    response = client.get("/wiki/tune-schedulers/")
    assert response.status_code == 404
    text = text_of(response)
    assert "There is no page here yet" in text
    assert 'href="/wiki/tune-schedulers/edit/?title=Tune%20schedulers"' in text


def test_a_wanted_page_shows_who_wants_it_and_the_title_they_gave(client, alice):
    make_page(alice, title="Guide", body="See [[GPU Scheduling!]].")
    text = text_of(client.get("/wiki/gpu-scheduling/"))
    assert "GPU Scheduling!" in text
    assert 'href="/wiki/guide/"' in text
    assert "GPU Scheduling!" in text_of(client.get("/wiki/"))


@pytest.mark.parametrize("spelling", ["Tasks", "TASKS", "tasks-", "Tasks!", " tasks "])
def test_other_spellings_of_an_address_lead_to_the_page(client, alice, spelling):
    make_page(alice)
    response = client.get(f"/wiki/{quote(spelling)}/", follow=True)
    assert response.redirect_chain == [("/wiki/tasks/", 302)]
    assert response.status_code == 200


@pytest.mark.parametrize("slug", ["-", "—", "\u202e", "x" * 5000, "%", "..", "a b", "☃"])
def test_strange_addresses_answer_404(client, slug):
    response = client.get(f"/wiki/{quote(slug, safe='')}/", follow=True)
    assert response.status_code == 404


def test_pages_are_found_by_all_their_words(client, alice):
    make_page(alice, title="Actors", body="They hold state.")
    make_page(alice, title="Tasks", body="They hold nothing.")
    text = text_of(client.get("/wiki/", {"q": "HOLD state"}))
    assert 'href="/wiki/actors/"' in text
    assert 'href="/wiki/tasks/"' not in text
    for words in ("50%", "under_score", "back\\slash", "'; --"):
        assert "No page found" in text_of(client.get("/wiki/", {"q": words}))


def test_redirects_and_deleted_pages_stand_in_no_list(client, maria):
    page = make_page(maria)
    rename_page(page_id=page.pk, new_title="Remote functions", by=Authorship(actor=maria))
    gone = make_page(maria, title="Gone")
    delete_page(page_id=gone.pk, reason="x", by=Authorship(actor=maria))
    text = text_of(client.get("/wiki/"))
    assert "/wiki/remote-functions/" in text
    assert "/wiki/tasks/" not in text
    assert "/wiki/gone/" not in text


def test_what_links_here_counts_pages_redirects_and_the_wanted(client, erin):
    page = make_page(erin)
    make_page(erin, title="One", body="[[Tasks]] [[tasks|again]] [[Nowhere]]")
    rename_page(page_id=page.pk, new_title="Functions", by=Authorship(actor=erin))
    text = text_of(client.get("/wiki/tasks/links/"))
    assert "1 page links here" in text
    text = text_of(client.get("/wiki/functions/links/"))
    assert "No page links here yet" in text
    assert 'href="/wiki/tasks/?redirect=no"' in text
    wanted = client.get("/wiki/nowhere/links/")
    assert wanted.status_code == 200
    assert "Write this page" in text_of(wanted)
    assert client.get("/wiki/never-heard-of/links/").status_code == 404


def test_the_source_is_the_text_as_it_stands(client, alice):
    body = "\n# <b>*x*</b>\n\nend  "
    make_page(alice, body=body)
    response = client.get("/wiki/tasks/source/")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert text_of(response) == body


@pytest.mark.parametrize("url", ["/", "/wiki/", "/wiki/hub/", "/wiki/hub/links/"])
@pytest.mark.parametrize("page", ["abc", "0", "-1", "99999", "9" * 400, "1.5", "", "²", "\u0661"])
def test_a_page_number_that_is_none_is_harmless(client, hub, url, page):
    assert client.get(url, {"page": page}).status_code == 200


def visit_with(client, value: str, urls: list[str]) -> list[tuple[str, int]]:
    parameters = dict.fromkeys(NUL_PARAMETERS, value)
    return [(url, client.get(url, parameters).status_code) for url in urls]


READ = ["/", "/wiki/", "/wiki/hub/", "/wiki/hub/links/", "/wiki/hub/source/", "/wiki/nowhere/"]
WRITE = ["/wiki/-/new/", "/wiki/hub/edit/", "/wiki/nowhere/edit/", "/wiki/hub/rename/"]


@pytest.mark.parametrize("value", ["a\0b", "\0", "x" * 5000, "' \" ) \\ %s %", "\ud83d\ude00" * 9])
def test_no_parameter_breaks_a_page(client, maria, hub, value):
    client.force_login(maria)
    value = value.encode("utf-16", "surrogatepass").decode("utf-16")
    statuses = visit_with(client, value, READ + WRITE)
    assert [found for found in statuses if found[1] >= 500] == []


def test_a_nul_in_an_address_is_not_understood(client, hub):
    for url in ("/wiki/a%00b/", "/wiki/%00/", "/wiki/?q=%00", "/resources/%00/edit/"):
        response = client.get(url)
        assert response.status_code == 400
        assert "could not be understood" in text_of(response)


def test_a_text_with_a_dead_link_says_so(client, alice) -> None:
    from linkcheck.models import Link, Mark

    make_page(alice, body="[Ray](https://dead.example/)")
    Link.objects.update(mark=Mark.DEAD, verdict="dead")
    assert "One source of this page is dead" in text_of(client.get("/wiki/tasks/"))


def test_any_older_address_at_all_may_be_named(client, hub):
    for name in ("a/b", "x y", "%", "\u202e", "." * 300):
        assert client.get("/wiki/hub/", {"from": name}).status_code == 200
