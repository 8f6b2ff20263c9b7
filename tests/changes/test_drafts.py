"""Drafts: kept by themselves, offered when one comes back, seen by nobody else."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.erasing import erase_user, export_data
from accounts.models import User
from accounts.rates import read_rates
from accounts.roles import NEWCOMERS
from changes.drafts import MAX_DRAFTS, DraftKey, save_draft
from changes.models import Draft
from changes.tasks import forget_old
from moderation.hiding import hide_parts
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.forms_on_pages import read_form, typed
from wiki.models import Page

pytestmark = pytest.mark.django_db

EDIT = "/wiki/tasks/edit/"
BODY = "Lead.\n\n## Begin\n\nInstall it.\n\n## End\n\nBye.\n"


@pytest.fixture
def page(alice: User) -> Page:
    return make_page(alice, body=BODY)


def text_of(response) -> str:
    return response.content.decode()


def leave(client, address=EDIT, **changes):
    """Type into a form and leave it: what the editor's script sends."""
    values = {**read_form(text_of(client.get(address))), **changes, "do": "draft"}
    response = client.post(address, values)
    assert response.status_code == 204, text_of(response)
    return values


def test_what_was_begun_is_offered_compared_and_gone_once_it_is_saved(client, bob, page):
    client.force_login(bob)
    leave(client, body=BODY.replace("Bye.", "So long."), summary="why")
    offered = text_of(client.get(EDIT))
    assert "You began something here" in offered
    assert "<ins>So long" in offered
    assert typed(offered, "body") == BODY
    used = text_of(client.get(f"{EDIT}?draft=use"))
    assert "This is your draft." in used
    assert (typed(used, "body"), typed(used, "summary")) == (BODY.replace("Bye", "So long"), "why")
    assert client.post(EDIT, read_form(used)).status_code == 302
    assert not Draft.objects.exists()
    page.refresh_from_db()
    assert "So long." in page.body


def test_a_draft_is_discarded_by_a_button(client, bob, page):
    client.force_login(bob)
    leave(client, f"{EDIT}?section=h-end", body="## End\n\nMine.\n")
    assert "You began something" not in text_of(client.get(EDIT))
    assert "You began something" in text_of(client.get(f"{EDIT}?section=h-end"))
    client.post(f"{EDIT}?section=h-end", {"do": "discard", "part": "h-end"})
    assert not Draft.objects.exists()


def test_nobody_else_is_offered_a_draft_and_visitors_keep_none(client, alice, bob, page):
    client.force_login(bob)
    leave(client, body="Secret words.\n")
    client.force_login(alice)
    assert "Secret words" not in text_of(client.get(f"{EDIT}?draft=use"))
    client.logout()
    assert client.post(EDIT, {"do": "draft", "body": "x"}).status_code == 403
    assert Draft.objects.get().user == bob
    assert export_data(bob)["drafts"][0]["fields"]["body"] == ["Secret words.\n"]
    erase_user(user=bob, actor=bob)
    assert not Draft.objects.exists()


def test_of_a_proposal_that_is_revised_no_draft_is_kept(client, page):
    client.force_login(make_user("nora", NEWCOMERS))
    form = text_of(client.get(EDIT))
    assert "data-drafts" in form
    client.post(EDIT, {**read_form(form), "body": "Proposed.\n"})
    again = text_of(client.get(EDIT))
    assert typed(again, "body") == "Proposed.\n"
    assert "data-drafts" not in again


def test_a_revert_in_between_makes_no_conflict(client, alice, bob, page):
    client.force_login(bob)
    leave(client, body=BODY.replace("Bye.", "So long."))
    edit(page, BODY.replace("Bye.", "Vandalised."), alice)
    edit(page, BODY, alice)
    used = text_of(client.get(f"{EDIT}?draft=use"))
    assert "Others saved something since" in used
    assert typed(used, "base_revision") == "1"
    assert client.post(EDIT, read_form(used)).status_code == 302
    page.refresh_from_db()
    assert page.body == BODY.replace("Bye.", "So long.")


def test_a_draft_begun_on_a_text_that_is_hidden_now_is_withheld(client, alice, bob, maria, page):
    edit(page, BODY + "Call 555-LEAK.\n", alice)
    client.force_login(bob)
    leave(client, body=BODY + "Call 555-LEAK.\n\nMine.\n")
    edit(page, BODY, alice)
    hide_parts(
        object_type="page",
        object_id=page.pk,
        first=2,
        last=2,
        parts=["text"],
        reason="Personal.",
        by=maria,
    )
    for address in (EDIT, f"{EDIT}?draft=use"):
        shown = text_of(client.get(address))
        assert "555-LEAK" not in shown
        assert "was hidden since" in shown
    assert export_data(bob)["drafts"][0]["fields"] == {}


def test_long_drafts_many_of_them_and_old_ones_are_not_kept(client, bob, page, settings):
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    large = client.post(EDIT, {**values, "body": "é" * 400_000, "do": "draft"})
    assert large.status_code == 413
    settings.RATE_LIMITS = read_rates(["off"])
    for number in range(MAX_DRAFTS + 2):
        key = DraftKey(user=bob, object_type="page", object_id=number + 1000, place="")
        save_draft(key=key, base_version=1, fields={"body": ["x"]})
    assert Draft.objects.count() == MAX_DRAFTS
    with time_machine.travel(timezone.now() + timedelta(days=settings.DRAFTS_KEEP_DAYS + 1)):
        forget_old()
    assert not Draft.objects.exists()


def test_drafts_are_limited_and_say_so(client, bob, page, settings):
    settings.RATE_LIMITS = read_rates(["draft.user=1/1m"])
    client.force_login(bob)
    values = leave(client, body="One.\n")
    refused = client.post(EDIT, {**values, "body": "Two.\n"})
    assert refused.status_code == 429
    assert "drafts" in text_of(refused)


def test_drafts_of_entries_and_of_new_pages_keep_every_field(client, alice, erin):
    core, more = make_section(erin, "Core"), make_section(erin, "More")
    make_resource(alice, core)
    client.force_login(alice)
    address = "/resources/docs/edit/"
    leave(client, address, title="Other", tags="a, b", further_sections=[str(more.pk)])
    used = read_form(text_of(client.get(f"{address}?draft=use")))
    assert (used["title"], used["tags"]) == (["Other"], ["a, b"])
    assert used["further_sections"] == [str(more.pk)]
    leave(client, "/wiki/-/new/?title=Fresh", body="New words.\n")
    assert typed(text_of(client.get("/wiki/-/new/?draft=use")), "title") == "Fresh"
