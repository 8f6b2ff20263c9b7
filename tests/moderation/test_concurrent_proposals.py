"""Two at once about one proposal: one is heard, the other told, and nothing is lost."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.rates import read_rates
from accounts.roles import NEWCOMERS
from changes.models import Change
from changes.recording import Authorship
from moderation.cases import decide
from moderation.models import Case, Decision, Proposal
from moderation.proposing import Draft, Proposer, propose_edit
from tests.cast import make_user
from tests.changes.content import make_page
from tests.threads import run_at_once
from wiki.editing import edit_page
from wiki.models import Page

pytestmark = pytest.mark.django_db(transaction=True)

BODY = "One.\n\nTwo.\n\nThree.\n"


def propose(page: Page, author: User, body: str) -> Proposal:
    draft = Draft(values={"body": body}, base_version=1)
    by = Proposer(user=author)
    return propose_edit(object_type="page", object_id=page.pk, draft=draft, by=by)


def judge(proposal: Proposal, action: str, actor: User) -> None:
    case = Case.objects.get(pk=proposal.case_id)
    decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason="Because.",
        actor=actor,
        params={"proposal": proposal.pk},
    )


def test_of_two_moderators_one_decides_and_the_other_is_told(alice, maria, mika):
    nina = make_user("nina", NEWCOMERS)
    for number in range(5):
        page = make_page(alice, f"Page {number}", body=BODY)
        proposal = propose(page, nina, BODY.replace("Two", "Zwei"))
        judges = [("approve", maria), ("decline", mika)]
        done = run_at_once(lambda n, p=proposal, j=judges: judge(p, *j[n]), 2)
        assert done == {"done": 1, "StaleCaseError": 1}
        assert Decision.objects.filter(target_id=page.pk).count() == 1
        proposal.refresh_from_db()
        page.refresh_from_db()
        assert (page.version == 2) == (proposal.state == "approved")


def test_an_approval_and_an_edit_at_once_lose_nothing(alice, maria):
    nina = make_user("nina", NEWCOMERS)
    for number in range(5):
        page = make_page(alice, f"Page {number}", body=BODY)
        proposal = propose(page, nina, BODY.replace("Three", "Drei"))

        def edit(page: Page = page) -> None:
            values = {"body": BODY.replace("One", "Uno")}
            edit_page(page_id=page.pk, base_version=1, values=values, by=Authorship(actor=alice))

        def work(number: int, proposal: Proposal = proposal) -> None:
            edit() if number else judge(proposal, "approve", maria)

        assert run_at_once(work, 2) == {"done": 2}
        page.refresh_from_db()
        assert page.body == BODY.replace("One", "Uno").replace("Three", "Drei")
        assert Change.objects.filter(object_id=page.pk, object_type="page").count() == 3


def test_a_proposal_sent_twice_at_once_is_one(alice):
    nina = make_user("nina", NEWCOMERS)
    page = make_page(alice, body=BODY)
    done = run_at_once(lambda _number: propose(page, nina, "Mine.\n"), 3)
    assert done == {"done": 3}
    assert Proposal.objects.count() == 1
    assert Case.objects.count() == 1


def test_an_author_who_revises_while_a_moderator_approves_loses_nothing(alice, maria, settings):
    """Either the new version waits, or it came too late and begins anew; never is it lost."""
    settings.RATE_LIMITS = read_rates(["off"])
    nina = make_user("nina", NEWCOMERS)
    for number in range(5):
        page = make_page(alice, f"Page {number}", body=BODY)
        proposal = propose(page, nina, BODY.replace("Two", "Zwei"))

        def work(number: int, page: Page = page, proposal: Proposal = proposal) -> None:
            if number:
                propose(page, nina, BODY.replace("Three", "Drei"))
            else:
                judge(proposal, "approve", maria)

        done = run_at_once(work, 2)
        assert done["done"] + done["StaleCaseError"] == 2, done
        page.refresh_from_db()
        waiting = Proposal.objects.waiting().filter(object_id=page.pk)
        texts = page.body + "".join(one.fields["body"] for one in waiting)
        assert "Zwei" in texts
        assert "Drei" in texts
