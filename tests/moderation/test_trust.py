"""What counts of somebody's edits say of the standing they should have."""

import pytest

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, NEWCOMERS, TRUSTED
from moderation.trust import Needs, Record, Rules, Verdict, find_missing, judge

RULES = Rules(
    needs={
        CONTRIBUTORS: Needs(edits=5, days=2, age_days=3),
        TRUSTED: Needs(edits=50, days=15, age_days=30),
    },
    window_days=30,
    declined_edits=5,
    declined_percent=30,
)
KNOWN = Record(accepted=5, days=2, age_days=3, recent=5)
LONG = Record(accepted=50, days=15, age_days=30, recent=20)


def changed(record: Record, **values: int) -> Record:
    return Record(**{**record.__dict__, **values})


@pytest.mark.parametrize(
    ("standing", "record", "verdict"),
    [
        (NEWCOMERS, Record(), Verdict.STAY),
        (NEWCOMERS, KNOWN, Verdict.UP),
        (NEWCOMERS, changed(KNOWN, accepted=4), Verdict.STAY),
        (NEWCOMERS, changed(KNOWN, days=1), Verdict.STAY),
        (NEWCOMERS, changed(KNOWN, age_days=2), Verdict.STAY),
        (NEWCOMERS, changed(KNOWN, accepted=500), Verdict.UP),
        # Who is declined as often as that gains nothing, and a newcomer has nothing to lose.
        (NEWCOMERS, changed(KNOWN, declined=5), Verdict.STAY),
        (CONTRIBUTORS, KNOWN, Verdict.STAY),
        (CONTRIBUTORS, LONG, Verdict.UP),
        (CONTRIBUTORS, changed(LONG, accepted=49), Verdict.STAY),
        (CONTRIBUTORS, changed(LONG, days=14), Verdict.STAY),
        # Four are not enough, whatever their share; five are where they are a third.
        (CONTRIBUTORS, changed(KNOWN, declined=4, recent=0), Verdict.STAY),
        (CONTRIBUTORS, changed(KNOWN, declined=5, recent=10), Verdict.DOWN),
        (CONTRIBUTORS, changed(KNOWN, declined=5, recent=11), Verdict.DOWN),
        (CONTRIBUTORS, changed(KNOWN, declined=5, recent=12), Verdict.STAY),
        (CONTRIBUTORS, changed(LONG, declined=9, recent=20), Verdict.DOWN),
        (TRUSTED, changed(LONG, declined=0), Verdict.STAY),
        (TRUSTED, changed(LONG, declined=9, recent=20), Verdict.DOWN),
        (EDITORS, changed(LONG, declined=99), Verdict.STAY),
        (EDITORS, LONG, Verdict.STAY),
        (MODERATORS, changed(LONG, declined=99), Verdict.STAY),
    ],
)
def test_what_is_judged(standing, record, verdict):
    assert judge(standing, record, RULES) is verdict


def test_what_is_missing_is_never_less_than_nothing():
    missing = find_missing(NEWCOMERS, changed(KNOWN, accepted=3, days=9), RULES)
    assert missing == Needs(edits=2, days=0, age_days=0)
    assert find_missing(TRUSTED, KNOWN, RULES) is None
    assert find_missing(EDITORS, KNOWN, RULES) is None
