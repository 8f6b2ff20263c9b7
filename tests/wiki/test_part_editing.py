"""Editing one part of a page: only its source, spliced into its base before it is merged."""

import pytest

from accounts.models import User
from accounts.roles import NEWCOMERS
from changes.recording import Authorship
from moderation.hiding import hide_parts
from moderation.models import Proposal
from tests.cast import make_user
from tests.changes.content import edit, make_page
from tests.forms_on_pages import open_and_save, read_form, typed
from wiki.editing import delete_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

BODY = (
    "Lead.\n\n## Begin\n\nInstall it.\n\n## Scale\n\nAdd nodes.\n\n> ## Quoted\n\n## End\n\nBye.\n"
)
ADDRESS = "/wiki/tasks/edit/?section="


@pytest.fixture
def page(alice: User) -> Page:
    return make_page(alice, body=BODY)


def text_of(response) -> str:
    return response.content.decode()


def test_each_heading_leads_to_its_part_and_a_quoted_one_does_not(client, page):
    shown = text_of(client.get("/wiki/tasks/"))
    parts = ("h-begin", "h-scale", "h-quoted", "h-end")
    assert all(f'id="{part}"' in shown for part in parts)
    linked = [f'edit/?section={part}"' in shown for part in parts]
    assert linked == [True, True, False, True]
    assert 'aria-label="Edit this part: Scale"' in shown
    assert "section-edit" not in page.rendered.html


def test_a_part_is_edited_alone_and_the_summary_begins_with_its_heading(client, bob, page):
    client.force_login(bob)
    form = text_of(client.get(f"{ADDRESS}h-scale"))
    assert typed(form, "body") == "## Scale\n\nAdd nodes.\n\n> ## Quoted\n"
    response = open_and_save(client, f"{ADDRESS}h-scale", body="## Scale\n\nAdd many.", summary="n")
    assert response.redirect_chain == [("/wiki/tasks/", 302)]
    page.refresh_from_db()
    assert page.body == BODY.replace("Add nodes.\n\n> ## Quoted", "Add many.")
    assert page.history.first().summary == "Scale: n"
    assert "Nothing was changed" in text_of(open_and_save(client, f"{ADDRESS}h-end"))


def test_two_people_who_edit_different_parts_never_conflict(client, alice, bob, page):
    """Not where both change what touches either: an end, and the heading below it."""
    forms = {}
    for user, part in ((alice, "h-begin"), (bob, "h-scale")):
        client.force_login(user)
        forms[user] = read_form(text_of(client.get(ADDRESS + part)))
    client.force_login(bob)
    bobs = {**forms[bob], "body": "## Growing\n\nAdd nodes."}
    assert client.post(f"{ADDRESS}h-scale", bobs).status_code == 302
    client.force_login(alice)
    alices = {**forms[alice], "body": "## Begin\n\nInstall it.\n\nThen start it.\n"}
    assert client.post(f"{ADDRESS}h-begin", alices).status_code == 302
    page.refresh_from_db()
    assert page.body == (
        "Lead.\n\n## Begin\n\nInstall it.\n\nThen start it.\n\n## Growing\n\nAdd nodes.\n\n"
        "## End\n\nBye.\n"
    )
    assert [revision.history_user for revision in page.history.all()] == [alice, bob, alice]


def test_a_heading_renamed_meanwhile_is_told_and_the_text_merged(client, alice, bob, page):
    client.force_login(bob)
    values = read_form(text_of(client.get(f"{ADDRESS}h-scale")))
    edit(page, BODY.replace("## Scale", "## Growing"), alice)
    body = "## Scale\n\nAdd nodes.\n\nAnd disks.\n"
    response = client.post(f"{ADDRESS}h-scale", {**values, "body": body}, follow=True)
    assert "renamed or removed meanwhile" in text_of(response)
    page.refresh_from_db()
    assert "## Growing\n\nAdd nodes.\n\nAnd disks.\n\n## End" in page.body


def test_a_heading_removed_meanwhile_conflicts_on_the_whole_page(client, alice, bob, page):
    client.force_login(bob)
    values = read_form(text_of(client.get(f"{ADDRESS}h-scale")))
    edit(page, "Lead.\n\n## Begin\n\nInstall it.\n\n## End\n\nBye.\n", alice)
    body = "## Scale\n\nAdd disks.\n"
    response = client.post(f"{ADDRESS}h-scale", {**values, "body": body, "summary": "why"})
    shown = text_of(response)
    assert response.status_code == 409
    assert "renamed or removed meanwhile" in shown
    assert "Add disks." in typed(shown, "body")
    assert "Lead." in typed(shown, "body")
    assert (typed(shown, "part"), typed(shown, "summary")) == ("", "Scale: why")
    again = read_form(shown) | {"body": "Lead.\n\n## Scale\n\nAdd disks.\n"}
    assert client.post(f"{ADDRESS}h-scale", again).status_code == 302
    page.refresh_from_db()
    assert page.body == "Lead.\n\n## Scale\n\nAdd disks.\n"


@pytest.mark.parametrize("base", ["1", "0", "99"])
def test_a_part_that_never_was_keeps_what_was_typed_beside_the_whole_page(client, bob, page, base):
    client.force_login(bob)
    gone = text_of(client.get(f"{ADDRESS}h-nothing"))
    assert "This part is not on the page any more" in gone
    assert typed(gone, "body") == BODY
    values = {"body": "My words.", "part": "h-nothing", "base_revision": base, "language": "en"}
    response = client.post("/wiki/tasks/edit/", values)
    assert response.status_code == 422
    shown = text_of(response)
    assert typed(shown, "body") == f"{BODY.rstrip()}\n\nMy words."
    assert (typed(shown, "part"), typed(shown, "base_revision")) == ("", "1")
    page.refresh_from_db()
    assert page.body == BODY


