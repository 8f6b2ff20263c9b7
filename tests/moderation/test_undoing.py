"""A decision is taken back: once, and with a line in the log."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from moderation.log import log_decision
from moderation.models import Case, Decision
from moderation.undoing import find_undoable, undo_decision
from tests.moderation.test_case_list import open_dead
from tests.moderation.test_cases import dismiss, run_in_threads

pytestmark = pytest.mark.django_db


def test_an_undone_decision_opens_its_case_and_stands_in_the_log(maria, mika):
    case = open_dead()
    opened_at = case.opened_at
    first = dismiss(case, maria)
    undo = undo_decision(decision_id=first.pk, actor=mika, reason="too early")
    assert (undo.undoes, undo.action, undo.actor, undo.reason) == (first, "undo", mika, "too early")
    case = Case.objects.get()
    assert (case.state, case.version, case.opened_at) == ("open", 3, opened_at)
    assert case.times_opened == 1
    dismiss(case, maria)
    assert Decision.objects.count() == 3


def test_a_decision_is_undone_once_and_an_undo_never(maria):
    first = dismiss(open_dead(), maria)
    undo = undo_decision(decision_id=first.pk, actor=maria)
    for decision in (first, undo):
        with pytest.raises(ValidationError):
            undo_decision(decision_id=decision.pk, actor=maria)
    assert Decision.objects.count() == 2


def test_only_the_latest_decision_about_a_case_is_undone(maria):
    first = dismiss(open_dead(), maria)
    second = dismiss(open_dead(), maria)
    with pytest.raises(ValidationError, match="decided again since"):
        undo_decision(decision_id=first.pk, actor=maria)
    assert find_undoable([first, second]) == {second.pk}
    undo_decision(decision_id=second.pk, actor=maria)
    assert find_undoable([first, second]) == {first.pk}
    undo_decision(decision_id=first.pk, actor=maria)
    assert find_undoable([first, second]) == set()
    assert Case.objects.get().is_open


def test_only_moderators_undo(maria, alice):
    first = dismiss(open_dead(), maria)
    with pytest.raises(PermissionDenied):
        undo_decision(decision_id=first.pk, actor=alice)


def test_what_no_app_can_take_back_is_refused(maria):
    first = log_decision(
        kind="old_kind", target_type="link", target_id=1, title="x", action="dismiss", actor=maria
    )
    with pytest.raises(ValidationError, match="cannot be taken back"):
        undo_decision(decision_id=first.pk, actor=maria)
    assert find_undoable([first]) == set()


@pytest.mark.django_db(transaction=True)
def test_undone_by_two_at_the_same_moment_it_is_undone_once(maria, mika):
    first = dismiss(open_dead(), maria)
    failures = run_in_threads(
        [
            lambda actor=actor: undo_decision(decision_id=first.pk, actor=actor)
            for actor in (maria, mika)
        ]
    )
    assert [type(failure) for failure in failures] == [ValidationError]
    assert Decision.objects.filter(undoes=first).count() == 1
