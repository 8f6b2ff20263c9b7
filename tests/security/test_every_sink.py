"""Naughty strings through every field into every sink: shown as text, and back as they were."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.test import Client

from accounts.models import User
from catalog.editing import create_resource, create_section, retire_resource
from catalog.models import Resource, Section
from changes.cleaning import clean_prose
from changes.models import Change
from changes.recording import Authorship
from markup.slugs import clean_name, slugify_title
from tests.changes.content import edit
from tests.forms_on_pages import read_form, typed
from tests.markup.vectors import load_json, load_jsonl, needs_vectors
from tests.security.page_judge import find_page_faults
from tests.services import ON_SERVICES
from tests.strictness import find_weakness
from tests.sweeping import visitors_read_once, without_frame
from wiki.editing import create_page, delete_page, rename_page
from wiki.models import Page

pytestmark = [pytest.mark.django_db, needs_vectors]

SAMPLED = 20  # one of so many of the larger collection
# Every string goes into every field, and is shown by every list; of so many objects, all of them
# with a dangerous string, each page is looked at. PostgreSQL gives the strings back, which is
# looked at of all; what is made of them then is the same.
OBJECTS_SHOWN = 3 if ON_SERVICES else 12
STRINGS_TYPED = 10 if ON_SERVICES else 40


def naughty() -> list[str]:
    strings = [text for text in load_json("blns.json") if text.strip()]
    strings += [vector["text"] for vector in load_jsonl("xss.jsonl")[::SAMPLED]]
    return list(dict.fromkeys(strings))


def dangerous(items: Iterable[Any], text_of: Callable[[Any], str] = str) -> list[Any]:
    """Those with signs that mean something to a browser."""
    return [item for item in items if SIGNS.search(text_of(item))]


SIGNS = re.compile(r"[<>\"'&`{]|script", re.IGNORECASE)


def spread(items: list[Any], count: int) -> list[Any]:
    return items[:: max(len(items) // count, 1)]


def title_of(text: str, length: int = 150) -> str:
    return clean_name(f"T {text}"[:length])


class Visit:
    """A visitor who judges each page."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.faults: list[tuple[str, str]] = []

    def get(self, url: str, *args: Any, **kwargs: Any) -> str:
        return self.judge(url, self.client.get(url, *args, **kwargs))

    def post(self, url: str, *args: Any, **kwargs: Any) -> str:
        return self.judge(url, self.client.post(url, *args, **kwargs))

    def judge(self, url: str, response: Any) -> str:
        text: str = response.content.decode()
        if response.status_code >= 500:
            self.faults.append((url, str(response.status_code)))
        if weakness := find_weakness(response):
            self.faults.append((url, weakness))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            self.faults += [(url, fault) for fault in find_page_faults(text)]
        return text


@pytest.fixture
def visit(client: Client, maria: User) -> Iterator[Visit]:
    """A moderator, who sees the most; the test fails on what the judge found."""
    client.force_login(maria)
    client.raise_request_exception = False
    maria.client_address = "203.0.113.9"  # as in a request: whether she is blocked is asked once
    visit = Visit(client)
    yield visit
    assert visit.faults == []


@pytest.fixture
def stranger(db: None) -> Iterator[Visit]:
    """Somebody who is not signed in, and judges as well."""
    stranger = Visit(Client(raise_request_exception=False))
    yield stranger
    assert stranger.faults == []


def below(url: str, version: int) -> list[str]:
    """The addresses of one object, after ``version`` revisions."""
    pages = ["", "edit/", "history/", "revisions/1/", "compare/?from=1&view=split", "revert/?to=1"]
    return [url + page for page in pages[: 6 if version > 1 else 4]]


