"""Links in pages to the pages of entries: what they say of the entry, and when that follows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import User
from catalog.editing import restore_resource, retire_resource
from catalog.models import Resource, Section
from catalog.references import entry_slug
from changes.models import ObjectType
from changes.recording import Authorship
from linkcheck.models import Link, Mark
from linkcheck.uses import tell_of_marks
from tests.changes.content import edit, make_page, make_resource, make_section
from wiki.models import Page, PageEmbed
from wiki.rendering import render_body, render_stale_pages

pytestmark = pytest.mark.django_db

TEXT = "See [the guide](/resources/guide/), [its log](/resources/guide/history/) and [[Tasks]].\n"


@pytest.fixture
def section(erin: User) -> Section:
    return make_section(erin, "Serve")


@pytest.fixture
def guide(erin: User, section: Section) -> Resource:
    return make_resource(erin, section, "Guide")


@pytest.fixture
def page(alice: User, guide: Resource) -> Page:
    return make_page(alice, "Tasks", TEXT)


def shown(page: Page) -> str:
    """The page's HTML, after a worker drew what had become stale."""
    render_stale_pages()
    page.rendered.refresh_from_db()
    return page.rendered.html


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("/resources/guide/", "guide"),
        ("/resources/guide", "guide"),
        ("/resources/guide/?from=x#y", "guide"),
        ("/resources/%E5%85%A5%E9%97%A8/", "入门"),
        ("/resources/", ""),
        ("/resources/guide/history/", ""),
        ("/resources/?q=guide", ""),
        ("/wiki/guide/", ""),
        (f"/resources/{'x' * 200}/", ""),
    ],
)
def test_the_address_of_an_entry_names_it(path: str, slug: str) -> None:
    assert entry_slug(path) == slug


def test_a_reference_to_a_living_entry_is_a_plain_link(page: Page) -> None:
    assert '<a href="/resources/guide/">the guide</a>, ' in shown(page)


def test_a_reference_follows_the_entry_when_it_goes_and_comes_back(
    page: Page, guide: Resource, alice: User
) -> None:
    by = Authorship(actor=alice)
    retire_resource(resource_id=guide.pk, reason="Old.", by=by)
    assert 'the guide</a> <span class="health unsure">retired</span>, ' in shown(page)
    restore_resource(resource_id=guide.pk, by=by)
    assert "health" not in shown(page)


def test_a_reference_says_that_the_link_of_its_entry_is_dead(page: Page, guide: Resource) -> None:
    Link.objects.filter(pk=guide.link_id).update(
        mark=Mark.DEAD, verdict_since=datetime(2026, 11, 3, tzinfo=UTC)
    )
    tell_of_marks(ObjectType.RESOURCE, [guide.pk])
    assert 'the guide</a> <span class="health dead">dead since 3 November 2026</span>' in shown(
        page
    )


def test_a_reference_to_nothing_says_so_until_the_entry_is_there(
    alice: User, erin: User, section: Section, settings
) -> None:
    page = make_page(alice, "Hopes", f"[Whole]({settings.SITE_URL}/resources/later/)\n")
    assert '<span class="health dead">no such entry</span>' in shown(page)
    make_resource(erin, section, "Later")
    assert "health" not in shown(page)


def test_a_page_without_the_reference_is_not_drawn_anew(
    page: Page, guide: Resource, section: Section, alice: User, erin: User
) -> None:
    other = make_resource(erin, section, "Other")
    render_stale_pages()
    retire_resource(resource_id=other.pk, reason="Old.", by=Authorship(actor=alice))
    page.rendered.refresh_from_db()
    assert not page.rendered.is_stale
    edit(page, "Nothing.\n", alice)
    assert not PageEmbed.objects.exists()


def test_an_entry_lists_the_pages_that_mention_it(
    client: Client, page: Page, guide: Resource, alice: User
) -> None:
    make_page(alice, "List", "{{resources}}\n")  # shows it, and does not speak of it
    address = guide.get_absolute_url()
    for where in (address, f"{address}retire/"):
        client.force_login(alice)
        text = client.get(where).content.decode()
        assert 'href="/wiki/tasks/"' in text
        assert 'href="/wiki/list/"' not in text
    edit(page, "Nothing.\n", alice)
    assert "Mentioned in" not in client.get(address).content.decode()


def test_many_references_take_one_query(
    django_assert_num_queries, erin: User, section: Section
) -> None:
    lines = "\n".join(f"[{number}](/resources/entry-{number}/)" for number in range(50))
    with django_assert_num_queries(1):
        html = render_body(lines, "en").html
    assert html.count("no such entry") == 50
