"""How the links of the site were doing day by day, and the chart of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linkcheck.health import totals_by_mark
from linkcheck.models import LinkTotals, Mark

#: So far back the chart goes.
DAYS_SHOWN = 365
WIDTH, HEIGHT = 360, 72  # units of the drawing
_DRAWN: tuple[tuple[str, tuple[Mark, ...]], ...] = (
    ("ok", (Mark.OK,)),
    ("moved", (Mark.MOVED,)),
    ("unsure", (Mark.UNSURE, Mark.SUSPECT)),
    ("dead", (Mark.DEAD,)),
)


@dataclass(frozen=True)
class Day:
    """Shares of one day, in the order of ``_DRAWN``: links that were looked at, by mark."""

    day: date
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Trend:
    """A chart: ``areas`` are (class, points of an SVG polygon) from top to bottom.

    ``sentence`` says the same for those who do not see it.
    """

    areas: list[tuple[str, str]]
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
    days = [
        Day(day, tuple(sum(of.get(mark, 0) for mark in marks) for _name, marks in _DRAWN))
        for day, of in counts.items()
    ]
    return draw_trend([day for day in days if day.total])


def draw_trend(days: Sequence[Day]) -> Trend | None:
    """Stack the shares of ``days``, oldest first, into areas; None for fewer than two days."""
    if len(days) < 2:
        return None
    first, last = days[0].day, days[-1].day
    span = (last - first).days
    xs = [round((day.day - first).days / span * WIDTH, 1) for day in days]
    lower = [float(HEIGHT)] * len(days)
    areas = []
    for index in reversed(range(len(_DRAWN))):  # the dead at the bottom
        upper = [
            round(low - day.counts[index] / day.total * HEIGHT, 1)
            for low, day in zip(lower, days, strict=True)
        ]
        edge = [*zip(xs, upper, strict=True), *reversed(list(zip(xs, lower, strict=True)))]
        areas.append((_DRAWN[index][0], " ".join(f"{x},{y}" for x, y in edge)))
        lower = upper
    return Trend(areas[::-1], _describe(days[0], days[-1]), first, last)


def _describe(first: Day, last: Day) -> str:
    words = _("Dead or doubtful links: %(before).1f %% on %(first)s, %(after).1f %% on %(last)s.")
    return words % {
        "before": _troubled(first),
        "first": date_format(first.day),
        "after": _troubled(last),
        "last": date_format(last.day),
    }


def _troubled(day: Day) -> float:
    """Per cent of what is neither verified nor moved."""
    return sum(day.counts[2:]) / day.total * 100
