"""What happened week by week: a page and a feed for those who look in once a week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q
from django.utils import timezone

from changes.models import Change, ChangeQuerySet, ObjectType
from changes.objects import ObjectRef, find_refs
from insights.models import Week
from insights.people_figures import edits_by_people, monday_of
from moderation.models import Decision

NEW_SHOWN: Final = 20
MOST_EDITED: Final = 10
WEEKS_BACK: Final = 8  # so many are written after the fact, on a site that stood still

Named = tuple[str, int, str, int]  # object type, id, title as it was, and a number


@dataclass(frozen=True, kw_only=True)
class WeekFigures:
    """One week. Objects keep the title that they had; whether readers see them is asked again."""

    edits: int = 0
    contributors: int = 0
    decisions: int = 0
    new_resources: int = 0
    new_pages: int = 0
    retired: int = 0
    links_died: int = 0
    links_recovered: int = 0
    links_replaced: int = 0
    created: list[Named] = field(default_factory=list)
    most_edited: list[Named] = field(default_factory=list)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> WeekFigures:
        known = {k: v for k, v in values.items() if k in cls.__dataclass_fields__}
        lists = {name: [tuple(row) for row in known.get(name, [])] for name in _LISTS}
        return cls(**{**known, **lists})


_LISTS: Final = ("created", "most_edited")


def write_missing_weeks(now: datetime | None = None) -> int:
    """Write the weeks that are over and were not written yet; how many.

    One query while there is none. Safe to run twice at once: a week is written once.
    """
    this_monday = monday_of((now or timezone.now()).astimezone(UTC).date())
    mondays = [this_monday - timedelta(weeks=back) for back in range(1, WEEKS_BACK + 1)]
    written = set(Week.objects.filter(monday__in=mondays).values_list("monday", flat=True))
    if this_monday - timedelta(weeks=1) in written:
        return 0
    first = Change.objects.order_by("pk").values_list("at", flat=True).first()
    missing = [
        monday
        for monday in mondays
        if monday not in written and first and monday_of(first.date()) <= monday
    ]
    Week.objects.bulk_create(
        [
            Week(
                monday=monday,
                computed_at=now or timezone.now(),
                figures=asdict(compute_week(monday)),
            )
            for monday in sorted(missing)
        ],
        ignore_conflicts=True,
    )
    return len(missing)


def compute_week(monday: date) -> WeekFigures:
    """Count what happened from ``monday`` on for seven days (UTC)."""
    start = datetime.combine(monday, datetime.min.time(), tzinfo=UTC)
    span = Q(at__gte=start, at__lt=start + timedelta(weeks=1))
    edits = edits_by_people().filter(span).order_by()
    of_people = edits.aggregate(edits=Count("pk"), contributors=Count("actor", distinct=True))
    return WeekFigures(
        **of_people,
        decisions=Decision.objects.filter(span).count(),
        **_count_kinds(Change.objects.filter(span).order_by()),
        created=_find_created(Change.objects.filter(span)),
        most_edited=_find_most_edited(edits),
    )


def _count_kinds(changes: ChangeQuerySet) -> dict[str, int]:
    kind = Change.Kind
    created = Q(kind=kind.CREATED)
    counted = {
        "new_resources": created & Q(object_type=ObjectType.RESOURCE),
        "new_pages": created & Q(object_type=ObjectType.PAGE) & ~Q(details__has_key="redirect_to"),
        "retired": Q(kind=kind.RETIRED),
        "links_died": Q(kind=kind.LINK_DIED),
        "links_recovered": Q(kind=kind.LINK_RECOVERED),
        "links_replaced": Q(kind=kind.LINK_REPLACED),
    }
    return changes.aggregate(**{name: Count("pk", filter=q) for name, q in counted.items()})


def _find_created(changes: ChangeQuerySet) -> list[Named]:
    new = changes.filter(
        kind=Change.Kind.CREATED, object_type__in=(ObjectType.PAGE, ObjectType.RESOURCE)
    ).exclude(details__has_key="redirect_to")
    rows = new.order_by("pk").values_list("object_type", "object_id", "object_title")
    return [(*row, 0) for row in rows[:NEW_SHOWN]]


def _find_most_edited(edits: ChangeQuerySet) -> list[Named]:
    rows = (
        edits.values_list("object_type", "object_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .order_by("-n", "object_type", "object_id")[:MOST_EDITED]
    )
    return [(object_type, object_id, "", n) for object_type, object_id, n in rows]


Shown = Sequence[tuple[ObjectRef, int]]


@dataclass(frozen=True, kw_only=True)
class DescribedWeek:
    """A week with its objects as they are called and reached today.

    What readers cannot see is left out.
    """

    week: Week
    figures: WeekFigures
    created: Shown
    most_edited: Shown

    def as_context(self) -> dict[str, Any]:
        """What templates show of it."""
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**shown, "last_day": self.week.monday + timedelta(days=6)}


def describe_weeks(weeks: Iterable[Week]) -> list[DescribedWeek]:
    """What pages and feeds say of weeks; one query for each type of object, however many weeks."""
    read = [(week, WeekFigures.from_json(week.figures)) for week in weeks]
    named = [row for _week, figures in read for row in (*figures.created, *figures.most_edited)]
    refs = find_refs((object_type, object_id) for object_type, object_id, _title, _n in named)

    def show(rows: Iterable[Named]) -> Shown:
        found = [(refs.get((object_type, pk)), n) for object_type, pk, _title, n in rows]
        return [(ref, n) for ref, n in found if ref is not None and ref.is_public]

    return [
        DescribedWeek(
            week=week,
            figures=figures,
            created=show(figures.created),
            most_edited=show(figures.most_edited),
        )
        for week, figures in read
    ]
