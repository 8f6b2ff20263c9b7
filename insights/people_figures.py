"""Who takes part, and how much is done week by week."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncWeek

from changes.models import Change, ChangeQuerySet, ObjectType
from moderation.models import Decision

ACTIVE_WITHIN: Final = timedelta(days=30)
WEEKS_SHOWN: Final = 52


def edits_by_people() -> ChangeQuerySet:
    """Changes that somebody made to a page, a resource or a section; not those of the bot."""
    return Change.objects.exclude(object_type=ObjectType.LINK).filter(actor__is_bot=False)


def count_contributors(now: datetime) -> tuple[int, int]:
    """How many people edited within ACTIVE_WITHIN, and how many of them for the first time."""
    since = now - ACTIVE_WITHIN
    edits = edits_by_people().order_by()
    active = edits.filter(at__gte=since).values("actor").distinct()
    first = edits.values("actor").annotate(first=Min("at")).filter(first__gte=since)
    return active.count(), first.count()


def count_by_week(now: datetime) -> list[tuple[date, int, int]]:
    """(Monday, edits, decisions) of the last WEEKS_SHOWN weeks, the oldest first; two queries.

    A week in which nothing happened is in it, with zeros; today's week is the last.
    """
    monday = monday_of(now.date())
    first = monday - timedelta(weeks=WEEKS_SHOWN - 1)
    since = datetime.combine(first, datetime.min.time(), tzinfo=now.tzinfo)
    edits = _by_week(edits_by_people().filter(at__gte=since))
    decisions = _by_week(Decision.objects.filter(at__gte=since))
    mondays = (first + timedelta(weeks=week) for week in range(WEEKS_SHOWN))
    return [(day, edits.get(day, 0), decisions.get(day, 0)) for day in mondays]


def monday_of(day: date) -> date:
    """The Monday of its week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def _by_week(rows: QuerySet[Any]) -> dict[date, int]:
    counted = (
        rows.order_by().annotate(week=TruncWeek("at")).values_list("week").annotate(n=Count("pk"))
    )
    return {week.date(): number for week, number in counted}
