"""Proposing in the browser: the same forms, for those who may not publish."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import NEWCOMERS
from catalog.editing import retire_resource
from catalog.models import Resource, Section
from changes.edit_flow import MARK_MINE
from changes.models import Change, ObjectType
from changes.recording import Authorship
from moderation.cases import decide
from moderation.models import Case, Proposal, ProposalEvent
from moderation.proposal_deciding import DECLINE
from moderation.proposal_desk import sign_link
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.forms_on_pages import open_and_save, read_form, typed
from tests.protections import protect_it
from wiki.models import Page

pytestmark = pytest.mark.django_db

EDIT = "/wiki/tasks/edit/"
BODY = "One.\n\nTwo.\n\nThree.\n"


@pytest.fixture
def nina(db: None) -> User:
    """A newcomer, who proposes."""
    return make_user("nina", NEWCOMERS)


@pytest.fixture
def page(alice: User) -> Page:
    return make_page(alice, body=BODY)


def text_of(response: Any) -> str:
    return response.content.decode()


def propose(client: Client, address: str = EDIT, /, **values: Any) -> Proposal:
    form = read_form(text_of(client.get(address)))
    response = client.post(address, form | values)
    assert response.status_code == 302, text_of(response)
    return Proposal.objects.latest("updated_at")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_what_a_newcomer_saves_waits_and_nothing_is_published(nina, page):
    client = signed_in(nina)
    form = text_of(client.get(EDIT))
    assert "it is published once a moderator has looked at it" in form
    assert "Send to the moderators" in form
    proposal = propose(client, body=BODY.replace("Two", "Zwei"), summary="why", is_minor="on")
    page.refresh_from_db()
    assert (page.version, page.body) == (1, BODY)
    assert proposal.author == nina
    assert (proposal.object_type, proposal.object_id, proposal.base_version) == ("page", page.pk, 1)
    assert proposal.fields == {"body": BODY.replace("Two", "Zwei")}
    assert (proposal.summary, proposal.is_minor, proposal.state) == ("why", True, "waiting")
    case = Case.objects.get()
    assert (case.kind, case.target_type, case.target_id) == ("proposal", "page", page.pk)
    assert proposal.case == case
    assert case.is_open


def test_who_may_publish_publishes(alice, page):
    propose_url = open_and_save(signed_in(alice), EDIT, body="Other.\n").redirect_chain
    assert propose_url == [("/wiki/tasks/", 302)]
    assert not Proposal.objects.exists()


def test_the_edit_is_refused_where_nobody_may_propose(client, settings, page):
    settings.ANONYMOUS_PROPOSALS = False
    assert client.get(EDIT).status_code == 403
    refused = client.post(EDIT, {"body": "Mine.", "language": "en", "base_revision": "1"})
    assert refused.status_code == 403
    assert typed(text_of(refused), "body") == "Mine."
    assert not Proposal.objects.exists()


def test_someone_without_an_account_proposes_and_comes_back_by_the_link_alone(client, page):
    form = text_of(client.get(EDIT))
    assert "You are not signed in." in form
    assert 'name="website"' in form
    proposal = propose(client, body="Mine.\n")
    assert (proposal.author, proposal.author_label) == (None, "")
    assert client.get(f"/proposals/{proposal.pk}/").status_code == 200
    assert typed(text_of(client.get(EDIT)), "body") == "Mine.\n"
    other = Client()
    assert other.get(f"/proposals/{proposal.pk}/").status_code == 404
    assert other.get(f"/proposals/{proposal.pk}/?token=wrong").status_code == 404
    assert typed(text_of(other.get(EDIT)), "body") == BODY
    link = sign_link(proposal)
    assert link in text_of(client.get(f"/proposals/{proposal.pk}/"))
    assert other.get(link).status_code == 302
    assert "Mine" in text_of(other.get(f"/proposals/{proposal.pk}/"))
    # The link of one opens no other.
    second = propose(Client(), body="Yours.\n")
    token = link.partition("?")[2]
    assert other.get(f"/proposals/{second.pk}/?{token}").status_code == 404


def test_the_link_of_a_proposal_with_an_author_opens_nothing(client, nina, page):
    proposal = propose(signed_in(nina), body="Mine.\n")
    assert client.get(sign_link(proposal)).status_code == 404


def test_a_program_is_caught_and_a_person_is_not(client, settings, page):
    settings.FORM_TRAP_SECONDS = 2
    values = read_form(text_of(client.get(EDIT))) | {
        "body": "Spam.\n",
        "website": "http://x.example",
    }
    caught = client.post(EDIT, values)
    assert caught.status_code == 422
    assert typed(text_of(caught), "body") == "Spam.\n"
    assert not Proposal.objects.exists()


def test_a_form_that_was_opened_signed_in_passes_when_sent_without_an_account(client, nina, page):
    values = read_form(text_of(signed_in(nina).get(EDIT))) | {"body": "Mine.\n"}
    again = client.post(EDIT, values)
    assert again.status_code == 422
    values = read_form(text_of(again))
    assert typed(text_of(again), "body") == "Mine.\n"
    assert client.post(EDIT, values).status_code == 302
    # And the other way round: the traps are no unknown fields.
    values = read_form(text_of(Client().get(EDIT))) | {"body": "Other.\n"}
    assert signed_in(nina).post(EDIT, values).status_code == 302


def test_editing_again_revises_what_waits(nina, page):
    client = signed_in(nina)
    first = propose(client, body=BODY.replace("Two", "Zwei"))
    form = text_of(client.get(EDIT))
    assert "Your proposal waits for a moderator." in form
    assert typed(form, "body") == BODY.replace("Two", "Zwei")
    second = propose(client, body=BODY.replace("Two", "Deux"), summary="better")
    assert second.pk == first.pk
    assert second.fields == {"body": BODY.replace("Two", "Deux")}
    assert [event.kind for event in second.events.all()] == ["proposed", "revised"]
    assert Case.objects.count() == 1


def test_a_revision_by_another_tab_joins_what_waits(nina, page):
    client = signed_in(nina)
    values = read_form(text_of(client.get(EDIT)))
    propose(client, body=BODY.replace("One", "Eins"))
    client.post(EDIT, values | {"body": BODY.replace("Three", "Drei")})
    joined = BODY.replace("One", "Eins").replace("Three", "Drei")
    assert Proposal.objects.get().fields == {"body": joined}


def test_a_revision_by_another_tab_of_the_same_place_shows_both(nina, page):
    client = signed_in(nina)
    values = read_form(text_of(client.get(EDIT)))
    propose(client, body=BODY.replace("One", "Eins"))
    shown = client.post(EDIT, values | {"body": BODY.replace("One", "Un")})
    assert shown.status_code == 409
    assert "Eins" in typed(text_of(shown), "body")
    assert "Un" in typed(text_of(shown), "body")
    assert MARK_MINE in typed(text_of(shown), "body")
    values = read_form(text_of(shown)) | {"body": BODY.replace("One", "Un")}
    assert client.post(EDIT, values).status_code == 302
    assert Proposal.objects.get().fields == {"body": BODY.replace("One", "Un")}


def test_the_form_has_the_proposal_on_top_of_todays_text(nina, alice, page):
    client = signed_in(nina)
    propose(client, body=BODY.replace("Three", "Drei"))
    edit(page, BODY.replace("One", "Uno"), alice)
    form = text_of(client.get(EDIT))
    assert typed(form, "body") == BODY.replace("One", "Uno").replace("Three", "Drei")
    assert typed(form, "base_revision") == "2"


def test_a_conflict_with_todays_text_stands_in_the_form(nina, alice, page):
    client = signed_in(nina)
    propose(client, body=BODY.replace("Two", "Zwei"))
    edit(page, BODY.replace("Two", "Dos"), alice)
    response = client.get(EDIT)
    body = typed(text_of(response), "body")
    assert MARK_MINE in body
    assert "The same place was changed since this was proposed." in text_of(response)
    refused = client.post(EDIT, read_form(text_of(response)))
    assert refused.status_code == 422
    values = read_form(text_of(response)) | {"body": BODY.replace("Two", "Dos, zwei")}
    client.post(EDIT, values)
    proposal = Proposal.objects.get()
    assert (proposal.fields, proposal.base_version) == (
        {"body": BODY.replace("Two", "Dos, zwei")},
        2,
    )


def test_a_conflict_while_proposing_is_shown_as_to_everybody(nina, alice, page):
    client = signed_in(nina)
    values = read_form(text_of(client.get(EDIT)))
    edit(page, BODY.replace("Two", "Dos"), alice)
    shown = client.post(EDIT, values | {"body": BODY.replace("Two", "Zwei")})
    assert shown.status_code == 409
    assert not Proposal.objects.exists()


def test_what_changes_nothing_is_no_proposal(nina, page):
    response = open_and_save(signed_in(nina), EDIT)
    assert "Nothing was changed" in text_of(response)
    assert not Proposal.objects.exists()


def test_several_people_share_one_case(nina, page):
    propose(signed_in(nina), body="Mine.\n")
    propose(Client(), body="Yours.\n")
    assert Case.objects.count() == 1
    assert Case.objects.get().proposals.waiting().count() == 2


@pytest.mark.parametrize(
    ("url", "values", "object_type"),
    [
        ("/wiki/-/new/", {"title": "Actors", "body": "Text."}, ObjectType.PAGE),
        (
            "/resources/-/new/",
            {"title": "Ray", "url": "ray.example/x", "section": "SECTION"},
            ObjectType.RESOURCE,
        ),
        ("/sections/-/new/", {"title": "Talks", "introduction": "Hi."}, ObjectType.SECTION),
    ],
)
def test_new_objects_are_proposed_and_revised(nina, erin, url, values, object_type):
    section = make_section(erin)
    values = {k: str(section.pk) if v == "SECTION" else v for k, v in values.items()}
    client = signed_in(nina)
    proposal = propose(client, url, **values)
    assert (proposal.object_type, proposal.object_id, proposal.is_new) == (object_type, None, True)
    case = Case.objects.get()
    assert (case.target_type, case.target_id) == ("proposal", proposal.pk)
    # What waits is not public, and titles of cases are once they are decided.
    assert proposal.title not in case.title
    assert proposal.title in case.reason
    detail = text_of(client.get(f"/proposals/{proposal.pk}/"))
    assert f"{url}?proposal={proposal.pk}" in detail
    revised = propose(client, f"{url}?proposal={proposal.pk}", title="Better")
    assert (revised.pk, revised.fields["title"]) == (proposal.pk, "Better")
    assert (Page.objects.count(), Resource.objects.count(), Section.objects.count()) == (0, 0, 1)
    # Nobody else's form is filled with it.
    stranger = signed_in(make_user("stranger", NEWCOMERS))
    assert typed(text_of(stranger.get(f"{url}?proposal={proposal.pk}")), "title") == ""


def test_edits_of_entries_and_sections_are_proposed(nina, alice, erin):
    resource = make_resource(alice, make_section(erin))
    client = signed_in(nina)
    proposal = propose(client, "/resources/docs/edit/", description="Good.", tags="new, words")
    assert proposal.fields == {"description": "Good.", "tags": ["new", "words"]}
    assert proposal.section_id == resource.section_id
    proposal = propose(client, "/sections/core/edit/", introduction="Hello.\n")
    assert proposal.fields == {"introduction": "Hello.\n"}
    resource.refresh_from_db()
    assert resource.version == 1


def test_the_same_new_page_by_two_people_is_one_case(nina):
    propose(signed_in(nina), "/wiki/-/new/", title="Actors", body="Mine.")
    propose(Client(), "/wiki/-/new/", title="ACTORS", body="Yours.")
    assert Case.objects.count() == 1
    assert Case.objects.get().proposals.waiting().count() == 2


def test_what_stands_there_already_is_shown_and_not_proposed(nina, alice, erin, page):
    client = signed_in(nina)
    response = client.post(
        "/wiki/-/new/", {"title": "TASKS", "body": "Mine.", "language": "en", "section": ""}
    )
    assert response.status_code == 422
    assert '<a href="/wiki/tasks/">' in text_of(response)
    resource = make_resource(alice, make_section(erin))
    retire_resource(resource_id=resource.pk, reason="It was spam", by=Authorship(actor=alice))
    form = read_form(text_of(client.get("/resources/-/new/")))
    values = form | {"title": "X", "url": "http://www.docs.example", "section": resource.section_id}
    response = client.post("/resources/-/new/", values)
    assert response.status_code == 422
    assert "It was spam" in text_of(response)
    assert not Proposal.objects.exists()


def test_what_was_declined_before_is_told_with_the_reason_and_can_be_insisted_on(nina, erin, maria):
    section = make_section(erin)
    values = {"title": "X", "url": "https://x.example/", "section": str(section.pk)}
    proposal = propose(signed_in(nina), "/resources/-/new/", **values)
    case = proposal.case
    decide(
        case_id=case.pk,
        version=case.version,
        action=DECLINE,
        reason="Not about Ray",
        actor=maria,
        params={"proposal": proposal.pk},
    )
    client = signed_in(make_user("stranger", NEWCOMERS))
    form = read_form(text_of(client.get("/resources/-/new/")))
    sent = form | values | {"url": "http://x.example"}
    told = client.post("/resources/-/new/", sent)
    assert told.status_code == 422
    assert "Not about Ray" in text_of(told)
    assert Proposal.objects.count() == 1
    assert client.post("/resources/-/new/", sent | {"do": "insist"}).status_code == 302
    assert Proposal.objects.count() == 2


def test_too_many_links_and_blocked_ones_are_refused(nina, page, settings):
    settings.NEWCOMER_LINKS_PER_PROPOSAL = 1
    client = signed_in(nina)
    values = read_form(text_of(client.get(EDIT)))
    body = "[a](https://a.example/) [b](https://b.example/)\n"
    refused = client.post(EDIT, values | {"body": body})
    assert refused.status_code == 422
    assert typed(text_of(refused), "body") == body
    assert not Proposal.objects.exists()


def test_an_edit_that_a_guard_holds_waits_instead(make_guarded, alice, page):
    make_guarded("Too many links.", "newcomer-links")
    client = signed_in(alice)
    response = open_and_save(client, EDIT, body="Other.\n")
    proposal = Proposal.objects.get()
    assert response.redirect_chain == [(f"/proposals/{proposal.pk}/", 302)]
    assert (proposal.rule, proposal.held_reason) == ("newcomer-links", "Too many links.")
    assert "Too many links." in text_of(response)
    assert Case.objects.get().evidence == {"rule": "newcomer-links"}
    assert not Change.objects.filter(version_after=2).exists()


@pytest.fixture
def make_guarded(monkeypatch):
    """A guard that holds every edit of those whom nobody accepts."""
    from changes import recording
    from changes.refusals import EditHeldError

    def make(reason: str, rule: str) -> None:
        def hold(attempt):
            if attempt.by.accepted_by is None:
                raise EditHeldError(reason, rule=rule)
            return ()

        monkeypatch.setattr(recording, "_guards", [hold])

    return make


def test_a_protected_page_is_proposed_for(bob, maria, page):
    protect_it(page, maria)
    form = text_of(signed_in(bob).get(EDIT))
    assert "Edit war." in form
    proposal = propose(signed_in(bob), body="Mine.\n")
    assert proposal.author == bob


def test_withdrawing_closes_the_case_and_leaves_others(nina, page):
    client, other = signed_in(nina), Client()
    mine, yours = propose(client, body="Mine.\n"), propose(other, body="Yours.\n")
    client.post(f"/proposals/{mine.pk}/withdraw/")
    mine.refresh_from_db()
    assert mine.state == Proposal.State.WITHDRAWN
    assert Case.objects.get().is_open
    assert client.post(f"/proposals/{yours.pk}/withdraw/").status_code == 404
    other.post(f"/proposals/{yours.pk}/withdraw/")
    assert Case.objects.get().state == Case.State.RESOLVED
    # Editing again begins anew, and opens the case again.
    again = propose(client, body="Mine again.\n")
    assert again.pk != mine.pk
    assert Case.objects.get().is_open


def test_an_answer_lets_it_wait_again(nina, maria, page):
    client = signed_in(nina)
    proposal = propose(client, body="Mine.\n")
    case = proposal.case
    decide(
        case_id=case.pk,
        version=case.version,
        action="ask",
        reason="Which version?",
        actor=maria,
        params={"proposal": proposal.pk},
    )
    shown = text_of(client.get(f"/proposals/{proposal.pk}/"))
    assert "Which version?" in shown
    assert not Case.objects.get().is_open
    assert client.post(f"/proposals/{proposal.pk}/answer/", {"text": " "}).status_code == 422
    client.post(f"/proposals/{proposal.pk}/answer/", {"text": "2.40"})
    proposal.refresh_from_db()
    assert proposal.is_waiting
    assert Case.objects.get().is_open
    assert proposal.events.last().text == "2.40"


def test_nobody_else_learns_of_a_proposal(nina, bob, maria, page):
    proposal = propose(signed_in(nina), body="Secret words.\n", summary="Secret summary")
    new = propose(signed_in(nina), "/wiki/-/new/", title="Secret title", body="x")
    for client in (Client(), signed_in(bob)):
        for one in (proposal, new):
            assert client.get(f"/proposals/{one.pk}/").status_code == 404
            for name in ("withdraw", "answer"):
                assert client.post(f"/proposals/{one.pk}/{name}/", {"text": "x"}).status_code == 404
        for url in ("/proposals/", "/wiki/tasks/", "/changes/", "/log/", EDIT, "/changes.atom"):
            assert "Secret" not in text_of(client.get(url))
        assert "waits" not in text_of(client.get("/wiki/tasks/"))
        assert f"?amend={proposal.pk}" not in text_of(client.get(f"{EDIT}?amend={proposal.pk}"))
        assert "Secret" not in text_of(client.get(f"{EDIT}?amend={proposal.pk}"))
        assert "Secret" not in text_of(client.get(f"{EDIT}?proposal={proposal.pk}"))
        assert "Secret" not in text_of(client.get(f"/proposals/?user={nina.username}"))
    assert "Secret words." in text_of(signed_in(maria).get(f"/proposals/{proposal.pk}/"))
    assert "Secret title" in text_of(signed_in(maria).get("/proposals/?user=nina"))


def test_the_page_tells_its_proposer_and_moderators_that_something_waits(nina, maria, page):
    proposal = propose(signed_in(nina), body="Mine.\n")
    mine = text_of(signed_in(nina).get("/wiki/tasks/"))
    assert "Your proposal waits for a moderator." in mine
    assert proposal.get_absolute_url() in mine
    moderators = text_of(signed_in(maria).get("/wiki/tasks/"))
    assert "1 proposal waits." in moderators
    assert proposal.case.get_absolute_url() in moderators


def test_the_list_has_ones_own_in_a_constant_number_of_queries(nina, alice):
    client = signed_in(nina)
    counts = []
    for number in range(6):
        make_page(alice, f"Page {number}", body=BODY)
        propose(client, f"/wiki/page-{number}/edit/", body="Mine.\n")
        with CaptureQueriesContext(connection) as queries:
            shown = text_of(client.get("/proposals/"))
        counts.append(len(queries))
    assert all(f"Page {number}" in shown for number in range(6))
    assert counts[1:] == counts[:1] * 5
    assert "Page 1" not in text_of(client.get("/proposals/?state=approved"))


def test_an_author_of_another_session_cannot_be_feigned(nina, page, client):
    """A proposal with an author is never that of a session."""
    proposal = propose(signed_in(nina), body="Mine.\n")
    session = client.session
    session["proposals"] = [proposal.pk]
    session.save()
    assert client.get(f"/proposals/{proposal.pk}/").status_code == 404


def test_events_name_who_did_what(nina, page):
    proposal = propose(signed_in(nina), body="Mine.\n", summary="why")
    event = ProposalEvent.objects.get(proposal=proposal)
    assert (event.actor, event.actor_label, event.text) == (nina, "nina", "why")
