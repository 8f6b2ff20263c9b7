"""Cases: one for a target and a kind, decided once."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from moderation.cases import NewCase, StaleCaseError, decide, open_case, open_cases, resolve_cases
from moderation.models import Case, Decision

pytestmark = pytest.mark.django_db


def open_dead(target_id: int = 1, **changes) -> Case:
    values = {"title": "https://gone.example/", "reason": "404", **changes}
    return open_case(kind="dead_link", target_type="link", target_id=target_id, **values)


def resolve(*target_ids: int) -> int:
    return resolve_cases(target_type="link", target_ids=target_ids, note="It answers again.")


def dismiss(case: Case, actor, version: int | None = None) -> Decision:
    return decide(
        case_id=case.pk,
        version=version or case.version,
        action="dismiss",
        reason="not needed",
        actor=actor,
    )


def test_an_open_case_takes_newer_evidence_and_is_not_doubled():
    first = open_dead(evidence={"n": 1})
    second = open_dead(evidence={"n": 2}, priority=5)
    assert second.pk == first.pk
    assert (second.evidence, second.priority, second.times_opened, second.version) == (
        {"n": 2},
        5,
        1,
        1,
    )


def test_a_closed_case_is_opened_again():
    case = open_dead()
    assert resolve(1) == 1
    case.refresh_from_db()
    assert (case.state, case.closing_note, case.version) == ("resolved", "It answers again.", 2)
    again = open_dead()
    assert (again.pk, again.state, again.times_opened, again.version) == (case.pk, "open", 2, 3)
    assert again.closed_at is None


def test_many_cases_open_in_a_constant_number_of_queries(django_assert_max_num_queries):
    def open_many(ids) -> None:
        new = [NewCase(target_id=i, title=f"https://x.example/{i}", reason="404") for i in ids]
        open_cases(kind="dead_link", target_type="link", cases=new)

    open_many([1, 2])
    resolve(1, 2)
    with django_assert_max_num_queries(6) as few:
        open_many([1, 2, 3])
    resolve(*range(40))
    with django_assert_max_num_queries(len(few.captured_queries)):
        open_many(range(40))
    assert Case.objects.open().count() == 40


def test_the_most_urgent_and_oldest_come_first():
    low, first, second = open_dead(1, priority=-1), open_dead(2), open_dead(3)
    assert list(Case.objects.open()) == [first, second, low]


def test_of_two_moderators_one_decides_and_the_other_is_told(maria, mika):
    case = open_dead()
    dismiss(case, maria)
    with pytest.raises(StaleCaseError) as caught:
        dismiss(case, mika)
    assert caught.value.case.state == "decided"
    assert Decision.objects.count() == 1


def test_a_case_that_closed_by_itself_is_not_decided(maria):
    case = open_dead()
    resolve(1)
    with pytest.raises(StaleCaseError):
        dismiss(case, maria)
    assert not Decision.objects.exists()


def test_a_decision_on_what_was_opened_again_meanwhile_is_refused(maria):
    case = open_dead()
    resolve(1)
    open_dead()
    with pytest.raises(StaleCaseError):
        dismiss(case, maria, version=1)
    assert Case.objects.get().is_open


def test_an_unknown_action_and_an_endless_reason_are_refused(maria):
    case = open_dead()
    for action, reason in (("explode", ""), ("dismiss", "x" * 3000)):
        with pytest.raises(ValidationError):
            decide(case_id=case.pk, version=1, action=action, reason=reason, actor=maria)
    assert Case.objects.get().is_open


def test_a_decision_stands_in_the_log_with_what_it_was_about(maria):
    decision = dismiss(open_dead(), maria)
    assert (decision.actor_label, decision.kind, decision.title, decision.reason) == (
        "maria",
        "dead_link",
        "https://gone.example/",
        "not needed",
    )


def run_in_threads(functions) -> list[BaseException]:
    failures: list[BaseException] = []
    start = threading.Barrier(len(functions))

    def run(function) -> None:
        try:
            start.wait(10)
            function()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_the_same_moment_make_one_decision(maria, mika):
    case = open_dead()
    actors = [maria, mika] * 3
    failures = run_in_threads([lambda actor=actor: dismiss(case, actor) for actor in actors])
    assert [type(failure) for failure in failures] == [StaleCaseError] * 5
    assert Decision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_case_opened_by_many_at_the_same_moment_is_one(db):
    assert run_in_threads([open_dead] * 8) == []
    assert Case.objects.count() == 1
