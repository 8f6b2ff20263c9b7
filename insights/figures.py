"""The figures of the whole site: computed in bulk by a task, kept as JSON, read by the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from catalog.models import Section
from insights.gaps import count_gaps, find_missing_topics
from insights.link_figures import (
    Share,
    count_all,
    count_by_age,
    count_by_kind,
    count_by_section,
    count_worst_hosts,
    empty_share,
    find_repair_hours,
)
from insights.models import Snapshot
from insights.people_figures import count_by_week, count_contributors

MAX_AGE: Final = timedelta(hours=1)  # of the figures that readers see
SECTIONS_SHOWN: Final = 100


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All figures at one time; shares of sections are named by the section's id."""

    all: Share
    by_section: list[Share] = field(default_factory=list)
    by_kind: list[Share] = field(default_factory=list)
    by_age: list[Share] = field(default_factory=list)
    worst_hosts: list[Share] = field(default_factory=list)
    repair_hours: float | None = None
    repairs: int = 0
    gaps: dict[str, int] = field(default_factory=dict)
    missing_topics: list[str] = field(default_factory=list)
    active_contributors: int = 0
    new_contributors: int = 0
    weeks: list[tuple[str, int, int]] = field(default_factory=list)  # Monday, edits, decisions

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Figures:
        """What :meth:`to_json` gave, also of an older version: what it lacks is empty."""
        lists = ("by_section", "by_kind", "by_age", "worst_hosts")
        shares = {name: [Share(**row) for row in values.get(name, [])] for name in lists}
        rest = {k: v for k, v in values.items() if k in cls.__dataclass_fields__}
        weeks = [tuple(week) for week in values.get("weeks", [])]
        return cls(**{**rest, **shares, "weeks": weeks, "all": Share(**values["all"])})

    def of_section(self, section_id: int) -> Share:
        """The share of one section; an empty one where it had no links then."""
        name = str(section_id)
        return next((s for s in self.by_section if s.name == name), empty_share(name))


def compute_figures(now: datetime) -> Figures:
    """Count everything, in a number of queries that does not grow with the site."""
    hours, repairs = find_repair_hours(now)
    active, new = count_contributors(now)
    return Figures(
        all=count_all(now),
        by_section=count_by_section(now),
        by_kind=count_by_kind(now),
        by_age=count_by_age(now),
        worst_hosts=count_worst_hosts(now),
        repair_hours=hours,
        repairs=repairs,
        gaps=count_gaps(now),
        missing_topics=find_missing_topics(),
        active_contributors=active,
        new_contributors=new,
        weeks=[(day.isoformat(), edits, n) for day, edits, n in count_by_week(now)],
    )


def refresh(now: datetime | None = None) -> bool:
    """Compute the figures anew where those that stand are older than MAX_AGE; whether it did.

    Two workers that do so at once write the same row.
    """
    now = now or timezone.now()
    newest = Snapshot.objects.first()
    if newest is not None and newest.computed_at > now - MAX_AGE:
        return False
    store(compute_figures(now), now)
    return True


@transaction.atomic
def store(figures: Figures, now: datetime) -> None:
    """Keep ``figures`` as those of the day."""
    Snapshot.objects.update_or_create(
        day=now.astimezone(UTC).date(),
        defaults={
            "computed_at": now,
            "figures": figures.to_json(),
            "verified_percent": figures.all.verified_percent,
        },
    )


def find_latest() -> tuple[Figures, datetime] | None:
    """The newest figures and when they were computed; one query, None before the first time."""
    snapshot = Snapshot.objects.first()
    return (Figures.from_json(snapshot.figures), snapshot.computed_at) if snapshot else None


def find_year(now: datetime) -> list[tuple[date, float]]:
    """(day, per cent verified) of the last year, the oldest first; one query."""
    since = now.date() - timedelta(days=365)
    rows = Snapshot.objects.filter(day__gte=since).order_by("day")
    percents = rows.values_list("day", "verified_percent")
    return [(day, percent) for day, percent in percents if percent is not None]


def section_titles(ids: list[int]) -> dict[int, Section]:
    """The sections of those ids that still stand; one query."""
    return Section.objects.existing().only("title", "slug").in_bulk(ids)
