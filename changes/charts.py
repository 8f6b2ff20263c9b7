"""Small charts drawn on the server, as numbers for an SVG; the same numbers stand in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

WIDTH: Final = 520  # units of the drawing
HEIGHT: Final = 96
GAP: Final = 0.2  # of a bar's place
FEWEST_PLACES: Final = 14  # there is room for so many: a bar alone would be a wall


@dataclass(frozen=True)
class Bar:
    """One bar; ``title`` says its number for a pointer that rests on it."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class BarChart:
    """Bars from the left to the right; ``top`` is the number that fills the height."""

    bars: list[Bar]
    top: int
    rows: list[tuple[str, int]]
    width: int = WIDTH
    height: int = HEIGHT


def draw_bars(rows: Sequence[tuple[str, int]]) -> BarChart | None:
    """Bars of ``rows`` (label and number); None where there is nothing but zeros."""
    top = max((number for _label, number in rows), default=0)
    if not top:
        return None
    place = WIDTH / max(len(rows), FEWEST_PLACES)
    bars = [
        Bar(
            x=round(at * place + place * GAP / 2, 1),
            y=round(HEIGHT - number / top * HEIGHT, 1),
            width=round(place * (1 - GAP), 1),
            height=round(number / top * HEIGHT, 1),
            title=f"{label}: {number}",
        )
        for at, (label, number) in enumerate(rows)
    ]
    return BarChart(bars, top, list(rows))


@dataclass(frozen=True)
class LineChart:
    """A line over days; ``points`` are those of an SVG polyline, from 0 to 100 per cent."""

    points: str
    first: date
    last: date
    first_value: float
    last_value: float
    width: int = WIDTH
    height: int = HEIGHT


def draw_line(days: Sequence[tuple[date, float]]) -> LineChart | None:
    """Per cent by day, the oldest first; None for fewer than two days."""
    if len(days) < 2:
        return None
    (first, first_value), (last, last_value) = days[0], days[-1]
    heights = [value / 100 * HEIGHT for _day, value in days]
    points = zip(_spread([day for day, _value in days]), _above(heights), strict=True)
    return LineChart(_join(points), first, last, first_value, last_value)


def stack_areas(days: Sequence[tuple[date, Sequence[float]]], *, top: float) -> list[str]:
    """Points of an SVG polygon for each number of a day, on top of each other from the bottom up.

    Of two days or more, the oldest first; ``top`` fills the height.
    """
    xs = _spread([day for day, _numbers in days])
    ground = [0.0] * len(days)
    areas = []
    for numbers in zip(*(numbers for _day, numbers in days), strict=True):
        heights = (number / top * HEIGHT for number in numbers)
        upper = [low + height for low, height in zip(ground, heights, strict=True)]
        there = zip(xs, _above(upper), strict=True)
        back = reversed(list(zip(xs, _above(ground), strict=True)))
        areas.append(_join([*there, *back]))
        ground = upper
    return areas


def _spread(days: Sequence[date]) -> list[float]:
    """How far to the right each day stands; the first and the last at the edges."""
    span = (days[-1] - days[0]).days
    return [round((day - days[0]).days / span * WIDTH, 1) for day in days]


def _above(heights: Sequence[float]) -> list[float]:
    """Heights as a drawing has them: from its upper edge down."""
    return [round(HEIGHT - height, 1) for height in heights]


def _join(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
