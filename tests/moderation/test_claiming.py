"""Who is looking at a case."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from moderation.cases import ClaimedError, StaleCaseError, decide, resolve_cases
from moderation.claiming import claim_case, release_case
from moderation.models import Case
from tests.moderation.test_cases import dismiss, open_dead, resolve, run_in_threads

pytestmark = pytest.mark.django_db


def test_a_claim_is_visible_and_ends_by_itself(maria, mika, settings):
    case = claim_case(case_id=open_dead().pk, actor=maria)
    assert case.is_claimed_by_other(mika.pk)
    assert not case.is_claimed_by_other(maria.pk)
    later = timezone.now() + timedelta(minutes=settings.REVIEW_CLAIM_MINUTES, seconds=1)
    with time_machine.travel(later, tick=False):
        assert not Case.objects.get().is_claimed
        assert claim_case(case_id=case.pk, actor=mika).claimed_by == mika


def test_another_is_told_and_can_take_over_knowingly(maria, mika):
    case = open_dead()
    claim_case(case_id=case.pk, actor=maria)
    with pytest.raises(ClaimedError) as caught:
        claim_case(case_id=case.pk, actor=mika)
    assert caught.value.case.claimed_by == maria
    claim_case(case_id=case.pk, actor=mika, takes_over=True)
    assert Case.objects.get().claimed_by == mika


def test_claiming_again_prolongs_and_releasing_ends(maria, mika):
    case = open_dead()
    first = claim_case(case_id=case.pk, actor=maria)
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        assert claim_case(case_id=case.pk, actor=maria).claimed_until > first.claimed_until
    assert not release_case(case_id=case.pk, actor=mika)
    assert release_case(case_id=case.pk, actor=maria)
    assert not Case.objects.get().is_claimed


def test_a_claim_leaves_the_version_alone_and_ends_with_the_case(maria):
    case = open_dead()
    claim_case(case_id=case.pk, actor=maria)
    dismiss(case, maria)
    assert Case.objects.get().claimed_by is None


def test_only_open_cases_are_claimed_and_only_by_moderators(maria, alice):
    case = open_dead()
    with pytest.raises(PermissionDenied):
        claim_case(case_id=case.pk, actor=alice)
    with pytest.raises(PermissionDenied):
        release_case(case_id=case.pk, actor=alice)
    resolve(1)
    with pytest.raises(StaleCaseError):
        claim_case(case_id=case.pk, actor=maria)


def test_deciding_past_a_claim_has_to_be_meant(maria, mika):
    case = open_dead()
    claim_case(case_id=case.pk, actor=maria)
    values = {"case_id": case.pk, "version": 1, "action": "dismiss", "reason": "", "actor": mika}
    with pytest.raises(ClaimedError):
        decide(**values, takes_over=False)
    assert Case.objects.get().is_open
    decide(**values, takes_over=True)
    assert not Case.objects.get().is_open


def test_a_case_that_closed_and_came_back_is_held_by_nobody(maria):
    case = open_dead()
    claim_case(case_id=case.pk, actor=maria)
    resolve_cases(target_type="link", target_ids=[1], note="It answers again.")
    assert not open_dead().is_claimed


@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_at_the_same_moment_one_does(maria, mika, root):
    case = open_dead()
    actors = [maria, mika, root]
    failures = run_in_threads(
        [lambda actor=actor: claim_case(case_id=case.pk, actor=actor) for actor in actors]
    )
    assert [type(failure) for failure in failures] == [ClaimedError] * 2
    assert Case.objects.get().is_claimed
