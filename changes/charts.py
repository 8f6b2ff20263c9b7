"""Small charts drawn on the server, as numbers for an SVG; the same numbers stand in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

WIDTH: Final = 520  # units of the drawing
HEIGHT: Final = 96
GAP: Final = 0.2  # of a bar's place


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
    place = WIDTH / len(rows)
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
    span = (last - first).days
    points = (
        (round((day - first).days / span * WIDTH, 1), round(HEIGHT - value / 100 * HEIGHT, 1))
        for day, value in days
    )
    return LineChart(" ".join(f"{x},{y}" for x, y in points), first, last, first_value, last_value)