def test_titles_of_pages_and_summaries(visit, maria):
    strings = naughty()
    for number, text in enumerate(strings):
        values = {"title": f"{number} {title_of(text)}", "body": text}
        create_page(values=values, by=Authorship(actor=maria, summary=clean_name(text)[:500]))
    pages = list(Page.objects.order_by("pk"))
    assert [page.title for page in pages] == [
        clean_name(f"{number} {title_of(text)}") for number, text in enumerate(strings)
    ]
    visit.get("/")
    chosen = spread(dangerous(pages, lambda page: page.body), OBJECTS_SHOWN)
    with without_frame(), visitors_read_once():
        for number in range(1, len(pages) // 100 + 2):
            visit.get(f"/wiki/?page={number}")
        for page in chosen:
            edit(page, page.body + "\n\nMore.\n", maria, summary=page.title)
            for url in below(page.get_absolute_url(), 2):
                visit.get(url)
            for action in ("rename", "delete", "links"):
                visit.get(f"{page.get_absolute_url()}{action}/")
            assert visit.get(f"{page.get_absolute_url()}source/").startswith(page.body)
        for page in chosen[::2]:
            rename_page(page_id=page.pk, new_title=f"New {page.title}", by=Authorship(actor=maria))
            visit.get(f"/wiki/{page.slug}/", follow=True)
            visit.get(f"/wiki/{page.slug}/?redirect=no")
            delete_page(page_id=page.pk, reason=page.title, by=Authorship(actor=maria))
            visit.get(Page.objects.get(pk=page.pk).get_absolute_url())
        see_changes(visit)


def see_changes(visit: Visit) -> None:
    """Recent changes on several pages, the profile and the feeds."""
    newest = list(Change.objects.order_by("-pk").values_list("pk", flat=True))
    urls = ["/changes/", "/changes/?kind=renamed", "/users/maria/"]
    urls += [f"/changes/?before={before}" for before in newest[50::90]]
    for url in urls:
        visit.get(url)
    for before in newest[50::110]:
        root = ElementTree.fromstring(visit.get(f"/changes.atom?before={before}"))
        judge_bodies(root.iter("{http://www.w3.org/2005/Atom}content"))
        root = ElementTree.fromstring(visit.get(f"/changes.rss?before={before}"))
        judge_bodies(root.iter("description"))
        feed = json.loads(visit.get(f"/changes.json?before={before}"))
        for item in feed["items"]:
            assert find_page_faults(item["content_html"]) == []


def judge_bodies(elements: Iterable[ElementTree.Element]) -> None:
    for element in elements:
        assert find_page_faults(element.text or "") == []


def test_entries_of_the_list(visit, maria):
    section = create_section(title="Core", by=Authorship(actor=maria))
    strings = naughty()
    for number, text in enumerate(strings):
        create_resource(
            values={
                "title": title_of(text, 250),
                "url": f"https://x.example/{number}?q={quote(text[:300])}",
                "description": text,
                "tags": [text[:20] if len(slugify_title(text[:20])) <= 50 else "long", "tag"],
                "group": text,
                "badges": text,
                "section_id": section.pk,
            },
            by=Authorship(actor=maria, summary=clean_name(text)[:500]),
        )
    resources = list(Resource.objects.order_by("pk"))
    assert [r.description for r in resources] == [clean_prose(t, field="x") for t in strings]
    assert [r.badges for r in resources] == [clean_prose(t, field="x") for t in strings]
    page = create_page(
        values={"title": "Lists", "body": "{{resources limit=100}}\n"}, by=Authorship(actor=maria)
    )
    with without_frame(), visitors_read_once():
        visit.get(page.get_absolute_url())
        for number in range(1, len(resources) // 50 + 2):
            visit.get(f"/resources/?page={number}")
            visit.get(f"/sections/core/?page={number}")
            visit.get(f"/links/?page={number}")
        for resource in spread(dangerous(resources, lambda r: r.description), OBJECTS_SHOWN):
            by = Authorship(actor=maria)
            retire_resource(resource_id=resource.pk, reason=resource.title, by=by)
            pages = {url: visit.get(url) for url in below(resource.get_absolute_url(), 2)}
            form = pages[resource.get_absolute_url() + "edit/"]
            assert typed(form, "description") == resource.description
            assert typed(form, "title") == resource.title
        see_changes(visit)


def test_sections(visit, maria):
    strings = naughty()
    for text in spread(strings, 150):
        by = Authorship(actor=maria)
        create_section(title=title_of(text), introduction=text, by=by)
    for url in ("/sections/", "/", "/resources/-/new/", "/wiki/-/new/"):
        visit.get(url)
    sections = dangerous(Section.objects.order_by("pk"), lambda section: section.introduction)
    with without_frame(), visitors_read_once():
        for section in spread(sections, OBJECTS_SHOWN):
            pages = {url: visit.get(url) for url in below(section.get_absolute_url(), 1)}
            form = pages[section.get_absolute_url() + "edit/"]
            assert typed(form, "introduction") == section.introduction


def test_texts_in_previews_and_conflicts_come_back_as_they_were(visit, alice, maria):
    strings = naughty()
    for start in range(0, len(strings), 60):
        body = "\n\n".join(strings[start : start + 60])
        values = {"title": f"Page {start}", "body": "Before.\n"}
        page = create_page(values=values, by=Authorship(actor=alice))
        url = f"{page.get_absolute_url()}edit/"
        edit(page, f"Meanwhile.\n\n{body}", alice)
        values = {"body": body, "language": "en", "section": ""}
        answer = visit.post(url, {**values, "do": "preview", "base_revision": 1})
        assert typed(answer, "body") == clean_prose(body, field="x")
        visit.judge("preview", visit.client.post("/wiki/-/preview/", {"body": body}))
        conflict = visit.post(url, {**values, "base_revision": 1, "summary": "x"})
        assert clean_prose(body, field="x") in typed(conflict, "body")
        refused = visit.post(url, {**read_form(conflict), "is_superuser": "1"})
        assert typed(refused, "body") == typed(conflict, "body")


def test_what_forms_refuse(visit, stranger, maria):
    create_section(title="Core", by=Authorship(actor=maria))
    with without_frame():
        for text in spread(dangerous(naughty()), STRINGS_TYPED):
            new = {"url": text, "title": text, "tags": text, "section": text, "kind": text}
            answer = visit.post("/resources/-/new/", {**new, text: "x"})
            if "\n" not in text:
                assert typed(answer, "url") == text
                assert typed(answer, "title") == text
            new = {"title": text, "body": text, "language": text, "summary": text}
            visit.post("/wiki/-/new/", new)
            visit.post("/users/maria/edit/", {"about": text})
            visit.get("/users/maria/")
            names = {"username": text, "email": text, "password1": text, "password2": text}
            stranger.post("/accounts/signup/", names)
            stranger.post("/accounts/login/", {"login": text, "password": text, "next": text})


def test_what_addresses_say(visit, stranger):
    parameters = ("q", "tag", "kind", "user", "section", "order", "host", "object")
    for text in spread(dangerous(naughty()), STRINGS_TYPED):
        escaped = quote(text[:300].replace("/", ""), safe="")
        # What stands around every page: what was searched for, and where to go on.
        visit.get(f"/wiki/{escaped}/", dict.fromkeys(parameters, text))
        stranger.get("/nothing/", {"q": text, "next": text})
        stranger.get("/accounts/login/", {"next": text})
        with without_frame(), visitors_read_once():
            for url in ("/wiki/", "/resources/", "/sections/", "/users/", "/hosts/", "/nothing/"):
                visit.get(f"{url}{escaped}/", follow=True)
            visit.get(f"/wiki/{escaped}/edit/")
            for url in ("/wiki/", "/resources/", "/links/", "/changes/", "/review/", "/log/"):
                visit.get(url, dict.fromkeys(parameters, text))
            visit.get("/resources/-/new/", {"title": text, "url": text, "section": text})
            for visitor in (visit, stranger):
                visitor.get("/wiki/-/new/", {"title": text})


def test_the_judge_sees_what_it_must():
    for html in (
        "<script>alert(1)</script>",
        '<script src="https://evil.example/x.js"></script>',
        "<p onclick=alert(1)>",
        '<a href="java\tscript:alert(1)">',
        '<a href="//evil.example/">',
        '<img src="https://evil.example/x.png">',
        '<form action="https://evil.example/">',
        "<iframe></iframe>",
        "<base href=/>",
        '<meta http-equiv="refresh" content="0">',
        '<p style="color:red">',
        "<!-- x -->",
    ):
        assert find_page_faults(html), html
    assert find_page_faults('<a href="https://example.org/x">&lt;script&gt;</a>') == []
