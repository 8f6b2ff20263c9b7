"""Which items of two sequences are the same: one matcher for diff and merge, bounded in work.

cydifflib's matcher gives the differences people expect, and its cost grows with the number of
equal pairs. Long texts are therefore cut first at items that occur exactly once on both sides
(Bram Cohen's patience diff), and what remains too repetitive is taken as replaced.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from cydifflib import SequenceMatcher

# A stretch of more equal pairs or more items than this is divided before it is matched.
MAX_PAIRS = 200_000
MAX_LENGTH = 4_000
# Steps (pairs matched, items looked at when dividing) that one comparison may take, and more
# for long texts; what is left when they are spent counts as replaced.
MIN_WORK = 4_000_000
WORK_PER_ITEM = 20


class Change(NamedTuple):
    """``old[old_start:old_end]`` became ``new[new_start:new_end]``; either may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


class _Window(NamedTuple):
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def find_changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """Return what must change in ``old`` to give ``new``: in order, never touching each other."""
    changes: list[Change] = []
    old_at = new_at = 0
    for old_start, new_start, length in [*find_matches(old, new), (len(old), len(new), 0)]:
        if old_at < old_start or new_at < new_start:
            changes.append(Change(old_at, old_start, new_at, new_start))
        old_at, new_at = old_start + length, new_start + length
    return changes


def find_matches(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the stretches that stay, as (start in old, start in new, length > 0), in order."""
    matches: list[tuple[int, int, int]] = []
    work = MIN_WORK + WORK_PER_ITEM * (len(old) + len(new))
    # Not recursive: the windows still to be looked at, the next one last.
    windows = [_Window(0, len(old), 0, len(new))]
    while windows:
        window = windows.pop()
        head = _common_head(old, new, window)
        if head:
            _add(matches, window.old_start, window.new_start, head)
            window = window._replace(
                old_start=window.old_start + head, new_start=window.new_start + head
            )
        if window.old_start == window.old_end or window.new_start == window.new_end:
            continue
        size = max(window.old_end - window.old_start, window.new_end - window.new_start)
        pairs = _count_pairs(old, new, window)
        is_small = size <= MAX_LENGTH and pairs <= MAX_PAIRS
        work -= pairs if is_small else size
        if work < 0:
            continue
        if is_small:
            _match_window(matches, old, new, window)
        else:
            windows += reversed(_divide(old, new, window))
    return matches


def _add(matches: list[tuple[int, int, int]], old_at: int, new_at: int, length: int) -> None:
    if matches:
        old_start, new_start, before = matches[-1]
        if (old_start + before, new_start + before) == (old_at, new_at):
            matches[-1] = (old_start, new_start, before + length)
            return
    matches.append((old_at, new_at, length))


def _common_head(old: Sequence[str], new: Sequence[str], window: _Window) -> int:
    limit = min(window.old_end - window.old_start, window.new_end - window.new_start)
    length = 0
    while length < limit and old[window.old_start + length] == new[window.new_start + length]:
        length += 1
    return length


def _common_tail(old: Sequence[str], new: Sequence[str], window: _Window) -> int:
    limit = min(window.old_end - window.old_start, window.new_end - window.new_start)
    length = 0
    while length < limit and old[window.old_end - length - 1] == new[window.new_end - length - 1]:
        length += 1
    return length


def _count_pairs(old: Sequence[str], new: Sequence[str], window: _Window) -> int:
    counts = Counter(new[window.new_start : window.new_end])
    return sum(counts[item] for item in old[window.old_start : window.old_end])


def _match_window(
    matches: list[tuple[int, int, int]], old: Sequence[str], new: Sequence[str], window: _Window
) -> None:
    matcher = SequenceMatcher(
        None,
        old[window.old_start : window.old_end],
        new[window.new_start : window.new_end],
        autojunk=False,
    )
    for old_at, new_at, length in matcher.get_matching_blocks():
        if length:
            _add(matches, window.old_start + old_at, window.new_start + new_at, length)


def _divide(old: Sequence[str], new: Sequence[str], window: _Window) -> list[_Window]:
    """Return ``window`` cut at its tail and at the items that occur once on both sides.

    Each part begins with a common item, so that it shrinks; a window without such items gives
    none: it counts as replaced.
    """
    tail = _common_tail(old, new, window)
    body = window._replace(old_end=window.old_end - tail, new_end=window.new_end - tail)
    anchors = _unique_anchors(old, new, body)
    if tail:
        anchors.append((body.old_end, body.new_end))
    starts = [(body.old_start, body.new_start), *anchors]
    ends = [*anchors, (window.old_end, window.new_end)]
    if not anchors:
        return []
    return [
        _Window(old_start, old_end, new_start, new_end)
        for (old_start, new_start), (old_end, new_end) in zip(starts, ends, strict=True)
    ]


def _unique_anchors(
    old: Sequence[str], new: Sequence[str], window: _Window
) -> list[tuple[int, int]]:
    """Return positions of items unique on both sides, the longest rising series of them."""
    old_places = _unique_places(old, window.old_start, window.old_end)
    new_places = _unique_places(new, window.new_start, window.new_end)
    pairs = [(at, new_places[item]) for item, at in old_places.items() if item in new_places]
    return _longest_rising(pairs)


def _unique_places(items: Sequence[str], start: int, end: int) -> dict[str, int]:
    counts = Counter(items[start:end])
    return {items[at]: at for at in range(start, end) if counts[items[at]] == 1}


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest series of ``pairs`` (sorted by the first) whose second rises too."""
    tops: list[int] = []  # the smallest last value of a series of each length
    indexes: list[int] = []
    before: list[int] = []
    for index, (_old_at, new_at) in enumerate(pairs):
        length = bisect_left(tops, new_at)
        before.append(indexes[length - 1] if length else -1)
        tops[length : length + 1] = [new_at]
        indexes[length : length + 1] = [index]
    series: list[tuple[int, int]] = []
    index = indexes[-1] if indexes else -1
    while index >= 0:
        series.append(pairs[index])
        index = before[index]
    return series[::-1]
