"""The database keeps the public log as it was written."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from moderation.cases import log_decision
from moderation.log_guard import guard_again
from moderation.models import Decision

pytestmark = pytest.mark.django_db

CHANGES = {
    "id": F("id") + 1000,
    "reason": "another",
    "details": {"a": 1},
    "is_accepted": True,
    "title": "",
    "actor_label": "somebody else",
}


@pytest.fixture
def decision(maria) -> Decision:
    return log_decision(
        kind="block", target_type="", target_id=None, title="x", action="block", actor=maria
    )


def change(decision: Decision, **values: object) -> None:
    with transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(**values)


@pytest.mark.parametrize("field", CHANGES)
def test_no_decision_is_changed(decision, field):
    with pytest.raises(IntegrityError, match="append-only"):
        change(decision, **{field: CHANGES[field]})


def test_no_decision_is_given_to_another(decision, mika):
    with pytest.raises(IntegrityError, match="append-only"):
        change(decision, actor=mika)


def test_no_decision_is_deleted(decision):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).delete()
    assert Decision.objects.filter(pk=decision.pk).exists()


def test_statements_by_hand_are_refused_too(decision):
    for statement in ("DELETE FROM moderation_decision", "UPDATE moderation_decision SET title=''"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_erased_author_gives_way_to_a_pseudonym_once(decision):
    change(decision, actor=None, actor_label="Former user 7")
    decision.refresh_from_db()
    assert (decision.actor, decision.actor_label) == (None, "Former user 7")
    with pytest.raises(IntegrityError, match="append-only"):
        change(decision, actor_label="maria")


def test_erasing_an_author_changes_nothing_else(decision):
    with pytest.raises(IntegrityError, match="append-only"):
        change(decision, actor=None, reason="another")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps triggers")
def test_a_table_made_anew_by_a_migration_is_guarded_again(decision):
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER moderation_log_deleted")
    guard_again(using="default")
    with pytest.raises(IntegrityError), transaction.atomic():
        decision.delete()


# Two that commit, one after the other: the flush between them meets a decision.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_tests_that_commit_begin_with_an_empty_guarded_log(decision, turn):
    assert Decision.objects.count() == 1
    with pytest.raises(IntegrityError):
        Decision.objects.filter(pk=decision.pk).delete()
