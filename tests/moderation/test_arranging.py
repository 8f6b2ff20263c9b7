"""Cases are put off, given to someone and moved up; notes between moderators."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from changes.models import Notification
from moderation.arranging import assign_case, set_priority, snooze_case, wake_case
from moderation.cases import StaleCaseError
from moderation.models import Case, Note
from moderation.notes import add_note, find_mentioned, find_moderators
from tests.moderation.test_cases import open_dead, resolve

pytestmark = pytest.mark.django_db


def in_days(days: float):
    return timezone.now() + timedelta(days=days)


def test_a_snoozed_case_is_out_of_sight_and_comes_back_by_itself(maria):
    case = open_dead()
    snooze_case(case_id=case.pk, until=in_days(7), actor=maria, text="wait for the owner")
    assert not Case.objects.waiting().exists()
    assert Case.objects.snoozed().get() == case
    assert Case.objects.get().is_open
    with time_machine.travel(in_days(7.01)):
        assert Case.objects.waiting().get() == case
        assert not Case.objects.snoozed().exists()
    note = Note.objects.get()
    assert (note.kind, note.text, note.author_label) == ("snoozed", "wait for the owner", "maria")


def test_a_snoozed_case_can_be_brought_back_at_once(maria, mika):
    case = open_dead()
    snooze_case(case_id=case.pk, until=in_days(1), actor=maria)
    wake_case(case_id=case.pk, actor=mika)
    assert Case.objects.waiting().exists()
    wake_case(case_id=case.pk, actor=mika)
    assert [note.kind for note in Note.objects.all()] == ["snoozed", "woken"]


def test_a_case_that_closed_meanwhile_and_opens_again_is_not_snoozed(maria):
    case = open_dead()
    snooze_case(case_id=case.pk, until=in_days(30), actor=maria)
    open_dead(evidence={"n": 2})
    assert not Case.objects.waiting().exists()
    resolve(1)
    open_dead()
    assert Case.objects.waiting().exists()


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_snooze_ends_within_a_year(maria, days):
    case = open_dead()
    with pytest.raises(ValidationError, match=r"passed|year"):
        snooze_case(case_id=case.pk, until=in_days(days), actor=maria)
    assert not Case.objects.get().is_snoozed


def test_a_case_is_given_to_a_moderator_and_to_nobody_else(maria, mika, alice):
    case = open_dead()
    assign_case(case_id=case.pk, assignee=mika, actor=maria, text="you know the host")
    assign_case(case_id=case.pk, assignee=mika, actor=maria)
    assert Case.objects.get().assigned_to == mika
    assert Note.objects.get().details == {"to": "mika"}
    with pytest.raises(ValidationError, match="may not decide"):
        assign_case(case_id=case.pk, assignee=alice, actor=maria)
    assign_case(case_id=case.pk, assignee=None, actor=mika)
    assert Case.objects.get().assigned_to is None


def test_a_priority_needs_a_reason_and_outlasts_newer_evidence(maria):
    case = open_dead(priority=10)
    for priority, text in ((50, " "), (101, "so"), (-101, "so")):
        with pytest.raises(ValidationError):
            set_priority(case_id=case.pk, priority=priority, text=text, actor=maria)
    set_priority(case_id=case.pk, priority=50, text="on the front page", actor=maria)
    open_dead(priority=10)
    assert Case.objects.get().priority == 50
    assert Note.objects.get().details == {"from": 10, "to": 50}
    resolve(1)
    open_dead(priority=10)
    assert Case.objects.get().priority == 10


def test_nobody_but_moderators_arranges_and_nothing_closed_is_arranged(alice, maria):
    case = open_dead()
    calls = [
        lambda actor: snooze_case(case_id=case.pk, until=in_days(1), actor=actor),
        lambda actor: wake_case(case_id=case.pk, actor=actor),
        lambda actor: assign_case(case_id=case.pk, assignee=maria, actor=actor),
        lambda actor: set_priority(case_id=case.pk, priority=1, text="x", actor=actor),
    ]
    for call in calls:
        with pytest.raises(PermissionDenied):
            call(alice)
    with pytest.raises(PermissionDenied):
        add_note(case_id=case.pk, text="x", actor=alice)
    resolve(1)
    for call in calls:
        with pytest.raises(StaleCaseError):
            call(maria)
    assert not Note.objects.exists()


def test_notes_are_kept_with_who_and_when_also_on_closed_cases(maria, mika):
    case = open_dead()
    add_note(case_id=case.pk, text=" asked the owner ", actor=maria)
    resolve(1)
    add_note(case_id=case.pk, text="answered", actor=mika)
    notes = [(note.author_label, note.text) for note in case.notes.all()]
    assert notes == [("maria", "asked the owner"), ("mika", "answered")]
    for text in ("", "\0 ", "x" * 2001):
        with pytest.raises(ValidationError):
            add_note(case_id=case.pk, text=text, actor=maria)


def test_moderators_who_are_mentioned_are_told_and_nobody_else(maria, mika, alice):
    case = open_dead()
    add_note(case_id=case.pk, text="@Mika, @mika. and @alice, see x@mika", actor=maria)
    add_note(case_id=case.pk, text="@maria is me", actor=maria)
    told = Notification.objects.get()
    assert (told.recipient, told.actor, told.url) == (mika, maria, case.get_absolute_url())
    assert find_mentioned("no one@mika here", case) == []


def test_moderators_are_found_by_their_right(maria, mika, alice, root):
    assert list(find_moderators()) == [maria, mika, root]
