"""How the links of the site were doing day by day, and the chart of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from changes.charts import HEIGHT, WIDTH, stack_areas
from linkcheck.health import totals_by_mark
from linkcheck.models import LinkTotals, Mark

#: So far back the chart goes.
DAYS_SHOWN = 365
#: What is drawn, from the bottom up; what works is the empty space above it.
_DRAWN: tuple[tuple[str, tuple[Mark, ...]], ...] = (
    ("dead", (Mark.DEAD,)),
    ("unsure", (Mark.UNSURE, Mark.SUSPECT)),
)
_LEAST_TOP = 5.0  # per cent: a single dead link of a thousand is no mountain


@dataclass(frozen=True)
class Day:
    """One day: per cent of the links looked at, in the order of ``_DRAWN``."""

    day: date
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Trend:
    """A chart: ``areas`` are (class, points of an SVG polygon), ``top`` per cent fill its height.

    ``sentence`` says the same for those who do not see it.
    """

    areas: list[tuple[str, str]]
    top: int
    sentence: str
    first: date
    last: date
    width: int = WIDTH
    height: int = HEIGHT


def count_links(now: datetime | None = None) -> None:
    """Write down how many used links have which mark; the last count of a day is what stays."""
    day = (now or timezone.now()).date()
    rows = [LinkTotals(day=day, mark=mark, count=n) for mark, n in totals_by_mark().items()]
    LinkTotals.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day", "mark"], update_fields=["count"]
    )


def find_trend(now: datetime | None = None) -> Trend | None:
    """The chart of the last year; None before there are two days of it. One query."""
    since = (now or timezone.now()).date() - timedelta(days=DAYS_SHOWN)
    counts: dict[date, dict[str, int]] = {}
    rows = LinkTotals.objects.filter(day__gte=since).order_by("day")
    for day, mark, count in rows.values_list("day", "mark", "count"):
        counts.setdefault(day, {})[mark] = count
    return draw_trend([_share(day, of) for day, of in counts.items() if _looked_at(of)])


def _looked_at(counts: dict[str, int]) -> int:
    return sum(count for mark, count in counts.items() if mark != Mark.NONE)


def _share(day: date, counts: dict[str, int]) -> Day:
    total = _looked_at(counts)
    numbers = (sum(counts.get(mark, 0) for mark in marks) for _name, marks in _DRAWN)
    return Day(day, tuple(number / total * 100 for number in numbers))


def draw_trend(days: Sequence[Day]) -> Trend | None:
    """Stack the shares of ``days``, oldest first, into areas; None for fewer than two days."""
    if len(days) < 2:
        return None
    top = ceil(max(_LEAST_TOP, *(sum(day.shares) for day in days)))
    areas = stack_areas([(day.day, day.shares) for day in days], top=top)
    names = [name for name, _marks in _DRAWN]
    return Trend(
        areas=list(zip(names, areas, strict=True)),
        top=top,
        sentence=_describe(days[0], days[-1]),
        first=days[0].day,
        last=days[-1].day,
    )


def _describe(first: Day, last: Day) -> str:
    words = _(
        "Dead or doubtful: %(before).1f %% of the links on %(first)s, %(after).1f %% on %(last)s."
    )
    return words % {
        "before": sum(first.shares),
        "first": date_format(first.day),
        "after": sum(last.shares),
        "last": date_format(last.day),
    }
