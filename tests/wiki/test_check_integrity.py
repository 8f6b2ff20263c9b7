"""``manage.py check_integrity``: silent on healthy data, and each kind of damage is found."""

import json
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, QuerySet
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from catalog.editing import (
    create_resource,
    create_section,
    edit_resource,
    restore_resource,
    retire_resource,
)
from catalog.models import Placement, Resource, ResourceTag, Section
from changes.integrity import Damage, Finding
from changes.models import Change
from changes.recording import Authorship
from linkcheck.models import Link, LinkUse
from wiki.editing import create_page, delete_page, edit_page, rename_page
from wiki.integrity import find_damage
from wiki.models import Page, PageEmbed, PageLink, RenderedPage
from wiki.starter import fill_site


@pytest.fixture
def content(root: User) -> None:
    """A section, a resource and a few pages, each with some history."""
    by = Authorship(actor=root, summary="made")
    section = create_section(title="Basics", introduction="See <https://example.org/in>.", by=by)
    values = {
        "title": "Guide",
        "url": "https://example.org/guide",
        "description": "With [more](https://example.org/more).",
        "section_id": section.pk,
        "tags": ["first", "second"],
    }
    resource = create_resource(values=values, by=by)
    edit_resource(resource_id=resource.pk, base_version=1, values={"level": "beginner"}, by=by)
    body = "# Hot\n\n[[Other]] [out](https://example.org/out#part)\n\n{{resources tag=first}}\n"
    page = create_page(values={"title": "Hot", "body": body}, by=by)
    edit_page(page_id=page.pk, base_version=1, values={"body": f"{body}\nMore.\n"}, by=by)
    rename_page(page_id=page.pk, new_title="Hotter", by=by)
    gone = create_page(values={"title": "Gone", "body": "<https://example.org/gone>"}, by=by)
    delete_page(page_id=gone.pk, reason="test", by=by)


def damages() -> list[tuple[str, Damage]]:
    return [(finding.object_type, finding.damage) for finding in find_damage()]


def the_page() -> Page:
    return Page.objects.get(title="Hotter")


def a_revision(version: int) -> QuerySet[Any]:
    return the_page().history.filter(version=version)


def add_second_change() -> None:
    change = Change.objects.filter(object_type="page").latest("id")
    change.pk, change.version_after = None, None
    change.save()


