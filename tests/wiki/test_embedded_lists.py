"""Lists in a page: what narrows them, what they say of mistakes, when they are redrawn."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.editing import edit_resource
from catalog.models import Resource, Section
from changes.recording import Authorship
from tests.changes.content import make_page, make_resource, make_section
from wiki.models import Page, RenderedPage
from wiki.rendering import render_body, render_stale_pages

pytestmark = pytest.mark.django_db


def change(resource: Resource, by: User, **values: Any) -> None:
    resource.refresh_from_db()
    edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values=values,
        by=Authorship(actor=by),
    )


def stale() -> set[str]:
    """Titles of the pages that wait to be drawn anew; they are drawn."""
    found = RenderedPage.objects.filter(is_stale=True).values_list("page__title", flat=True)
    titles = set(found)
    render_stale_pages()
    return titles


@pytest.fixture
def section(erin: User) -> Section:
    return make_section(erin, "Serve")


@pytest.fixture
def resource(erin: User, section: Section) -> Resource:
    made = make_resource(erin, section, "Guide")
    change(made, erin, kind="tutorial", level="beginner", tags=["llm"], language="es")
    make_resource(erin, section, "Other")
    return made


def test_every_parameter_narrows_a_list(resource: Resource) -> None:
    for narrowed in (
        'kind="tutorial"',
        "level=beginner",
        "tag=llm",
        "lang=es",
        'section="serve" kind="tutorial" level="beginner" tag="llm" language="es" limit=5',
        "section=serve limit=1",
        "sort=title limit=1",
    ):
        html = render_body(f"{{{{resources {narrowed}}}}}", "en").html
        assert ">Guide</a>" in html and ">Other</a>" not in html, narrowed
    newest = render_body("{{resources section=serve sort=newest}}", "en").html
    assert newest.index("Other") < newest.index("Guide")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("section=nowhere", "There is no section “nowhere”."),
        ('kind="novel"', "kind cannot be “novel”; it can be: documentation, tutorial"),
        ("level=hard", "beginner, intermediate, advanced"),
        ("sort=random", "place, title, newest, changed"),
        ("sort=place", "name a section"),
        ('lang="<b>"', "“&lt;b&gt;” is no code of a language"),
        ("limit=many", "please check: limit"),
        ("limit=0", "please check: limit"),
        ("colour=red", "please check: colour"),
    ],
)
def test_a_mistake_is_named_where_the_list_would_stand(
    client: Client, alice: User, wrong: str, words: str
) -> None:
    body = f"Before\n\n{{{{resources {wrong}}}}}\n\nAfter\n"
    page = make_page(alice, body=body)
    client.force_login(alice)
    preview = client.post("/wiki/-/preview/", {"body": body, "language": "en"})
    for html in (client.get(page.get_absolute_url()).text, preview.text):
        assert 'class="embed-error"' in html
        assert words in html
        assert "After" in html


def test_only_pages_that_a_change_concerns_are_drawn_anew(
    alice: User, erin: User, resource: Resource
) -> None:
    for title, narrowed in (
        ("Videos", "kind=video"),
        ("Tutorials", "kind=tutorial"),
        ("Beginners", "section=serve level=beginner"),
        ("Spanish", "lang=es"),
        ("Elsewhere", "section=core"),
        ("All", "limit=3"),
    ):
        make_page(alice, title, f"{{{{resources {narrowed}}}}}\n")
    render_stale_pages()
    change(resource, erin, description="Better.")
    assert stale() == {"Tutorials", "Beginners", "Spanish", "All"}
    change(resource, erin, kind="video")
    assert stale() == {"Videos", "Tutorials", "Beginners", "Spanish", "All"}
    change(resource, erin, language="en")
    assert stale() == {"Videos", "Beginners", "Spanish", "All"}
    make_section(erin, "Core")
    assert stale() == {"Elsewhere"}
    html = Page.objects.get(title="Elsewhere").rendered.html
    assert "No resource matches" in html
