"""Browsing sections and resources: facets, few queries, nothing an address says breaks a page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.editing import create_resource, create_section, retire_resource
from catalog.models import Kind, Level, Resource, Section
from changes.recording import Authorship
from linkcheck.models import Link, Mark

pytestmark = pytest.mark.django_db

LISTS = ["/sections/", "/sections/core/", "/resources/"]


def text_of(response) -> str:
    return response.content.decode()


def fill(actor, section: Section, count: int, start: int = 0, **values) -> None:
    for number in range(start, start + count):
        create_resource(
            values={
                "title": f"Entry {number}",
                "url": f"https://entry{number}.example/",
                "section_id": section.pk,
                "description": f"About [it](https://about{number}.example/).",
                "kind": Kind.values[number % len(Kind.values)],
                "level": Level.values[number % len(Level.values)],
                "tags": [f"tag-{number % 30}", "shared"],
                "group": f"Group {number // 5}",
                **values,
            },
            by=Authorship(actor=actor),
        )


@pytest.fixture
def core(erin) -> Section:
    core = create_section(title="Core", introduction="What *matters*.", by=Authorship(actor=erin))
    fill(erin, core, 3)
    inner = create_section(title="Inner", parent=core, by=Authorship(actor=erin))
    fill(erin, inner, 1, start=900)
    mark_links()
    return core


def mark_links() -> None:
    for number, link in enumerate(Link.objects.order_by("pk")):
        Link.objects.filter(pk=link.pk).update(mark=[Mark.OK, Mark.DEAD, Mark.MOVED][number % 3])


def grow(actor, core: Section) -> None:
    """Sixty more entries, and sixty sections in chains below each other."""
    parent = core
    for number in range(60):
        by = Authorship(actor=actor)
        section = create_section(title=f"Deep {number}", parent=parent, by=by)
        parent = section if number % 6 else core
    fill(actor, core, 60, start=3, further_sections=[[parent.pk, 1]])
    fill(actor, section, 20, start=100)
    mark_links()


def count_queries(client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "url", [*LISTS, "/resources/entry-1/", "/resources/?q=entry&tag=shared", "/sections/core/edit/"]
)
def test_more_content_takes_no_more_queries(client, erin, core, url):
    client.force_login(erin)
    few = count_queries(client, url)
    grow(erin, core)
    assert count_queries(client, url) == few


def test_an_anonymous_resource_takes_seven_queries(client, core, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        client.get("/resources/entry-1/")


def test_a_section_shows_its_introduction_entries_and_what_is_inside(client, core):
    text = text_of(client.get("/sections/core/"))
    assert "<em>matters</em>" in text
    assert text.index("Entry 0") < text.index("Entry 1") < text.index("Entry 2")
    assert 'href="/sections/inner/"' in text
    assert "Group 0" in text
    text = text_of(client.get("/sections/inner/"))
    assert '<a href="/sections/core/">Core</a>' in text


def test_counts_of_a_section_include_those_below(client, core):
    assert "4 entries" in text_of(client.get("/sections/"))


def test_cards_show_the_introduction_as_plain_text(client, erin):
    text = "Tasks & <actors>, *both*."
    create_section(title="Ampersand", introduction=text, by=Authorship(actor=erin))
    assert "Tasks &amp; &lt;actors&gt;, both." in text_of(client.get("/sections/"))


def test_a_resource_shows_what_is_known_of_it(client, core):
    text = text_of(client.get("/resources/entry-1/"))
    for part in (
        'href="https://entry1.example/" rel="nofollow ugc noopener noreferrer"',
        'href="https://about1.example/"',
        '<a href="/sections/core/">Core</a>',
        "?tag=tag-1",
        "tutorial",
        "intermediate",
        "/resources/entry-1/history/",
    ):
        assert part in text


def test_a_retired_resource_keeps_its_page_and_leaves_the_lists(client, erin, core):
    resource = Resource.objects.get(slug="entry-1")
    by = Authorship(actor=erin)
    retire_resource(resource_id=resource.pk, reason="Gone <b>for good</b>", by=by)
    text = text_of(client.get("/resources/entry-1/"))
    assert "Gone &lt;b&gt;for good&lt;/b&gt;" in text
    assert "Put it back" not in text
    for url in ("/sections/core/", "/resources/"):
        assert "/resources/entry-1/" not in text_of(client.get(url))
    assert "/resources/entry-1/" in text_of(client.get("/resources/?status=retired"))


def titles(response) -> list[str]:
    return [resource.title for resource in response.context["page"].object_list]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=tutorial", ["Entry 1"]),
        ("kind=tutorial&level=intermediate", ["Entry 1"]),
        ("kind=tutorial&level=beginner", []),
        ("tag=shared", ["Entry 0", "Entry 1", "Entry 2", "Entry 900"]),
        ("tag=shared&tag=tag-2", ["Entry 2"]),
        ("section=inner", ["Entry 900"]),
        ("section=inner&tag=tag-1", []),
        ("q=ENTRY+about", ["Entry 0", "Entry 1", "Entry 2", "Entry 900"]),
        ("q=entry1.example", ["Entry 1"]),
        ("q=entry&order=newest", ["Entry 900", "Entry 2", "Entry 1", "Entry 0"]),
        ("language=es", []),
    ],
)
def test_facets_combine(client, core, query, expected):
    assert titles(client.get(f"/resources/?{query}")) == expected


def test_facets_count_under_the_other_conditions_and_lead_back(client, core):
    response = client.get("/resources/?tag=shared&kind=tutorial&page=3")
    kinds = next(facet for facet in response.context["facets"] if facet.name == "kind")
    assert {value.value: value.count for value in kinds.values}["course"] == 1
    text = text_of(response)
    assert 'href="?tag=shared&amp;kind=course"' in text
    assert 'href="?tag=shared" aria-current="true"' in text


def test_health_is_a_facet(client, core):
    for group, count in (("ok", 2), ("dead", 1), ("moved", 1), ("unsure", 0)):
        found = client.get("/resources/", {"health": group}).context["page"].paginator.count
        counted = Resource.objects.filter(link__mark__in=[group]).count()
        assert found == counted, (group, count)


def test_a_resource_in_two_sections_stands_once_in_each_list(client, erin, core):
    other = create_section(title="Other", by=Authorship(actor=erin))
    fill(erin, core, 1, start=50, further_sections=[[other.pk, 0]])
    assert titles(client.get("/resources/?q=50")) == ["Entry 50"]
    assert titles(client.get("/sections/other/")) == ["Entry 50"]
    assert titles(client.get("/sections/core/")).count("Entry 50") == 1


UNKNOWN = ["nothing", "a\0b", "\0", "' \" ) \\ % _", "x" * 5000, "\u202e\u0000\u2028", "ż ó ł"]


@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize(
    "name", ["kind", "level", "language", "tag", "health", "section", "q", "order", "status"]
)
def test_unknown_values_of_facets_are_harmless(client, core, url, name):
    for value in UNKNOWN:
        status = client.get(url, {name: value}).status_code
        assert status == (400 if "\0" in value else 200)


@pytest.mark.parametrize("page", ["abc", "0", "-1", "99999", "9" * 400, "", "²"])
def test_a_page_number_that_is_none_is_harmless(client, core, page):
    for url in ("/sections/core/", "/resources/"):
        assert client.get(url, {"page": page}).status_code == 200


def test_long_lists_are_paged_and_keep_their_conditions(client, erin, core):
    fill(erin, core, 60, start=3)
    text = text_of(client.get("/resources/?tag=shared&order=newest"))
    assert 'href="?tag=shared&amp;order=newest&amp;page=2"' in text
    assert len(titles(client.get("/resources/?tag=shared&page=2"))) == 14


@pytest.mark.parametrize("url", ["/sections/{}/", "/resources/{}/"])
@pytest.mark.parametrize("slug", ["not-there", "-", "x" * 5000, "%E2%80%AE", "a%20b"])
@pytest.mark.parametrize("action", ["", "edit/", "history/"])
def test_unknown_addresses_answer_404(client, erin, core, url, slug, action):
    client.force_login(erin)
    response = client.get(url.format(slug) + action)
    assert response.status_code == 404
    assert "There is nothing at this address" in text_of(response)


def test_an_empty_catalog_says_what_to_do(client):
    assert "No section yet" in text_of(client.get("/sections/"))
    assert "Nothing found" in text_of(client.get("/resources/"))
