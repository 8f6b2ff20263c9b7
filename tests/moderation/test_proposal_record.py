"""What became of one person's proposals."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from changes.models import ObjectType
from moderation.models import Proposal
from moderation.proposal_record import find_proposal_record

AT = datetime(2026, 11, 1, tzinfo=UTC)


def propose(author: User, state: str, day: int) -> Proposal:
    return Proposal.objects.create(
        author=author,
        author_label=author.label,
        object_type=ObjectType.PAGE,
        title="Tasks",
        intent=Proposal.Intent.CREATE,
        state=state,
        decided_at=None if state in Proposal.OPEN_STATES else AT + timedelta(days=day),
    )


def test_the_record_has_the_days_of_decisions_and_nothing_else(
    alice: User, bob: User, django_assert_num_queries
) -> None:
    propose(alice, Proposal.State.APPROVED, 1)
    propose(alice, Proposal.State.APPROVED, 3)
    propose(alice, Proposal.State.DECLINED, 2)
    propose(alice, Proposal.State.WITHDRAWN, 4)
    propose(alice, Proposal.State.WAITING, 5)
    propose(bob, Proposal.State.APPROVED, 6)
    with django_assert_num_queries(2):
        record = find_proposal_record(alice)
    assert record.approved_at == [AT + timedelta(days=3), AT + timedelta(days=1)]
    assert record.declined_at == [AT + timedelta(days=2)]
    assert find_proposal_record(alice, since=AT + timedelta(days=2)).declined_at == []


@pytest.mark.parametrize("state", Proposal.State.values)
def test_what_is_closed_has_a_time_and_what_is_open_has_none(alice: User, state: str) -> None:
    proposal = propose(alice, state, 1)
    proposal.decided_at = None if proposal.decided_at else AT
    with pytest.raises(IntegrityError), transaction.atomic():
        proposal.save()
