"""Writing learning paths: what is stored, merged step by step, refused, and derived."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from accounts.roles import NEWCOMERS
from changes.editing import EditConflictError
from changes.models import Change, ObjectType
from changes.objects import find_refs
from changes.recording import Authorship
from linkcheck.models import Link, LinkUse
from tests.cast import make_user
from tests.changes.content import make_page, make_resource, make_section
from wiki.editing import delete_page
from wiki.integrity import find_damage
from wiki.link_graph import orphans, wanted_pages
from wiki.models import Page, Path
from wiki.paths.editing import create_path, delete_path, edit_path, restore_path, revert_path
from wiki.paths.merging import merge_steps
from wiki.paths.rendering import render_stale_paths

pytestmark = pytest.mark.django_db


def step(key: str, text: str = "", **values: Any) -> dict[str, Any]:
    base = {"key": key, "kind": "note", "target": None, "title": key, "text": text, "minutes": 5}
    return {**base, **values}


def make_path(by: User, *steps: dict[str, Any], title: str = "Afternoon") -> Path:
    values = {"title": title, "introduction": "For you.\n", "steps": list(steps)}
    return create_path(values=values, by=Authorship(actor=by))


def edit(path: Path, by: User, base: int, **values: Any) -> Path:
    return edit_path(path_id=path.pk, base_version=base, values=values, by=Authorship(actor=by))[0]


def keys(path: Path) -> list[str]:
    return [one["key"] for one in path.steps]


def test_a_path_is_stored_with_its_revision_its_change_and_its_steps(alice, erin):
    page, entry = make_page(alice), make_resource(alice, make_section(erin))
    text = "See [[Nowhere]] and [Ray](https://ray.example/)."
    path = make_path(
        alice,
        step("one", text, kind="page", target=page.pk),
        step("two", kind="resource", target=entry.pk, minutes=20),
    )
    assert (path.slug, path.history.get().steps) == ("afternoon", path.steps)
    change = Change.objects.of_object(ObjectType.PATH, path.pk).get()
    assert (change.kind, change.object_title) == ("created", "Afternoon")
    rows = list(path.step_rows.all())
    assert [(row.page_id, row.resource_id) for row in rows] == [(page.pk, None), (None, entry.pk)]
    assert "is-missing" in rows[0].html
    assert path.rendered.minutes == 25
    assert LinkUse.objects.filter(object_type=ObjectType.PATH, object_id=path.pk).count() == 1
    assert page not in orphans()
    assert [str(finding) for finding in find_damage()] == []


@pytest.mark.parametrize(
    "steps",
    [
        "no list",
        [step("one", kind="page", target=999_999)],
        [step("one", kind="film")],
        [step("one"), step("one")],
        [step("NOT A KEY")],
        [step("one", minutes=-1)],
        [step("one", title="", text=" ")],
        [step(f"step-{n}") for n in range(101)],
        [step("one", title="x" * 301)],
    ],
)
def test_what_is_no_step_is_refused_and_nothing_is_written(alice, steps):
    with pytest.raises(ValidationError) as refused:
        make_path(alice, *(steps if isinstance(steps, list) else [])) if isinstance(
            steps, list
        ) else create_path(values={"title": "A", "steps": steps}, by=Authorship(actor=alice))
    assert set(refused.value.message_dict) == {"steps"}
    assert not Path.objects.exists()


def test_who_moves_a_step_and_who_changes_its_text_are_in_no_conflict(alice, bob):
    path = make_path(alice, step("one"), step("two", "Old words."), step("three"))
    one, two, three = path.steps
    edit(path, alice, 1, steps=[one, {**two, "text": "New words."}, three])
    path = edit(path, bob, 1, steps=[two, one, three, step("four")])
    assert keys(path) == ["two", "one", "three", "four"]
    assert path.steps[0]["text"] == "New words."
    assert path.history.latest().base_version == 1


def test_two_who_change_the_same_words_of_a_step_are_in_conflict(alice, bob):
    path = make_path(alice, step("one", "Old words."))
    edit(path, alice, 1, steps=[step("one", "Alice's words.")])
    with pytest.raises(EditConflictError):
        edit(path, bob, 1, steps=[step("one", "Bob's text.")])
    path.refresh_from_db()
    assert path.steps[0]["text"] == "Alice's words."


BASE = [step("a"), step("b"), step("c")]


@pytest.mark.parametrize(
    ("theirs", "mine", "merged"),
    [
        (["a", "c"], ["a", "b", "c", "d"], ["a", "c", "d"]),
        (["b", "a", "c"], ["a", "b", "c"], ["b", "a", "c"]),
        (["a", "b", "c", "x"], ["a", "b", "c", "y"], {"a", "b", "c", "x", "y"}),
        (["c", "a", "b"], ["b", "c", "a"], None),
    ],
)
def test_orders_are_merged_or_left_to_a_person(theirs, mine, merged):
    value, is_conflict = merge_steps(BASE, [step(k) for k in theirs], [step(k) for k in mine])
    found = [one["key"] for one in value]
    if merged is None:
        assert is_conflict
    else:
        assert not is_conflict
        assert (set(found) if isinstance(merged, set) else found) == merged


def test_removing_a_step_that_somebody_changes_is_a_conflict():
    changed = [step("a"), step("b", "New."), step("c")]
    assert merge_steps(BASE, changed, [step("a"), step("c")])[1]


def test_an_old_revision_comes_back_by_a_revert(alice, bob):
    path = make_path(alice, step("one", "First."))
    edit(path, bob, 1, steps=[], introduction="Nothing.\n")
    path = revert_path(path_id=path.pk, to_version=1, by=Authorship(actor=alice))
    assert (path.steps[0]["text"], path.introduction) == ("First.", "For you.\n")


def test_only_moderators_delete_and_restore(alice, maria):
    path = make_path(alice, step("one"))
    with pytest.raises(PermissionDenied):
        delete_path(path_id=path.pk, reason="No.", by=Authorship(actor=alice))
    delete_path(path_id=path.pk, reason="No.", by=Authorship(actor=maria))
    assert not find_refs([("path", path.pk)])["path", path.pk].is_public
    assert not path.step_rows.exists()
    restore_path(path_id=path.pk, by=Authorship(actor=maria))
    assert path.step_rows.count() == 1
    assert [str(finding) for finding in find_damage()] == []


def test_newcomers_publish_no_path(db):
    with pytest.raises(PermissionDenied):
        make_path(make_user("nora", NEWCOMERS), step("one"))


def test_links_to_pages_in_a_path_change_colour_with_the_pages(alice, maria):
    path = make_path(alice, step("one", "See [[Later]]."))
    page = make_page(alice, "Later")
    render_stale_paths()
    assert "is-missing" not in path.step_rows.get().html
    delete_page(page_id=page.pk, reason="No.", by=Authorship(actor=maria))
    render_stale_paths()
    assert "is-missing" in path.step_rows.get().html


def test_a_wiki_link_leads_to_a_path_where_no_page_has_the_name(client, alice):
    make_page(alice, "Start", "Take [[Afternoon]].\n")
    assert [row["target_slug"] for row in wanted_pages()] == ["afternoon"]
    path = make_path(alice, step("one"))
    assert not wanted_pages().exists()
    response = client.get("/wiki/afternoon/")
    assert (response.status_code, response["Location"]) == (302, path.get_absolute_url())
    make_page(alice, "Afternoon")
    assert client.get("/wiki/afternoon/").status_code == 200


def test_links_in_steps_are_replaced_by_one_revision(alice, root):
    from linkcheck.uses import get_handler

    path = make_path(alice, step("one", "[Ray](https://ray.example/)"))
    assert Link.objects.filter(url="https://ray.example/").exists()
    urls = {"https://ray.example/": "https://ray.example/new/"}
    get_handler("path").replace_urls(object_id=path.pk, urls=urls, by=Authorship(actor=root))
    path.refresh_from_db()
    assert "https://ray.example/new/" in path.steps[0]["text"]
    assert path.version == 2


def test_a_deleted_page_is_named_nowhere_in_the_history_of_a_path(client, alice, bob, maria):
    page = make_page(alice, "Secret Name")
    path = make_path(alice, step("one", title="", kind="page", target=page.pk))
    edit(path, bob, 1, introduction="Other.\n", steps=[])
    delete_page(page_id=page.pk, reason="No.", by=Authorship(actor=maria))
    for end in ("", "history/", "compare/?from=1&to=2", "revisions/1/", "history.atom", "edit/"):
        text = client.get(f"{path.get_absolute_url()}{end}").content.decode()
        assert "Secret Name" not in text and "secret-name" not in text, end
    assert Page.objects.get().is_deleted
