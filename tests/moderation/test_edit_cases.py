"""Edits in the queue: what a rule marked, what nobody looked at for long; closing by themselves."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from changes.models import Change
from changes.patrolling import patrol
from changes.recording import Authorship
from changes.rolling_back import roll_back
from moderation.cases import StaleCaseError, decide
from moderation.edit_cases import SUSPICIOUS, UNPATROLLED, sweep_edit_cases
from moderation.models import Case, Decision
from moderation.presenting import present_cases
from moderation.undoing import undo_decision
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.moderation.test_cases import run_in_threads
from wiki.editing import delete_page, revert_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=25)


def mark(*changes: Change, label: str = "spam words") -> None:
    """As a rule on edits does when it is written."""
    Change.objects.filter(pk__in=[change.pk for change in changes]).update(labels=[label])


def newest() -> Change:
    return Change.objects.order_by("-pk")[0]


def by_case(case: Case) -> dict[str, int]:
    """What the form of a case sends along as it is shown now."""
    (card,) = present_cases([case])
    return dict(card.view.initial)


def settle(action: str, actor, *, kind: str = SUSPICIOUS, **params) -> Decision:
    case = Case.objects.get(kind=kind)
    params = params or by_case(case)
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason="seen",
        actor=actor,
        params=params,
    )


@pytest.fixture
def page(erin, bob) -> Page:
    """Patrolled but for what bob wrote last, which a rule marked."""
    page = make_page(erin, body="Good.\n")
    Change.objects.update(patrolled_at=timezone.now(), patrolled_by=erin)
    page = edit(page, "Spam.\n", bob)
    mark(newest())
    sweep_edit_cases()
    return page


def test_a_marked_edit_is_one_case_of_its_object(page, bob):
    case = Case.objects.get()
    assert (case.kind, case.target_type, case.target_id) == (SUSPICIOUS, "page", page.pk)
    assert (case.title, case.evidence["rule"]) == ("Tasks", "spam words")
    edit(page, "More spam.\n", bob)
    mark(newest(), label="links")
    sweep_edit_cases()
    assert Case.objects.get().times_opened == 1


def test_an_edit_that_nobody_looks_at_comes_into_the_queue_after_a_day(alice, maria):
    make_page(alice)
    make_page(maria, title="Hers needs none")
    sweep_edit_cases()
    assert not Case.objects.exists()
    with time_machine.travel(timezone.now() + LATER):
        sweep_edit_cases()
        sweep_edit_cases()
    case = Case.objects.get()
    assert (case.kind, case.title, case.priority) == (UNPATROLLED, "Tasks", -25)


def test_nothing_waits_for_a_patrol_where_the_operator_wants_none(alice, settings):
    settings.REVIEW_UNPATROLLED_HOURS = 0
    make_page(alice)
    sweep_edit_cases(timezone.now() + LATER)
    assert not Case.objects.exists()


def test_it_closes_by_itself_when_it_is_patrolled(page, maria):
    patrol(change_ids=[newest().pk], actor=maria)
    sweep_edit_cases()
    case = Case.objects.get()
    assert (case.state, case.closing_note) == (
        "resolved",
        "Everything in it is patrolled, or was taken back.",
    )


def test_it_closes_when_someone_else_takes_it_back_and_opens_when_it_returns(page, alice, bob):
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=alice))
    sweep_edit_cases()
    assert Case.objects.get().state == "resolved"
    revert_page(page_id=page.pk, to_version=2, by=Authorship(actor=bob))
    sweep_edit_cases()
    assert Case.objects.get().is_open


def test_its_author_cannot_hide_it_by_a_revert(page, bob):
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=bob))
    sweep_edit_cases()
    assert Case.objects.get().is_open


def test_a_revert_to_a_later_revision_leaves_it_waiting(page, alice, erin):
    edit(page, "Spam and more.\n", alice)
    revert_page(page_id=page.pk, to_version=2, by=Authorship(actor=erin))
    sweep_edit_cases()
    assert Case.objects.get().is_open


def test_it_closes_when_its_page_is_deleted(page, maria):
    delete_page(page_id=page.pk, reason="spam", by=Authorship(actor=maria))
    sweep_edit_cases()
    assert Case.objects.get().state == "resolved"


def test_patrolled_by_a_decision_and_waiting_again_when_that_is_undone(page, maria, mika):
    decision = settle("patrol", maria)
    change = newest()
    assert (change.patrolled_by, decision.is_accepted, decision.rule) == (
        maria,
        False,
        "spam words",
    )
    undo_decision(decision_id=decision.pk, actor=mika)
    change.refresh_from_db()
    assert (change.is_patrolled, Case.objects.get().is_open) == (False, True)
    sweep_edit_cases()
    assert Case.objects.get().is_open


def test_rolled_back_by_a_decision_and_brought_back_when_that_is_undone(page, maria, mika):
    decision = settle("rollback", maria)
    page.refresh_from_db()
    assert page.body == "Good.\n"
    assert newest().summary == "seen"
    sweep_edit_cases()
    assert Case.objects.get().state == "decided"
    undo_decision(decision_id=decision.pk, actor=mika)
    page.refresh_from_db()
    assert page.body == "Spam.\n"
    sweep_edit_cases()
    assert Case.objects.get().is_open


def test_what_came_since_is_neither_patrolled_nor_rolled_back_unseen(page, bob, alice, maria):
    seen = by_case(Case.objects.get())
    edit(page, "Worse spam.\n", bob)
    with pytest.raises(ValidationError, match="since you looked"):
        settle("rollback", maria, **seen)
    settle("patrol", maria, **seen)
    assert [c.version_after for c in Change.objects.unpatrolled()] == [3]


def test_what_one_person_made_alone_cannot_be_rolled_back(client, bob, maria):
    make_page(bob)
    mark(newest())
    sweep_edit_cases()
    client.force_login(maria)
    text = client.get("/review/").content.decode()
    assert 'value="patrol"' in text
    assert 'value="rollback"' not in text
    assert reverse("moderation:mass_revert", args=["bob"]) in text


def test_the_queue_shows_the_difference_and_its_keys(client, page, maria):
    client.force_login(maria)
    text = client.get("/review/").content.decode()
    assert '<span class="health suspect">suspicious edit</span>' in text
    assert "<del>Good</del>" in text
    assert 'value="patrol" data-key="1"' in text
    assert 'value="rollback" data-key="2"' in text
    assert 'href="/wiki/tasks/compare/?from=1&amp;to=2" data-diff' in text
    case = Case.objects.get()
    data = {"version": case.version, "action": "rollback", **by_case(case)}
    client.post(f"/review/{case.pk}/decide/", data)
    page.refresh_from_db()
    assert page.body == "Good.\n"
    text = client.get("/log/").content.decode()
    assert "1 change by bob is taken back, to revision 1." in text


def test_many_are_foreseen_and_decided_at_once(client, bob, erin, maria):
    for number in range(3):
        page = make_page(erin, f"Page {number}")
        edit(page, "Spam.\n", bob)
        mark(newest())
    sweep_edit_cases()
    cases = list(Case.objects.filter(kind=SUSPICIOUS))
    client.force_login(maria)
    data = {"case": [c.pk for c in cases], "action": "rollback", "kind": SUSPICIOUS}
    text = client.get(reverse("moderation:case_bulk"), data).content.decode()
    assert text.count("1 change by bob is taken back, to revision 1.") == 3
    versions = {f"version-{case.pk}": case.version for case in cases}
    client.post(reverse("moderation:case_bulk"), {**data, **versions})
    assert set(Page.objects.values_list("body", flat=True)) == {"One line.\n"}


def test_sweep_and_queue_cost_the_same_however_many_edits_wait(client, erin, bob, maria):
    client.force_login(maria)
    section = make_section(erin)
    patrol(change_ids=[newest().pk], actor=maria)
    costs = []
    for count in (2, 12):
        for number in range(count):
            make_resource(bob, section, f"Entry {count} {number}")
            mark(newest())
            edit(make_page(erin, f"Page {count} {number}"), "New.\n", bob)
            mark(newest())
        with CaptureQueriesContext(connection) as sweep:
            sweep_edit_cases(timezone.now() + LATER)
        swept = len(sweep)
        client.get("/review/")
        with CaptureQueriesContext(connection) as queue:
            client.get("/review/?kind=suspicious_edit")
        costs.append((swept, len(queue)))
    assert costs[0] == costs[1]


def test_a_rollback_from_the_difference_closes_the_case(page, maria):
    roll_back(object_type="page", object_id=page.pk, through=2, actor=maria)
    sweep_edit_cases()
    assert Case.objects.get().state == "resolved"


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_one_rolls_back(page, maria, mika):
    case = Case.objects.get()
    seen = by_case(case)
    failures = run_in_threads(
        [
            lambda actor=actor: decide(
                case_id=case.pk,
                version=case.version,
                action="rollback",
                reason="",
                actor=actor,
                params=seen,
            )
            for actor in (maria, mika)
        ]
    )
    assert [type(failure) for failure in failures] == [StaleCaseError]
    page.refresh_from_db()
    assert (page.version, page.body) == (3, "Good.\n")


@pytest.mark.django_db(transaction=True)
def test_sweeps_that_race_open_one_case(erin, bob):
    page = edit(make_page(erin), "Spam.\n", bob)
    mark(newest())
    assert run_in_threads([sweep_edit_cases] * 4) == []
    assert Case.objects.filter(target_id=page.pk, kind=SUSPICIOUS).count() == 1
