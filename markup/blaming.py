"""Which revision each line of a text comes from, followed from one revision to the next.

The newest text is followed back until every line has an owner; what is known of a text is carried
forward to the one that follows it, so that a further revision costs one comparison.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from markup.matching import Change, find_changes
from markup.words import split_lines, unify_line_ends


def lines_of(text: str) -> list[str]:
    """The lines that are followed: without their ends."""
    return split_lines(unify_line_ends(text))[0]


@dataclass
class LineOwners:
    """``owners`` has the number of the revision that each line comes from, None while unknown.

    ``places`` says where the lines that have no owner yet stand in the text of revision ``at``.
    """

    owners: list[int | None]
    places: dict[int, int]  # number of the line in revision ``at`` by its number today
    at: int

    @classmethod
    def unknown(cls, lines: Sequence[str], version: int) -> LineOwners:
        """Nothing is known yet of ``lines``, the text of revision ``version``."""
        return cls([None] * len(lines), {n: n for n in range(len(lines))}, version)

    @property
    def is_complete(self) -> bool:
        return not self.places

    def go_back(self, older: Sequence[str], newer: Sequence[str], version: int) -> None:
        """What is new in ``newer``, the text of ``at``, comes from there; the rest is older.

        ``older`` is the text of revision ``version``.
        """
        shift = _Shift(_find_changes(newer, older))
        left: dict[int, int] = {}
        for today, place in self.places.items():
            before = shift.of(place)
            if before is None:
                self.owners[today] = self.at
            else:
                left[today] = before
        self.places, self.at = left, version

    def settle(self) -> None:
        """There is nothing before ``at``: what has no owner comes from there."""
        for today in self.places:
            self.owners[today] = self.at
        self.places = {}

    def go_forward(self, older: Sequence[str], newer: Sequence[str], version: int) -> None:
        """Of the text ``newer`` of a later revision: what it kept of ``older`` keeps its owner."""
        shift = _Shift(_find_changes(older, newer))
        owners: list[int | None] = [version] * len(newer)
        places: dict[int, int] = {}
        for number, owner in enumerate(self.owners):
            today = shift.of(number)
            if today is None:
                continue
            owners[today] = owner
            if number in self.places:
                places[today] = self.places[number]
        self.owners, self.places = owners, places


def _find_changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """As :func:`find_changes`; what both begin and end with, most of a page, is not matched."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    found = find_changes(old[start : len(old) - end], new[start : len(new) - end])
    return [Change(*(place + start for place in change)) for change in found]


class _Shift:
    """Where a line of one text stands in another."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self._starts = [change.old_start for change in changes]

    def of(self, place: int) -> int | None:
        """None for a line that was changed or removed."""
        at = bisect_right(self._starts, place) - 1
        if at < 0:
            return place
        change = self._changes[at]
        if place < change.old_end:
            return None
        return place + change.new_end - change.old_end
