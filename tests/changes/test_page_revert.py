"""An old revision becomes the newest one: shown first, then done, by whoever may edit."""

import pytest

from changes.models import Change
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.protections import protect_it
from wiki.models import Page

pytestmark = pytest.mark.django_db

URL = "/wiki/tasks/revert/"


@pytest.fixture
def page(alice, bob):
    page = make_page(alice, body="First text.\n")
    return edit(page, "Second text.\n", bob)


def test_what_it_would_change_is_shown_and_nothing_changes(client, alice, page):
    client.force_login(alice)
    response = client.get(URL, {"to": 1})
    text = response.content.decode()
    assert "<del>Second</del> text." in text
    assert "<ins>First</ins> text." in text
    assert Page.objects.get().version == 2


def test_a_revert_is_a_new_revision(client, alice, page):
    client.force_login(alice)
    response = client.post(
        f"{URL}?to=1", {"base_revision": 2, "summary": "the first was right"}, follow=True
    )
    assert response.redirect_chain == [("/wiki/tasks/", 302)]
    page.refresh_from_db()
    assert (page.version, page.body) == (3, "First text.\n")
    change = Change.objects.first()
    assert (change.kind, change.summary, change.actor) == ("reverted", "the first was right", alice)


def test_without_a_summary_it_says_which_revision(client, bob, page):
    client.force_login(bob)
    client.post(f"{URL}?to=1", {"base_revision": 2, "summary": ""})
    assert Change.objects.first().summary == "Reverted to revision 1 by alice"


def test_an_edit_in_between_is_shown_before_anything_is_reverted(client, alice, bob, page):
    client.force_login(alice)
    edit(page, "Third text.\n", bob)
    response = client.post(f"{URL}?to=1", {"base_revision": 2, "summary": "why"})
    assert response.status_code == 409
    text = response.content.decode()
    assert "<del>Third</del>" in text
    assert 'value="why"' in text
    assert 'name="base_revision" value="3"' in text
    assert Page.objects.get().version == 3
    assert client.post(f"{URL}?to=1", {"base_revision": 3, "summary": "why"}).status_code == 302
    assert Page.objects.get().body == "First text.\n"


def test_reverting_to_what_stands_there_writes_nothing(client, alice, page):
    client.force_login(alice)
    assert "would change nothing" in client.get(URL, {"to": 2}).content.decode()
    response = client.post(f"{URL}?to=2", {"base_revision": 2}, follow=True)
    assert "nothing was changed" in response.content.decode()
    assert Page.objects.get().version == 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_asked_to_sign_in(client, page, method):
    response = getattr(client, method)(f"{URL}?to=1", {"to": 1, "base_revision": 2})
    assert response.status_code == 403
    assert "/accounts/login/" in response.content.decode()
    assert Page.objects.get().version == 2


def test_a_protected_page_is_reverted_by_those_who_may_edit_it(client, alice, maria, page):
    protect_it(page, maria)
    client.force_login(alice)
    assert client.get(URL, {"to": 1}).status_code == 403
    assert client.post(f"{URL}?to=1", {"base_revision": 2}).status_code == 403
    client.force_login(maria)
    assert client.post(f"{URL}?to=1", {"base_revision": 2}).status_code == 302


@pytest.mark.parametrize("to", ["", "abc", "0", "9", "1" * 30])
def test_unknown_revisions_answer_404(client, alice, page, to):
    client.force_login(alice)
    assert client.get(URL, {"to": to}).status_code == 404
    assert client.post(f"{URL}?to={to}", {"base_revision": 2}).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"base_revision": 2, "summary": "x" * 501},
        {"base_revision": 2, "surprise": "1"},
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(client, alice, page, data):
    client.force_login(alice)
    response = client.post(f"{URL}?to=1", data)
    assert response.status_code == 422
    assert data.get("summary", "") in response.content.decode()
    assert Page.objects.get().version == 2


@pytest.mark.parametrize("data", [{}, {"base_revision": "x"}, {"base_revision": "9" * 30}])
def test_a_form_that_does_not_say_what_it_saw_is_shown_again(client, alice, page, data):
    client.force_login(alice)
    response = client.post(f"{URL}?to=1", data)
    assert response.status_code == 409
    assert 'name="base_revision" value="2"' in response.content.decode()
    assert Page.objects.get().version == 2


def test_what_an_operation_refuses_is_said_on_the_form(client, alice, erin):
    from catalog.editing import edit_resource
    from changes.recording import Authorship

    section = make_section(erin)
    resource = make_resource(alice, section, "Docs")
    edit_resource(
        resource_id=resource.pk,
        base_version=1,
        values={"url": "https://elsewhere.example/"},
        by=Authorship(actor=alice),
    )
    make_resource(alice, section, "Docs")  # takes the address that was given up
    client.force_login(alice)
    response = client.post("/resources/docs/revert/?to=1", {"base_revision": 2})
    assert response.status_code == 422
    resource.refresh_from_db()
    assert resource.url == "https://elsewhere.example/"
