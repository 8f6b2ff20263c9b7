"""The history checker itself: silent on a history that keeps every promise, and on no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.history_checker import Revision, Stored, find_violations
from tests.faults.journal import Journal, Outcome, Read, Write

START = datetime(2026, 5, 3, 12, tzinfo=UTC)
ONE, TWO, THREE, FOUR = (f"tk{n:012x}" for n in range(1, 5))
ANN, BEN = 1, 2


def attempt(number: int, user_id: int, token: str, **more: Any) -> Write:
    values: dict[str, Any] = {
        "client": user_id,
        "user_id": user_id,
        "name": "edit",
        "token": token,
        "adds_text": True,
        "began": 10.0 * number,
        "ended": 10.0 * number + 5,
        "began_at": START + timedelta(seconds=10 * number),
        "outcome": Outcome.OK,
    }
    return Write(**(values | more))


def revision(version: int, text: str, user_id: int, summary: str, **more: Any) -> Revision:
    values: dict[str, Any] = {
        "object_type": "page",
        "object_id": 7,
        "version": version,
        "text": text,
        "summary": summary,
        "author_id": user_id,
        "at": START + timedelta(seconds=10 * (version - 1) + 2),
        "kind": "edited",
        "version_before": version - 1 or None,
        "base_version": version - 1 or None,
    }
    return Revision(**(values | more))


def make_journal() -> Journal:
    """Two edits, a conflict, and an edit that was never answered; then one looks at the page."""
    journal = Journal()
    journal.writes = [
        attempt(1, ANN, ONE),
        attempt(2, BEN, TWO),
        attempt(3, ANN, THREE, outcome=Outcome.CONFLICT),
        attempt(4, BEN, FOUR, outcome=Outcome.UNKNOWN),
    ]
    journal.reads = [Read(client=ANN, token=ONE, text=f"{ONE} {TWO}")]
    return journal


HISTORY = (
    revision(1, "", ANN, "made", kind="created"),
    revision(2, ONE, ANN, ONE),
    revision(3, f"{ONE} {TWO}", BEN, TWO),
)


def judge(journal: Journal, *revisions: Revision, current: str | None = None) -> set[str]:
    text = revisions[-1].text if current is None else current
    stored = Stored(revisions=revisions, current={("page", 7): text})
    return {violation.partition(":")[0] for violation in find_violations(journal, stored)}


def changed(version: int, **values: Any) -> tuple[Revision, ...]:
    """The history with one revision different."""
    return tuple(replace(row, **values) if row.version == version else row for row in HISTORY)


def test_a_history_that_keeps_every_promise_is_without_violation() -> None:
    assert judge(make_journal(), *HISTORY) == set()


def test_what_was_never_answered_may_stand_once() -> None:
    late = revision(4, f"{ONE} {TWO} {FOUR}", BEN, FOUR, at=START + timedelta(seconds=300))
    assert judge(make_journal(), *HISTORY, late) == set()


def test_a_revert_may_take_away_and_bring_back() -> None:
    back = revision(4, ONE, ANN, "back", kind="reverted", reverted_to=2)
    again = revision(5, f"{ONE} {TWO}", BEN, "again", kind="reverted", reverted_to=3)
    assert judge(make_journal(), *HISTORY, back, again) == set()


AGAIN = revision(4, f"{ONE} {TWO} {FOUR}", BEN, FOUR, at=START + timedelta(seconds=45))
BROKEN: dict[str, tuple[str, tuple[Revision, ...]]] = {
    "a confirmed edit is missing": ("1", HISTORY[:2]),
    "a confirmed edit has no text": ("1", changed(3, text=ONE)),
    "a confirmed edit stands twice": ("1", (*HISTORY, replace(HISTORY[2], version=4))),
    "a number is missing": ("2", (HISTORY[0], HISTORY[2])),
    "a number stands twice": ("2", (*HISTORY, replace(AGAIN, version=3))),
    "numbers are out of order": ("2", (HISTORY[0], HISTORY[2], HISTORY[1])),
    "a revision skips the one before": ("2", changed(3, version_before=1)),
    "a conflict was written": (
        "3",
        (*HISTORY, revision(4, f"{ONE} {TWO} {THREE}", ANN, THREE)),
    ),
    "an unanswered edit stands twice": (
        "4",
        (*HISTORY, AGAIN, revision(5, f"{ONE} {TWO} {FOUR} {FOUR}", BEN, FOUR)),
    ),
    "an unanswered edit is there in part": ("4", (*HISTORY, replace(AGAIN, summary="lost"))),
    "another's name": ("6", changed(3, author_id=ANN)),
    "a time before the attempt": ("6", changed(3, at=START)),
    "a time after the answer": ("6", changed(3, at=START + timedelta(seconds=60))),
    "an edit drops another": ("10", changed(3, text=TWO)),
    "a revert to another text": (
        "10",
        (*HISTORY, revision(4, "", ANN, "back", kind="reverted", reverted_to=2)),
    ),
    "a rename changes the text": (
        "10",
        (*HISTORY, revision(4, f"{ONE} {TWO} more", ANN, "name", kind="renamed")),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_history_is_noticed(name: str) -> None:
    rule, revisions = BROKEN[name]
    assert rule in judge(make_journal(), *revisions)


def test_a_row_that_is_not_its_last_revision_is_noticed() -> None:
    assert judge(make_journal(), *HISTORY, current=ONE) == {"5"}


def test_reading_something_older_than_the_own_write_is_noticed() -> None:
    journal = make_journal()
    journal.reads = [Read(client=BEN, token=TWO, text=ONE)]
    assert judge(journal, *HISTORY) == {"5"}


def test_an_order_against_that_of_the_answers_is_noticed() -> None:
    journal = make_journal()
    swapped = (
        HISTORY[0],
        revision(2, TWO, BEN, TWO, at=START + timedelta(seconds=22)),
        revision(3, f"{ONE} {TWO}", ANN, ONE, at=START + timedelta(seconds=12)),
    )
    assert judge(journal, *swapped) == {"7"}


@pytest.mark.parametrize(
    ("outcomes", "rules"),
    [
        ([Outcome.OK], set()),
        ([Outcome.UNKNOWN], set()),
        ([Outcome.OK, Outcome.UNKNOWN], set()),
        ([Outcome.OK, Outcome.OK], {"1"}),
        ([Outcome.UNCHANGED], {"1"}),
    ],
)
def test_restorings_are_counted(outcomes: list[Outcome], rules: set[str]) -> None:
    journal = make_journal()
    journal.writes += [
        attempt(5, ANN, "", name="restore", adds_text=False, outcome=outcome)
        for outcome in outcomes
    ]
    text = f"{ONE} {TWO}"
    deleted = revision(4, text, BEN, "gone", kind="deleted")
    restored = revision(5, text, ANN, "restored", kind="restored", base_version=4)
    assert judge(journal, *HISTORY, deleted, restored) == rules