def test_an_unknown_base_overwrites_no_part(client, bob, page):
    client.force_login(bob)
    values = {"body": "## Scale\n\nMine.", "part": "h-scale", "base_revision": "77"}
    response = client.post("/wiki/tasks/edit/", {**values, "language": "en"})
    assert response.status_code == 409
    assert "Mine." in typed(text_of(response), "body")
    assert "Add nodes." in typed(text_of(response), "body")


def test_who_may_not_publish_proposes_a_part(client, page, alice):
    client.force_login(make_user("nora", NEWCOMERS))
    open_and_save(client, f"{ADDRESS}h-scale", body="## Scale\n\nAdd two.\n")
    proposal = Proposal.objects.get()
    assert proposal.fields["body"] == BODY.replace("Add nodes.\n\n> ## Quoted", "Add two.")
    assert proposal.summary == "Scale"
    whole = text_of(client.get(f"{ADDRESS}h-scale"))
    assert typed(whole, "body") == proposal.fields["body"]


def test_the_preview_and_the_changes_of_a_part_are_of_the_part(client, bob, page):
    client.force_login(bob)
    values = read_form(text_of(client.get(f"{ADDRESS}h-scale"))) | {"body": "## Scale\n\n*New*."}
    preview = client.post(f"{ADDRESS}h-scale", {**values, "do": "preview"})
    assert "<em>New</em>" in text_of(preview)
    assert "Install it." not in text_of(preview)
    changes = text_of(client.post(f"{ADDRESS}h-scale", {**values, "do": "changes"}))
    assert "Add nodes" in changes
    assert typed(changes, "part") == "h-scale"


NOTED = (
    "Lead with a note[^lead].\n\n## Scale\n\nSee [the docs][docs][^scale].\n\n## End\n\nBye.\n\n"
    "[^lead]: Of the lead.\n[^scale]: Of scale.\n\n[docs]: https://docs.example/\n"
)


def test_the_preview_of_a_part_is_what_the_page_will_show_of_it(client, alice, bob):
    page = make_page(alice, body=NOTED)
    client.force_login(bob)
    form = text_of(client.get(f"{ADDRESS}h-scale"))
    values = read_form(form)
    assert f'data-preview="/wiki/-/preview/?page={page.pk}"' in form
    body = "## Scale\n\n*New*: [the docs][docs][^scale].\n"
    sent = {"body": body, **{name: values[name] for name in ("part", "base_revision")}}
    fragment = text_of(client.post(f"/wiki/-/preview/?page={page.pk}", sent))
    assert 'href="https://docs.example/"' in fragment
    assert "Of scale." in fragment and "Lead" not in fragment and "Bye." not in fragment
    button = client.post(f"{ADDRESS}h-scale", {**values, "body": body, "do": "preview"})
    assert fragment.strip() in text_of(button)
    client.post(f"{ADDRESS}h-scale", {**values, "body": body})
    page.refresh_from_db()
    main, notes = fragment.split('<section class="footnotes"')
    assert main in page.rendered.html
    assert '<li id="fn-2"' in notes and '<li id="fn-2"' in page.rendered.html


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"part": "h-scale", "base_revision": "1"}),
        ("?page=x", {"part": "h-scale", "base_revision": "1"}),
        ("?page={pk}", {"part": "h-nothing", "base_revision": "1"}),
        ("?page={pk}", {}),
    ],
)
def test_a_preview_of_what_is_no_part_is_of_the_text_alone(client, alice, query, fields):
    page = make_page(alice, body=NOTED)
    client.force_login(alice)
    address = f"/wiki/-/preview/{query.format(pk=page.pk)}"
    shown = text_of(client.post(address, {"body": "*A*[^scale]", **fields}))
    assert shown == "<p><em>A</em>[^scale]</p>\n"


def test_a_preview_brings_nothing_of_what_is_hidden_or_gone(client, alice, bob, maria):
    page = make_page(alice, body=NOTED.replace("Of scale", "Secret"))
    edit(page, NOTED, alice)
    hide_parts(
        object_type="page",
        object_id=page.pk,
        first=1,
        last=1,
        parts=["text"],
        reason="Private.",
        by=maria,
    )
    client.force_login(bob)
    sent = {"body": "## Scale\n\n[^scale]", "part": "h-scale", "base_revision": "1"}
    assert "Of scale" in text_of(client.post(f"/wiki/-/preview/?page={page.pk}", sent))
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    sent["base_revision"] = "2"
    assert "Of scale" not in text_of(client.post(f"/wiki/-/preview/?page={page.pk}", sent))


def test_a_part_that_makes_the_page_too_long_is_said_and_kept(client, alice, bob):
    page = make_page(alice, body=f"## Scale\n\nAdd.\n\n## End\n\n{'x' * 300_000}\n")
    client.force_login(bob)
    values = read_form(text_of(client.get(f"{ADDRESS}h-scale")))
    body = f"## Scale\n\n{'y' * 300_000}\n"
    sent = {"body": body, "part": "h-scale", "base_revision": "1"}
    assert client.post(f"/wiki/-/preview/?page={page.pk}", sent).status_code == 413
    for button in ("preview", "save"):
        response = client.post(f"{ADDRESS}h-scale", {**values, "body": body, "do": button})
        assert response.status_code == 422
        assert typed(text_of(response), "body") == body.rstrip("\n") + "\n"
