"""Places in an order that changes little: what stands keeps its number, the rest goes between."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

STEP = 1024
"""Between two neighbours, so that ten halvings fit before two of them share a number."""


@dataclass(frozen=True, slots=True)
class Place:
    """One item of an order: its position now, and the one that the last import gave it.

    `current` is None for what is not there yet, `base` for what no import has placed.
    """

    current: int | None = None
    base: int | None = None


def plan_positions(places: Sequence[Place]) -> list[int | None]:
    """New positions that bring `places` into the order in which they are given.

    None for an item that keeps the position it has: all but those that are new and those that the
    list has moved since the last import, as few of them as possible. What people moved stays.
    """
    unmoved = _longest_rising([place.base for place in places])
    stays = [
        place.current is not None
        and (place.base is None or place.base != place.current or index in unmoved)
        for index, place in enumerate(places)
    ]
    planned: list[int | None] = [None] * len(places)
    index, before = 0, 0
    while index < len(places):
        if stays[index]:
            before = places[index].current or 0
            index += 1
            continue
        end = next((i for i in range(index, len(places)) if stays[i]), len(places))
        after = places[end].current if end < len(places) else None
        for offset, position in enumerate(_between(before, after, end - index)):
            planned[index + offset] = before = position
        index = end
    return planned


def _between(before: int, after: int | None, count: int) -> list[int]:
    """`count` rising positions above `before` and, if there is room, below `after`."""
    if after is None or after <= before:
        return [before + STEP * number for number in range(1, count + 1)]
    room = after - before
    return [before + room * number // (count + 1) for number in range(1, count + 1)]


def _longest_rising(bases: Sequence[int | None]) -> set[int]:
    """Indices of a longest subsequence of `bases` that does not fall; None is left out."""
    tails: list[int] = []  # the smallest last value of a rising sequence of each length
    ends: list[int] = []  # and its index
    previous: dict[int, int] = {}
    for index, base in enumerate(bases):
        if base is None:
            continue
        length = bisect_right(tails, base)
        if length:
            previous[index] = ends[length - 1]
        tails[length : length + 1] = [base]
        ends[length : length + 1] = [index]
    rising: set[int] = set()
    step = ends[-1] if ends else None
    while step is not None:
        rising.add(step)
        step = previous.get(step)
    return rising