# What is done behind the operations' back, and what of it must be found.
DAMAGE: dict[str, tuple[Callable[[], object], str, Damage]] = {
    "a row written past its history": (
        lambda: Page.objects.filter(title="Hotter").update(body="Never recorded."),
        "page",
        Damage.CURRENT,
    ),
    "a resource written past its history": (
        lambda: Resource.objects.update(title="Never recorded"),
        "resource",
        Damage.CURRENT,
    ),
    "a section written past its history": (
        lambda: Section.objects.update(position=77),
        "section",
        Damage.CURRENT,
    ),
    "a revision changed afterwards": (
        lambda: a_revision(3).update(title="Forged"),
        "page",
        Damage.CURRENT,
    ),
    "a revision lost": (lambda: a_revision(2).delete(), "page", Damage.REVISIONS),
    "the newest revision lost": (lambda: a_revision(3).delete(), "page", Damage.REVISIONS),
    "a version number raised": (
        lambda: Page.objects.filter(title="Hotter").update(version=F("version") + 1),
        "page",
        Damage.REVISIONS,
    ),
    "a version number lowered": (
        lambda: Page.objects.filter(title="Hotter").update(version=F("version") - 1),
        "page",
        Damage.REVISIONS,
    ),
    "a revision based on itself": (
        lambda: a_revision(2).update(base_version=2),
        "page",
        Damage.REVISIONS,
    ),
    "a change lost": (
        lambda: Change.objects.filter(object_type="page", version_after=2).delete(),
        "page",
        Damage.CHANGES,
    ),
    "a change too many": (add_second_change, "page", Damage.CHANGES),
    "a change by somebody else": (
        lambda: Change.objects.filter(object_type="page", version_after=2).update(actor=None),
        "page",
        Damage.CHANGES,
    ),
    "a change out of the chain": (
        lambda: Change.objects.filter(object_type="page", version_after=3).update(version_before=1),
        "page",
        Damage.CHANGES,
    ),
    "HTML of an older text": (
        lambda: RenderedPage.objects.update(html="<p>Old.</p>"),
        "page",
        Damage.DERIVED,
    ),
    "HTML of an older version": (
        lambda: RenderedPage.objects.update(version=1),
        "page",
        Damage.DERIVED,
    ),
    "a stale page with another contents list": (
        lambda: RenderedPage.objects.update(contents=[], is_stale=True),
        "page",
        Damage.DERIVED,
    ),
    "no HTML": (lambda: RenderedPage.objects.all().delete(), "page", Damage.DERIVED),
    "a wiki link lost": (lambda: PageLink.objects.all().delete(), "page", Damage.DERIVED),
    "a wiki link with another title": (
        lambda: PageLink.objects.update(target_title="Else"),
        "page",
        Damage.DERIVED,
    ),
    "an embedded list lost": (lambda: PageEmbed.objects.all().delete(), "page", Damage.DERIVED),
    "an introduction's HTML": (
        lambda: Section.objects.update(introduction_html=""),
        "section",
        Damage.DERIVED,
    ),
    "a description's HTML": (
        lambda: Resource.objects.update(description_html=""),
        "resource",
        Damage.DERIVED,
    ),
    "the key of an address": (
        lambda: Resource.objects.update(url_key="else"),
        "resource",
        Damage.DERIVED,
    ),
    "a placement lost": (lambda: Placement.objects.all().delete(), "resource", Damage.DERIVED),
    "a placement elsewhere": (
        lambda: Placement.objects.update(position=9),
        "resource",
        Damage.DERIVED,
    ),
    "a tag lost": (
        lambda: ResourceTag.objects.filter(tag="first").delete(),
        "resource",
        Damage.DERIVED,
    ),
    "a resource without its link": (
        lambda: Resource.objects.update(link=None),
        "resource",
        Damage.DERIVED,
    ),
    "a resource with another's link": (
        lambda: Resource.objects.update(link=Link.objects.get(url="https://example.org/more")),
        "resource",
        Damage.DERIVED,
    ),
    "a use lost": (
        lambda: LinkUse.objects.filter(object_type="page").delete(),
        "page",
        Damage.USES,
    ),
    "a use with other words": (
        lambda: LinkUse.objects.filter(object_type="page").update(text="else"),
        "page",
        Damage.USES,
    ),
    "a use without its fragment": (
        lambda: LinkUse.objects.filter(object_type="page").update(fragment=""),
        "page",
        Damage.USES,
    ),
    "a use in another field": (
        lambda: LinkUse.objects.filter(object_type="section").update(field="title"),
        "section",
        Damage.USES,
    ),
    "a use in what is not there": (
        lambda: LinkUse.objects.filter(object_type="page").update(object_id=10**9),
        "page",
        Damage.USES,
    ),
    "a used link that is not checked": (
        lambda: Link.objects.filter(url="https://example.org/out").update(is_used=False),
        "link",
        Damage.USES,
    ),
    "an unused link that is checked": (
        lambda: (
            Link.objects.filter(url="https://example.org/gone").update(is_used=True)
            or Link.objects.create(url="https://example.org/nowhere")
        ),
        "link",
        Damage.USES,
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(content: None, name: str) -> None:
    harm, object_type, damage = DAMAGE[name]
    assert damages() == []
    harm()
    assert (object_type, damage) in damages()


def test_a_row_removed_behind_its_history_is_found(content: None) -> None:
    page = the_page()
    redirect = Page.objects.get(redirect_to=page)
    Change.objects.filter(object_type="page", object_id=redirect.pk).delete()
    Page.objects.filter(pk=redirect.pk)._raw_delete("default")
    RenderedPage.objects.filter(pk=redirect.pk)._raw_delete("default")
    findings = list(find_damage())
    assert [(f.object_id, f.damage) for f in findings] == [(redirect.pk, Damage.CURRENT)]


def test_nothing_is_found_in_the_starter(root: User) -> None:
    starter = settings.BASE_DIR / "starter"
    fill_site(list_path=starter / "README.md", pages_path=starter / "pages", actor=root)
    assert list(find_damage()) == []


def test_nothing_is_found_after_words_and_addresses_changed(content: None, root: User) -> None:
    by = Authorship(actor=root)
    page, resource = the_page(), Resource.objects.get()
    body = page.body.replace("[[Other]]", "[[OTHER]]").replace("[out]", "[away]")
    edit_page(page_id=page.pk, base_version=3, values={"body": body}, by=by)
    assert list(find_damage()) == []
    retire_resource(resource_id=resource.pk, reason="old", by=by)
    assert list(find_damage()) == []
    values = {"url": "https://example.org/elsewhere"}
    edit_resource(resource_id=resource.pk, base_version=3, values=values, by=by)
    assert list(find_damage()) == []
    restore_resource(resource_id=resource.pk, by=by)
    assert list(find_damage()) == []


def test_a_page_that_waits_for_its_rendering_is_no_finding(content: None) -> None:
    RenderedPage.objects.update(html="<p>Of yesterday.</p>", is_stale=True)
    assert list(find_damage()) == []


def test_queries_grow_only_with_what_a_page_asks_of_others(
    content: None, root: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    by = Authorship(actor=root)
    with connection.execute_wrapper(count := _Counter()):
        list(find_damage())
    section = Section.objects.get()
    for number in range(30):
        create_page(values={"title": f"Page {number}", "body": "Text."}, by=by)
        url = f"https://example.org/{number}"
        values = {"title": f"Entry {number}", "url": url, "section_id": section.pk}
        create_resource(values=values, by=by)
    with django_assert_num_queries(count.queries):
        assert list(find_damage()) == []


class _Counter:
    queries = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.queries += 1
        return execute(sql, params, many, context)


def run(*arguments: str) -> tuple[int, list[str]]:
    out = StringIO()
    try:
        call_command("check_integrity", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def test_the_command_says_one_line_for_each_finding(content: None) -> None:
    assert run() == (0, ["Nothing found: all that is stored agrees."])
    assert run("--json") == (0, [])
    page = the_page()
    a_revision(2).delete()
    assert run() == (
        1,
        [
            f"page {page.pk}: revisions are missing: 2",
            f"page {page.pk}: recent changes tell of other revisions: 2",
        ],
    )
    status, lines = run("--json")
    assert status == 1
    assert [json.loads(line)["damage"] for line in lines] == ["revisions", "changes"]
    assert json.loads(lines[0]) == {
        "object_type": "page",
        "object_id": page.pk,
        "damage": "revisions",
        "message": "revisions are missing: 2",
    }


@pytest.mark.django_db(transaction=True)
def test_it_looks_at_one_moment_while_others_write(root: User) -> None:
    by = Authorship(actor=root)
    page = create_page(values={"title": "Hot", "body": "One."}, by=by)
    findings: list[Finding] = []
    for number, finding in enumerate(_while_writing(page, by)):
        assert number < 100
        findings.append(finding)
    assert findings == []
    page.refresh_from_db()
    assert page.version > 1


def _while_writing(page: Page, by: Authorship) -> Iterator[Finding]:
    """Findings of a look during which another connection saves the page at every query."""
    state = {"version": 1, "is_busy": False}

    def save() -> None:
        try:
            values = {"body": f"Version {state['version'] + 1}."}
            edit_page(page_id=page.pk, base_version=state["version"], values=values, by=by)
            state["version"] += 1
        finally:
            connection.close()

    def save_meanwhile(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT"):
            writer = threading.Thread(target=save)
            writer.start()
            writer.join()
        return result

    with connection.execute_wrapper(save_meanwhile):
        yield from find_damage()
