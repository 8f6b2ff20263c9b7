"""Which line of one text is which line of the next: kept, moved, or changed a little on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import Indel

from markup.matching import find_changes

#: Lines as alike as this (the share of characters that stay, in order) are one, changed a little.
MIN_LIKENESS: Final = 0.75
#: Shorter lines (list marks, headings of one word) are alike by chance.
MIN_LIKENED: Final = 16
#: Pairs of lines likened in one step; where there are more, none is.
MAX_PAIRS: Final = 50_000
#: Pairs of characters likened in one step, and in all: the matcher looks at some ten at once.
MAX_CELLS: Final = 500_000_000
_AT_ONCE: Final = 64  # lines compared at a time


@dataclass
class Work:
    """How much may still be likened."""

    cells: int = 20 * MAX_CELLS

    def take(self, cells: int) -> bool:
        """Whether ``cells`` more may be looked at; they count as looked at then."""
        if cells > min(self.cells, MAX_CELLS):
            return False
        self.cells -= cells
        return True


@dataclass(frozen=True)
class Trace:
    """How the lines of two texts belong together; no line stands in two of these.

    ``kept`` are stretches that stay in their order, as (start in old, start in new, length).
    ``moved`` has the old place of a line by its new one where it is the same elsewhere, ``changed``
    where it is the same line with other words. ``fresh`` are the places of new lines that are not
    kept, in order: those in neither are new.
    """

    kept: list[tuple[int, int, int]]
    fresh: list[int] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)


def trace_lines(old: Sequence[str], new: Sequence[str], work: Work) -> Trace:
    """Follow the lines of ``old`` into ``new``.

    A line that ``old`` has is never new in ``new`` where that has it no more often. Lines that are
    alike are looked for by bounded work; what goes beyond that is new.
    """
    kept, gone, fresh = _align(old, new)
    trace = Trace(kept, fresh)
    if gone and fresh:
        moves = _Moves(old, new, gone, fresh)
        trace.moved.update(moves.find())
        trace.changed.update(_find_alike(old, new, moves.free_old, moves.free_new, work))
    return trace


def _align(
    old: Sequence[str], new: Sequence[str]
) -> tuple[list[tuple[int, int, int]], list[int], list[int]]:
    """The stretches that stay, and the lines of both that do not.

    What both begin and end with, most of a page, is not matched.
    """
    shorter = min(len(old), len(new))
    start = _count_same(old, new, shorter)
    end = _count_same(old[::-1], new[::-1], shorter - start)
    found = find_changes(old[start : len(old) - end], new[start : len(new) - end])
    kept: list[tuple[int, int, int]] = []
    gone: list[int] = []
    fresh: list[int] = []
    old_at = new_at = 0
    for change in found:
        old_start, old_end, new_start, new_end = (place + start for place in change)
        kept.append((old_at, new_at, old_start - old_at))
        gone += range(old_start, old_end)
        fresh += range(new_start, new_end)
        old_at, new_at = old_end, new_end
    kept.append((old_at, new_at, len(old) - old_at))
    return kept, gone, fresh


def _count_same(old: Sequence[str], new: Sequence[str], limit: int) -> int:
    """How many of the first lines, ``limit`` at most, are the same."""
    at = 0
    while at < limit and old[at : at + _AT_ONCE] == new[at : at + _AT_ONCE]:
        at += _AT_ONCE
    while at < limit and old[at] == new[at]:
        at += 1
    return min(at, limit)


class _Moves:
    """Equal lines that stand elsewhere, found one after the other; each is used once."""

    def __init__(
        self,
        old: Sequence[str],
        new: Sequence[str],
        gone: Sequence[int],
        fresh: Sequence[int],
    ) -> None:
        self.old, self.new = old, new
        self.sources, self.targets = _places(old, gone), _places(new, fresh)
        self.free_old, self.free_new = set(gone), set(fresh)
        self.pairs: dict[int, int] = {}  # old places by new ones

    def find(self) -> dict[int, int]:
        """As many pairs as there are of each line: those that stand there once lead the others."""
        for line, places in self.sources.items():
            if len(places) == len(self.targets.get(line, ())) == 1:
                self._pair(self.targets[line][0], places[0])
        for at, place in list(self.pairs.items()):
            self._follow(at, place, 1)
            self._follow(at, place, -1)
        for line, ats in self.targets.items():
            left = [place for place in self.sources.get(line, ()) if place in self.free_old]
            free = [at for at in ats if at in self.free_new]
            for at, place in zip(free, left, strict=False):
                self._pair(at, place)
        return self.pairs

    def _pair(self, at: int, place: int) -> None:
        self.pairs[at] = place
        self.free_new.discard(at)
        self.free_old.discard(place)

    def _follow(self, at: int, place: int, way: int) -> None:
        """The lines beside a pair that moved with it."""
        at, place = at + way, place + way
        while at in self.free_new and place in self.free_old and self.new[at] == self.old[place]:
            self._pair(at, place)
            at, place = at + way, place + way


def _places(lines: Sequence[str], numbers: Iterable[int]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number in numbers:
        found[lines[number]].append(number)
    return found


def _find_alike(
    old: Sequence[str],
    new: Sequence[str],
    gone: Iterable[int],
    fresh: Iterable[int],
    work: Work,
) -> list[tuple[int, int]]:
    """Pairs (new place, old place) of lines that are alike, the most alike first of all."""
    sources = {place: old[place] for place in gone if len(old[place]) >= MIN_LIKENED}
    targets = {place: new[place] for place in fresh if len(new[place]) >= MIN_LIKENED}
    cells = sum(map(len, sources.values())) * sum(map(len, targets.values()))
    if not cells or len(sources) * len(targets) > MAX_PAIRS or not work.take(cells):
        return []
    found: list[tuple[float, int, int]] = []
    for at, line in targets.items():
        alike = process.extract(
            line,
            sources,
            scorer=Indel.normalized_similarity,
            score_cutoff=MIN_LIKENESS,
            limit=None,
        )
        found += [(-likeness, at, place) for _line, likeness, place in alike]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _likeness, at, place in sorted(found):
        if at not in pairs and place not in taken:
            pairs[at] = place
            taken.add(place)
    return sorted(pairs.items())
