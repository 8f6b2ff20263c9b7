"""Two edits of the same places: each place is chosen by buttons, by hand, or not yet; none lost."""

import re

import pytest

from accounts.models import User
from catalog.editing import edit_resource
from catalog.models import Resource
from changes.conflicts import MARK_MINE, MARK_THEIRS
from changes.recording import Authorship
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.forms_on_pages import read_form, typed
from tests.protections import protect_it
from wiki.models import Page

pytestmark = pytest.mark.django_db

EDIT = "/wiki/tasks/edit/"
BODY = "First road.\n\nA long middle that stays.\n\n- Last road\n"


@pytest.fixture
def page(alice: User) -> Page:
    return make_page(alice, body=BODY)


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def conflict(client, alice, bob, page) -> str:
    """The page on which Bob finds that Alice changed the same two places."""
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    edit(page, BODY.replace("First road", "First path").replace("Last road", "Last path"), alice)
    mine = BODY.replace("First road", "First way").replace("Last road", "Last way")
    response = client.post(EDIT, {**values, "body": mine, "summary": "why"})
    assert response.status_code == 409
    return text_of(response)


def keys(html: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="choose-(\w+)"', html)))


def test_each_place_shows_what_stood_there_theirs_and_mine(conflict):
    assert len(keys(conflict)) == 2
    assert "Place 2 of 2" in conflict
    for words in ("First road.", "<ins>path</ins>", "<ins>way</ins>"):
        assert words in conflict


@pytest.mark.parametrize(
    ("first", "last", "body"),
    [
        ("mine", "theirs", "First way.\n\nA long middle that stays.\n\n- Last path\n"),
        ("theirs", "mine", "First path.\n\nA long middle that stays.\n\n- Last way\n"),
        (
            "both",
            "both",
            "First path.\n\nFirst way.\n\nA long middle that stays.\n\n- Last path\n- Last way\n",
        ),
    ],
)
def test_what_is_chosen_is_saved(client, page, conflict, first, last, body):
    one, other = keys(conflict)
    values = {**read_form(conflict), f"choose-{one}": first, f"choose-{other}": last}
    assert client.post(EDIT, values).status_code == 302
    page.refresh_from_db()
    assert (page.body, page.history.first().summary) == (body, "why")


def test_a_place_that_is_not_chosen_keeps_both_and_its_buttons(client, page, conflict):
    one, other = keys(conflict)
    values = {**read_form(conflict), f"choose-{one}": "mine"}
    for button, status in (("save", 422), ("preview", 200), ("changes", 200)):
        response = client.post(EDIT, {**values, "do": button})
        shown = text_of(response)
        assert response.status_code == status
        assert keys(shown) == [other]
        assert "- Last road" in shown
        body = typed(shown, "body")
        assert body.startswith("First way.\n")
        assert body.count(MARK_THEIRS) == 1
    page.refresh_from_db()
    assert page.version == 2


def test_a_place_mended_by_hand_is_saved_as_it_was_mended(client, page, conflict):
    one, other = keys(conflict)
    body = re.sub(
        rf"{MARK_THEIRS}.*?{MARK_MINE}", "By hand.", typed(conflict, "body"), count=1, flags=re.S
    )
    values = {**read_form(conflict), "body": body}
    values |= {f"choose-{one}": "mine", f"choose-{other}": "theirs"}
    assert client.post(EDIT, values).status_code == 302
    page.refresh_from_db()
    assert page.body == "By hand.\n\nA long middle that stays.\n\n- Last path\n"


def test_fields_of_an_entry_show_three_values_and_are_chosen_one_by_one(client, alice, erin):
    entry = make_resource(alice, make_section(erin))
    client.force_login(alice)
    address = "/resources/docs/edit/"
    values = read_form(text_of(client.get(address)))
    theirs = {"title": "Their docs", "tags": ["theirs", "too"], "level": "advanced"}
    edit_resource(resource_id=entry.pk, base_version=1, values=theirs, by=Authorship(actor=erin))
    mine = {"title": "My docs", "tags": "mine", "kind": "tutorial"}
    shown = text_of(client.post(address, {**values, **mine}))
    assert all(text in shown for text in ("Docs", "Their docs", "My docs", "theirs, too"))
    again = read_form(shown)
    assert (again["title"], again["level"], again["kind"]) == (
        ["My docs"],
        ["advanced"],
        ["tutorial"],
    )
    response = client.post(address, {**again, "take-tags": "theirs"})
    assert response.status_code == 302
    entry = Resource.objects.get()
    assert (entry.title, entry.tags) == ("My docs", ["theirs", "too"])
    assert (entry.level, entry.kind) == ("advanced", "tutorial")


def test_a_summary_is_needed_for_what_is_protected_where_the_site_says_so(
    client, maria, page, settings
):
    protect_it(page, maria)
    settings.SUMMARY_REQUIRED_ON_PROTECTED = True
    client.force_login(maria)
    values = {**read_form(text_of(client.get(EDIT))), "body": "New words.\n"}
    refused = client.post(EDIT, values)
    assert refused.status_code == 422
    assert typed(text_of(refused), "body") == "New words.\n"
    assert client.post(EDIT, {**values, "do": "preview"}).status_code == 200
    assert client.post(EDIT, {**values, "summary": "why"}).status_code == 302


@pytest.mark.parametrize(
    ("before", "after", "summary"),
    [
        (None, "Some  words\n\nhere.", "New page: “Some words here.”"),
        ("Old text.\n", " \n", "Emptied the page"),
        ("word " * 100, "Something else.", "Replaced the text by “Something else.”"),
        ("word " * 100, "word " * 90, ""),
        ("Short.", "Else.", ""),
    ],
)
def test_an_edit_without_a_summary_explains_itself(client, alice, before, after, summary):
    client.force_login(alice)
    if before is None:
        values = {"title": "Tasks", "language": "en", "section": ""}
        client.post("/wiki/-/new/", {**values, "body": after})
    else:
        make_page(alice, body=before)
        values = read_form(text_of(client.get(EDIT)))
        client.post(EDIT, {**values, "body": after})
    assert Page.objects.get().history.first().summary == summary
