"""Proposals in the review queue: approved, amended, handed back, declined, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rates import read_rates
from accounts.roles import NEWCOMERS
from catalog.editing import edit_resource, retire_resource
from catalog.models import Resource, Section
from changes.edit_flow import MARK_MINE
from changes.models import Change, Notification, ObjectType, Source
from changes.recording import Authorship
from moderation.cases import StaleCaseError, decide
from moderation.models import Case, Decision, Proposal
from moderation.proposal_record import find_proposal_record
from moderation.proposing import Draft, Proposer, propose_edit, propose_new, withdraw_proposal
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.forms_on_pages import read_form, typed
from wiki.editing import create_page, delete_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

BODY = "One.\n\nTwo.\n\nThree.\n"
ZWEI = BODY.replace("Two", "Zwei")


@pytest.fixture
def nina(db: None) -> User:
    return make_user("nina", NEWCOMERS)


@pytest.fixture
def page(alice: User) -> Page:
    return make_page(alice, body=BODY)


def propose(page: Page, author: User, body: str = ZWEI, **values: Any) -> Proposal:
    page.refresh_from_db()
    draft = Draft(values={"body": body}, base_version=page.version, **values)
    return propose_edit(
        object_type="page", object_id=page.pk, draft=draft, by=Proposer(user=author)
    )


def propose_page(author: User, title: str = "Actors", body: str = "Text.\n") -> Proposal:
    draft = Draft(values={"title": title, "body": body, "language": "en", "section_id": None})
    return propose_new(object_type="page", draft=draft, by=Proposer(user=author))


def judge(proposal: Proposal, action: str, actor: User, reason: str = "") -> Decision:
    proposal.refresh_from_db()
    case = proposal.case
    assert case is not None
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason=reason,
        actor=actor,
        params={"proposal": proposal.pk},
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return response.content.decode()


def test_approving_is_the_ordinary_edit_with_author_and_approver(nina, maria, page):
    proposal = propose(page, nina, summary="why", is_minor=True)
    decision = judge(proposal, "approve", maria)
    page.refresh_from_db()
    assert (page.version, page.body) == (2, ZWEI)
    revision = page.history.first()
    assert (revision.history_user, revision.accepted_by) == (nina, maria)
    assert (revision.summary, revision.is_minor, revision.source) == ("why", True, Source.PROPOSAL)
    change = Change.objects.first()
    assert (change.actor, change.is_patrolled) == (nina, True)
    assert change.details["proposal"] == proposal.pk
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by, proposal.result_version) == ("approved", maria, 2)
    assert not Case.objects.get().is_open
    assert decision.is_accepted is True
    assert len(find_proposal_record(nina).approved_at) == 1
    told = Notification.objects.get(recipient=nina)
    assert (told.kind, told.url) == ("proposal_approved", proposal.get_absolute_url())
    assert "It is published as revision 2" in text_of(Client().get("/log/"))


def test_an_approval_is_merged_with_what_was_published_since(nina, alice, maria, page):
    proposal = propose(page, nina)
    edit(page, BODY.replace("Three", "Drei"), alice)
    judge(proposal, "approve", maria)
    page.refresh_from_db()
    assert page.body == ZWEI.replace("Three", "Drei")
    assert page.history.first().history_user == nina


def test_a_conflict_is_told_and_nothing_is_overwritten(nina, alice, maria, page):
    proposal = propose(page, nina)
    edit(page, BODY.replace("Two", "Dos"), alice)
    with pytest.raises(ValidationError, match="amend"):
        judge(proposal, "approve", maria)
    page.refresh_from_db()
    assert page.body == BODY.replace("Two", "Dos")
    shown = text_of(signed_in(maria).get("/review/"))
    assert "In conflict with today" in shown
    assert "Zwei" in shown
    assert 'value="approve"' not in shown


def test_the_moderator_amends_in_the_same_form_and_both_are_credited(nina, alice, maria, page):
    proposal = propose(page, nina, summary="why")
    edit(page, BODY.replace("Two", "Dos"), alice)
    client = signed_in(maria)
    address = f"/wiki/tasks/edit/?amend={proposal.pk}&next=/review/%3Fkind=proposal"
    shown = text_of(client.get(address))
    assert "You amend a proposal." in shown
    assert "Approve as amended" in shown
    assert MARK_MINE in typed(shown, "body")
    values = read_form(shown)
    refused = client.post(address, values)  # the marks are still in it
    assert refused.status_code == 422
    body = BODY.replace("Two", "Dos y zwei")
    done = client.post(address, values | {"body": body})
    assert (done.status_code, done["Location"]) == (302, "/review/?kind=proposal")
    revision = Page.objects.get().history.first()
    assert (revision.body, revision.history_user, revision.accepted_by) == (body, nina, maria)
    assert revision.summary == "why (amended by maria)"
    assert Change.objects.first().details["amended_by"] == "maria"
    decision = Decision.objects.get()
    assert (decision.action, decision.is_accepted) == ("amend", True)
    assert Notification.objects.get(recipient=nina).kind == "proposal_amended"


def test_an_amendment_meets_an_edit_made_meanwhile(nina, alice, maria, page):
    proposal = propose(page, nina)
    client = signed_in(maria)
    address = f"/wiki/tasks/edit/?amend={proposal.pk}"
    values = read_form(text_of(client.get(address)))
    edit(page, BODY.replace("Two", "Dos"), alice)
    shown = client.post(address, values | {"body": BODY.replace("Two", "Deux")})
    assert shown.status_code == 409
    assert "Dos" in typed(text_of(shown), "body")
    proposal.refresh_from_db()
    assert proposal.is_waiting
    values = read_form(text_of(shown)) | {"body": BODY.replace("Two", "Deux")}
    assert client.post(address, values).status_code == 302
    assert Page.objects.get().body == BODY.replace("Two", "Deux")


def test_an_amendment_of_what_its_author_revised_meanwhile_is_told(nina, maria, page):
    proposal = propose(page, nina)
    client = signed_in(maria)
    address = f"/wiki/tasks/edit/?amend={proposal.pk}"
    values = read_form(text_of(client.get(address)))
    propose(page, nina, BODY.replace("Two", "Deux"), seen_version=proposal.version)
    refused = client.post(address, values | {"body": "Amended.\n"})
    assert refused.status_code == 422
    assert "revised it meanwhile" in text_of(refused)
    assert typed(text_of(refused), "body") == "Amended.\n"
    assert Page.objects.get().version == 1


def test_an_amendment_of_what_was_decided_meanwhile_keeps_the_text(nina, maria, mika, page):
    proposal = propose(page, nina)
    client = signed_in(maria)
    address = f"/wiki/tasks/edit/?amend={proposal.pk}"
    values = read_form(text_of(client.get(address)))
    judge(proposal, "decline", mika, "No.")
    refused = client.post(address, values | {"body": "Amended.\n"})
    assert refused.status_code == 422
    assert "mika decided this case before you" in text_of(refused)
    assert typed(text_of(refused), "body") == "Amended.\n"


def test_a_revision_by_its_author_makes_what_a_moderator_saw_stale(nina, maria, page):
    proposal = propose(page, nina)
    seen = Case.objects.get().version
    propose(page, nina, "All other.\n", seen_version=proposal.version)
    with pytest.raises(StaleCaseError):
        decide(
            case_id=proposal.case_id,
            version=seen,
            action="approve",
            reason="",
            actor=maria,
            params={"proposal": proposal.pk},
        )


@pytest.mark.parametrize("action", ["ask", "decline"])
def test_handing_back_and_declining_need_a_reason(nina, maria, page, action):
    proposal = propose(page, nina)
    with pytest.raises(ValidationError) as refusal:
        judge(proposal, action, maria)
    assert "reason" in refusal.value.message_dict
    judge(proposal, action, maria, "Because.")
    told = Notification.objects.get(recipient=nina)
    assert told.params == {"reason": "Because."}
    assert told.channel == "mail"


def test_a_declined_proposal_is_told_and_stays_secret(nina, maria, bob):
    proposal = propose_page(nina, "Secret title", "Secret text")
    judge(proposal, "decline", maria, "Not here.")
    shown = text_of(signed_in(nina).get(f"/proposals/{proposal.pk}/"))
    assert "Not here." in shown
    log = text_of(Client().get("/log/"))
    assert "Not here." in log
    assert "Secret" not in log
    assert "nina" not in log
    assert signed_in(bob).get(f"/proposals/{proposal.pk}/").status_code == 404


def test_asking_for_changes_and_revising_opens_the_case_again(nina, maria, page):
    proposal = propose(page, nina)
    judge(proposal, "ask", maria, "Which one?")
    assert not Case.objects.get().is_open
    again = propose(page, nina, BODY.replace("Two", "Deux"), seen_version=proposal.version + 1)
    assert again.pk == proposal.pk
    case = Case.objects.get()
    assert (case.is_open, case.times_opened) == (True, 2)
    judge(again, "approve", maria)
    assert Page.objects.get().body == BODY.replace("Two", "Deux")


def test_several_proposals_stand_in_one_case_that_stays_open_until_the_last(nina, bob, maria, page):
    mine, yours = propose(page, nina), propose(page, bob, BODY.replace("Three", "Drei"))
    shown = text_of(signed_in(maria).get("/review/"))
    assert "2 proposals wait here" in shown
    assert shown.count('type="radio" name="proposal"') == 2
    judge(mine, "approve", maria)
    assert Case.objects.get().is_open
    judge(yours, "approve", maria)
    assert not Case.objects.get().is_open
    assert Page.objects.get().body == ZWEI.replace("Three", "Drei")


def test_a_case_of_several_needs_to_be_told_which(nina, bob, maria, page):
    mine, _yours = propose(page, nina), propose(page, bob, "Other.\n")
    mine.case.refresh_from_db()
    with pytest.raises(ValidationError, match="which"):
        decide(
            case_id=mine.case_id,
            version=mine.case.version,
            action="approve",
            reason="",
            actor=maria,
        )


def test_a_new_page_is_made_with_its_author_and_can_be_undone_and_made_again(nina, maria):
    proposal = propose_page(nina)
    decision = judge(proposal, "approve", maria)
    page = Page.objects.get()
    assert (page.title, page.history.get().history_user) == ("Actors", nina)
    assert '<a href="/wiki/actors/">' in text_of(Client().get("/log/"))
    undo_decision(decision_id=decision.pk, actor=maria)
    page.refresh_from_db()
    proposal.refresh_from_db()
    assert page.is_deleted
    assert (proposal.state, proposal.decided_at) == ("waiting", None)
    assert Case.objects.get().is_open
    assert find_proposal_record(nina).approved_at == []
    shown = text_of(signed_in(maria).get("/review/"))
    assert 'value="approve"' in shown
    judge(proposal, "approve", maria)
    page.refresh_from_db()
    assert not page.is_deleted
    assert page.history.first().history_user == nina


def test_a_new_entry_is_made_undone_and_made_again(nina, erin, maria):
    section = make_section(erin)
    values = {"title": "Ray", "url": "https://ray.example/", "section_id": section.pk}
    draft = Draft(values=values)
    proposal = propose_new(object_type="resource", draft=draft, by=Proposer(user=nina))
    decision = judge(proposal, "approve", maria)
    resource = Resource.objects.get()
    undo_decision(decision_id=decision.pk, actor=maria)
    resource.refresh_from_db()
    assert resource.is_retired
    assert 'value="approve"' in text_of(signed_in(maria).get("/review/"))
    judge(proposal, "approve", maria)
    resource.refresh_from_db()
    assert not resource.is_retired
    assert resource.retired_reason == ""
    assert Resource.objects.count() == 1


def test_a_new_section_is_made(nina, maria, erin):
    parent = make_section(erin)
    draft = Draft(values={"title": "Talks", "parent_id": parent.pk, "introduction": "Hi."})
    proposal = propose_new(object_type="section", draft=draft, by=Proposer(user=nina))
    judge(proposal, "approve", maria)
    section = Section.objects.get(title="Talks")
    assert (section.parent, section.introduction) == (parent, "Hi.")


def test_what_others_wrote_in_a_new_page_is_not_taken_away(nina, alice, maria):
    decision = judge(propose_page(nina), "approve", maria)
    page = edit(Page.objects.get(), "More.\n", alice)
    with pytest.raises(ValidationError, match="changed since"):
        undo_decision(decision_id=decision.pk, actor=maria)
    page.refresh_from_db()
    assert not page.is_deleted


def test_duplicates_are_told_at_approval(nina, alice, erin, maria):
    proposal = propose_page(nina)
    create_page(values={"title": "ACTORS", "body": "x"}, by=Authorship(actor=alice))
    with pytest.raises(ValidationError, match="exists already"):
        judge(proposal, "approve", maria)
    shown = text_of(signed_in(maria).get("/review/"))
    assert "It stands there already:" in shown
    assert 'href="/wiki/actors/"' in shown
    assert 'value="approve"' not in shown


def test_undoing_an_approval_keeps_what_others_wrote_since(nina, alice, maria, page):
    proposal = propose(page, nina)
    decision = judge(proposal, "approve", maria)
    edit(page, ZWEI.replace("Three", "Drei"), alice)
    undo_decision(decision_id=decision.pk, actor=maria)
    page.refresh_from_db()
    assert page.body == BODY.replace("Three", "Drei")
    proposal.refresh_from_db()
    assert proposal.is_waiting
    assert Notification.objects.filter(recipient=nina, kind="proposal_reopened").exists()
    judge(proposal, "approve", maria)
    page.refresh_from_db()
    assert page.body == ZWEI.replace("Three", "Drei")


def test_undoing_where_the_author_went_on_is_refused(nina, maria, page):
    proposal = propose(page, nina)
    decision = judge(proposal, "decline", maria, "No.")
    propose(page, nina, "Anew.\n")
    with pytest.raises(ValidationError, match="another edit"):
        undo_decision(decision_id=decision.pk, actor=maria)
    asked = propose(page, nina, "Anew.\n\nMore.\n", seen_version=1)
    decision = judge(asked, "ask", maria, "Really?")
    withdraw_proposal(proposal_id=asked.pk, by=Proposer(user=nina))
    with pytest.raises(ValidationError, match="went on"):
        undo_decision(decision_id=decision.pk, actor=maria)


def test_what_somebody_else_published_already_is_closed_without_a_revision(
    nina, alice, maria, page
):
    proposal = propose(page, nina)
    edit(page, ZWEI, alice)
    judge(proposal, "approve", maria)
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.SUPERSEDED
    assert Page.objects.get().version == 2
    assert find_proposal_record(nina).approved_at == []


def test_a_proposal_for_what_was_deleted_cannot_be_approved(nina, maria, page):
    proposal = propose(page, nina)
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    with pytest.raises(ValidationError, match="deleted"):
        judge(proposal, "approve", maria)
    shown = text_of(signed_in(maria).get("/review/"))
    assert "What this would change is gone." in shown
    judge(proposal, "decline", maria, "The page is gone.")


def test_somebody_without_an_account_is_credited_as_such(maria, page, client):
    values = read_form(text_of(client.get("/wiki/tasks/edit/")))
    client.post("/wiki/tasks/edit/", values | {"body": "Mine.\n"})
    judge(Proposal.objects.get(), "approve", maria)
    revision = Page.objects.get().history.first()
    assert (revision.author_label, revision.accepted_by) == ("anonymous", maria)
    assert revision.history_user == User.objects.get_anonymous()
    assert not revision.history_user.is_active


def test_an_edit_of_an_entry_is_merged_field_by_field(nina, alice, erin, maria):
    resource = make_resource(alice, make_section(erin))
    draft = Draft(values={"title": "Better", "tags": ["a"]}, base_version=1)
    by = Proposer(user=nina)
    proposal = propose_edit(object_type="resource", object_id=resource.pk, draft=draft, by=by)
    edit_resource(
        resource_id=resource.pk,
        base_version=1,
        values={"description": "Good."},
        by=Authorship(actor=alice),
    )
    judge(proposal, "approve", maria)
    resource.refresh_from_db()
    assert (resource.title, resource.tags, resource.description) == ("Better", ["a"], "Good.")


def test_a_retired_entry_is_told_before_approval(nina, alice, erin, maria):
    section = make_section(erin)
    values = {"title": "X", "url": "https://docs.example/", "section_id": section.pk}
    proposal = propose_new(
        object_type="resource", draft=Draft(values=values), by=Proposer(user=nina)
    )
    resource = make_resource(alice, section)
    retire_resource(resource_id=resource.pk, reason="Spam", by=Authorship(actor=alice))
    assert "It stands there already:" in text_of(signed_in(maria).get("/review/"))
    with pytest.raises(ValidationError, match=r"(?i)retired"):
        judge(proposal, "approve", maria)


def test_who_may_not_decide_decides_nothing(nina, bob, page):
    proposal = propose(page, nina)
    case = Case.objects.get()
    for user in (nina, bob):
        client = signed_in(user)
        values = {"version": case.version, "proposal": proposal.pk, "action": "approve"}
        assert client.post(f"/review/{case.pk}/decide/", values).status_code == 403
    # In amend's address they edit for themselves: bob publishes his own edit, of today's text.
    values = read_form(text_of(signed_in(bob).get(f"/wiki/tasks/edit/?amend={proposal.pk}")))
    assert "Zwei" not in str(values)
    proposal.refresh_from_db()
    assert proposal.is_waiting


def test_many_are_foreseen_and_decided_together(nina, bob, alice, maria):
    pages = [make_page(alice, f"Page {n}", body=BODY) for n in range(3)]
    proposals = [propose(page, nina) for page in pages]
    propose(pages[2], bob, "Other.\n")
    client = signed_in(maria)
    cases = list(Case.objects.order_by("pk"))
    query = "&".join(f"case={case.pk}" for case in cases)
    foreseen = text_of(client.get(f"/review/bulk/?{query}&action=approve&reason="))
    assert foreseen.count("What nina proposes is published: Text.") == 2
    assert "Several proposals wait here" in foreseen
    needs = text_of(client.get(f"/review/bulk/?{query}&action=decline&reason="))
    assert "Say why." in needs
    versions = {f"version-{case.pk}": case.version for case in cases}
    data = {"case": [case.pk for case in cases], "action": "approve", "reason": "", **versions}
    client.post("/review/bulk/", data)
    for proposal in proposals:
        proposal.refresh_from_db()
    assert [one.state for one in proposals] == ["approved", "approved", "waiting"]


def test_the_queue_shows_many_in_a_constant_number_of_queries(
    nina, bob, alice, erin, maria, settings
):
    settings.RATE_LIMITS = read_rates(["off"])
    client, counts = signed_in(maria), []
    section = make_section(erin)
    for number in range(4):
        page = make_page(alice, f"Page {number}", body=BODY)
        propose(page, nina)
        propose(page, bob, BODY.replace("Two", "Deux"))
        edit(page, BODY.replace("Three", "Drei"), alice)
        propose_page(nina, f"New {number}")
        resource = make_resource(alice, section, f"Docs {number}")
        propose_edit(
            object_type=ObjectType.RESOURCE,
            object_id=resource.pk,
            draft=Draft(values={"title": f"Better {number}"}, base_version=1),
            by=Proposer(user=nina),
        )
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/review/").status_code == 200
        counts.append(len(queries))
    assert counts[1:] == counts[:1] * 3


def test_the_queue_is_searched_by_what_is_proposed(nina, maria, page):
    propose(page, nina, summary="Zirkus")
    propose_page(nina, "Placement groups")
    client = signed_in(maria)
    assert "Placement groups" in text_of(client.get("/review/?q=placement"))
    assert "Tasks" not in text_of(client.get("/review/?q=placement"))
    assert "Tasks" in text_of(client.get("/review/?q=zirkus"))
