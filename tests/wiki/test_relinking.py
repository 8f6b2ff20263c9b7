"""Links that follow a page to its new title, redirects led to the end, and taking both back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changes.models import Change, ChangeGroup, ObjectType
from changes.recording import Authorship
from markup.relinking import can_be_linked, replace_wikilinks
from markup.rendering import render_document
from tests.changes.content import edit, make_page
from tests.protections import protect_it
from wiki import relinking
from wiki.models import Page

CODE = "`[[Tasks]]` and ``a ` [[Tasks]]``, \\[[Tasks]]\n\n```\n[[Tasks]]\n```\n\n    [[Tasks]]\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[[Tasks]] [[tasks|these]] [[ TASKS#Part ]]", "[[Jobs]] [[Jobs|these]] [[Jobs#Part]]"),
        (
            "[[Other]] [[#Tasks]] [Tasks](/wiki/tasks/)",
            "[[Other]] [[#Tasks]] [Tasks](/wiki/tasks/)",
        ),
        ("| [[Tasks]] |\r\n|---|\r\n", "| [[Jobs]] |\r\n|---|\r\n"),
        (CODE, CODE),
        (f"[[Tasks]]\n\n{CODE}\n[[Tasks]]", f"[[Jobs]]\n\n{CODE}\n[[Jobs]]"),
        ("a ` b\n\n[[Tasks]] `", "a ` b\n\n[[Jobs]] `"),
    ],
)
def test_links_are_led_on_and_code_is_not_touched(text, wanted):
    assert replace_wikilinks(text, slug="tasks", title="Jobs") == wanted


@given(st.text(st.sampled_from("[[]]Tasks|#` \n\\-")))
def test_what_the_page_shows_as_a_link_leads_on_and_nothing_else_changes(text):
    led = replace_wikilinks(f"{text} [[Tasks]]", slug="tasks", title="Jobs")
    assert led.replace("Jobs", "Tasks").lower().split("tasks")[0] in f"{text} [[Tasks]]".lower()
    before = [link.slug for link in render_document(f"{text} [[Tasks]]").wikilinks]
    after = [link.slug for link in render_document(led).wikilinks]
    assert ("jobs" in after) >= ("tasks" in before and "tasks" not in after)


@pytest.mark.parametrize("title", ["A [b]", "A|b", "C#x", "", "#x"])
def test_some_titles_cannot_be_linked(title):
    assert not can_be_linked(title)


@pytest.fixture
def linked(alice):
    """A page, and two that link to it."""
    page = make_page(alice, "Tasks", "See [[Tasks]].\n")
    make_page(alice, "One", "About [[Tasks]] and `[[Tasks]]`.\n")
    make_page(alice, "Two", "About [[tasks|them]].\n")
    return page


def body(slug):
    return Page.objects.get(slug=slug).body


def rename(client, **values):
    return client.post("/wiki/tasks/rename/", {"title": "Jobs", "summary": "clearer", **values})


def test_a_rename_shows_which_pages_link_and_changes_them_if_wanted(client, erin, linked):
    client.force_login(erin)
    text = client.get("/wiki/tasks/rename/").content.decode()
    assert "3 pages link here" in text
    response = rename(client, follows="on")
    group = ChangeGroup.objects.get()
    assert response.headers["Location"] == group.get_absolute_url()
    assert body("one") == "About [[Jobs]] and `[[Tasks]]`.\n"
    assert body("two") == "About [[Jobs|them]].\n"
    assert body("jobs") == "See [[Jobs]].\n"
    change = Change.objects.of_object(ObjectType.PAGE, Page.objects.get(slug="one").pk).first()
    assert (change.kind, change.actor, change.summary) == ("link_replaced", erin, "clearer")
    shown = client.get(group.get_absolute_url()).content.decode()
    assert "5 revisions, made together" in shown
    assert group.get_absolute_url() in client.get("/wiki/one/history/").content.decode()


def test_without_the_wish_other_pages_stay(client, erin, linked):
    client.force_login(erin)
    assert rename(client).headers["Location"] == "/wiki/jobs/"
    assert body("one") == "About [[Tasks]] and `[[Tasks]]`.\n"


def test_protected_pages_are_left_and_named(client, erin, maria, linked):
    protect_it(Page.objects.get(slug="one"), by=maria)
    client.force_login(erin)
    assert "protected: stays as it is" in client.get("/wiki/tasks/rename/").content.decode()
    response = rename(client, follows="on")
    text = client.get(response.headers["Location"]).content.decode()
    assert "may not change them there: One." in text
    assert body("one") == "About [[Tasks]] and `[[Tasks]]`.\n"
    assert body("two") == "About [[Jobs|them]].\n"


def test_all_of_it_is_taken_back_at_once_and_brought_again(client, erin, bob, linked):
    client.force_login(erin)
    rename(client, follows="on")
    edit(Page.objects.get(slug="two"), "Later.\n\nAbout [[Jobs|them]].\n", bob)
    group = ChangeGroup.objects.get()
    client.force_login(bob)
    assert client.post(f"{group.get_absolute_url()}undo/").status_code == 403
    client.force_login(erin)
    response = client.post(f"{group.get_absolute_url()}undo/", {"reason": "was better"})
    linked.refresh_from_db()
    assert (linked.title, linked.slug) == ("Tasks", "tasks")
    assert body("one") == "About [[Tasks]] and `[[Tasks]]`.\n"
    assert body("two") == "Later.\n\nAbout [[tasks|them]].\n"
    assert Page.objects.get(slug="jobs").is_deleted
    assert client.post(f"{group.get_absolute_url()}undo/", follow=True).status_code == 200
    assert Change.objects.filter(reverted_by__isnull=False).count() == 5
    client.post(f"{response.headers['Location']}undo/")
    assert Page.objects.get(slug="jobs").pk == linked.pk
    assert body("one") == "About [[Jobs]] and `[[Tasks]]`.\n"


def test_a_conflict_takes_nothing_back_and_is_named(client, erin, bob, linked):
    client.force_login(erin)
    rename(client, follows="on")
    edit(Page.objects.get(slug="one"), "Rewritten.\n", bob)
    group = ChangeGroup.objects.get()
    response = client.post(f"{group.get_absolute_url()}undo/", follow=True)
    assert "One: The same place was changed since" in response.content.decode()
    assert Page.objects.get(slug="jobs").pk == linked.pk
    assert ChangeGroup.objects.count() == 1


def test_what_is_too_much_for_one_operation_waits_and_is_led_on_later(
    client, erin, linked, monkeypatch
):
    monkeypatch.setattr(relinking, "MOST_PAGES", 1)
    client.force_login(erin)
    response = rename(client, follows="on")
    assert "2 more pages wait" in client.get(response.headers["Location"]).content.decode()
    monkeypatch.setattr(relinking, "MOST_PAGES", 100)
    assert "/wiki/tasks/relink/" in client.get("/wiki/tasks/links/").content.decode()
    assert "2 pages link here" in client.get("/wiki/tasks/relink/").content.decode()
    client.post("/wiki/tasks/relink/")
    assert body("two") == "About [[Jobs|them]].\n"
    assert client.post("/wiki/tasks/relink/").headers["Location"] == "/wiki/tasks/links/"


def test_double_redirects_are_led_to_the_end_by_one_button(client, alice, erin):
    end = make_page(alice, "End")
    middle, first = make_page(alice, "Middle"), make_page(alice, "First")
    by = Authorship(actor=erin)
    redirect_to(middle, end)
    redirect_to(first, middle)
    client.force_login(erin)
    assert "Lead them to the page" in client.get("/insights/double-redirects/").content.decode()
    client.post("/insights/double-redirects/straighten/")
    first.refresh_from_db()
    assert first.redirect_to_id == end.pk
    assert relinking.straighten_redirects(by=by) is None
    group = ChangeGroup.objects.get()
    client.post(f"{group.get_absolute_url()}undo/")
    first.refresh_from_db()
    assert first.redirect_to_id == middle.pk


def redirect_to(page, target):
    """As a merge leaves it."""
    Page.objects.filter(pk=page.pk).update(redirect_to=target)
    page.history.update(redirect_to=target)


def test_deleting_warns_of_what_links_there(client, maria, linked):
    client.force_login(maria)
    text = client.get("/wiki/tasks/delete/").content.decode()
    assert "3 pages link here, and their links will lead to nothing" in text
    client.post("/wiki/tasks/delete/", {"reason": "Outdated."})
    assert "Restore it" in client.get("/wiki/tasks/history/").content.decode()
