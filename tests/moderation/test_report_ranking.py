"""How urgent reports are, as a table."""

import pytest

from moderation.report_models import Report
from moderation.report_ranking import URGENCY, Record, Weighed, rank

NEW = Record()
TRUE = Record(accepted=8)
FALSE = Record(dismissed=8)
ABUSIVE = Record(abusive=2)


@pytest.mark.parametrize(
    ("record", "weight"),
    [
        (NEW, 1 / 2),
        (Record(accepted=1), 2 / 3),
        (Record(dismissed=1), 1 / 3),
        (Record(abusive=1), 1 / 5),
        (TRUE, 9 / 10),
        (FALSE, 1 / 10),
        (Record(accepted=5, dismissed=5), 1 / 2),
    ],
)
def test_the_share_that_was_accepted_is_smoothed(record, weight):
    assert record.weight == pytest.approx(weight)


@pytest.mark.parametrize(
    ("reports", "priority"),
    [
        ([], 0),
        ([("spam", NEW)], 15),
        ([("other", NEW)], 5),
        ([("personal_data", NEW)], 40),
        ([("spam", NEW), ("spam", NEW)], 21),  # twice the weight: a step
        ([("spam", NEW)] * 4, 27),
        ([("spam", TRUE)], 26),
        ([("spam", FALSE)], 9),
        ([("spam", ABUSIVE)], 9),
        ([("spam", None)], 11),
        ([("spam", None)] * 50, 11),  # nobody knows whether they are fifty people
        ([("outdated", NEW), ("personal_data", NEW)], 46),
        ([("personal_data", TRUE)] * 200, 100),
    ],
)
def test_priority_follows_reason_number_and_record(reports, priority):
    assert rank([Weighed(reason, record) for reason, record in reports]) == priority


def test_every_reason_has_its_urgency():
    assert set(URGENCY) == set(Report.Reason)
