"""What changed between two texts, line by line and within lines word by word, as rows to show."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from cydifflib import SequenceMatcher

from markup.matching import Change, find_changes
from markup.words import split_lines, split_words, unify_line_ends

RowKind = Literal["same", "added", "removed", "changed", "moved_from", "moved_to", "gap"]
SpanKind = Literal["same", "ins", "del"]

# Lines more alike than this are one line that was changed, not one removed and one added.
MIN_LIKENESS = 0.4
# Comparisons of lines in one changed block (a product); above it lines pair by their order.
MAX_COMPARISONS = 2_500
# Longer lines are likened by a sample of their words.
MAX_LIKENED_WORDS = 400
# Shorter lines (list marks, headings of one word) say nothing when they occur elsewhere.
MIN_MOVED_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a line: kept, inserted or deleted."""

    kind: SpanKind
    text: str


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One row of a side-by-side view; numbers count lines from 1, None on the side without one.

    A ``gap`` stands for ``hidden`` unchanged lines, its numbers are those of the first of them.
    ``partner`` is the number that a moved line has on the other side.
    """

    kind: RowKind
    old_number: int | None
    new_number: int | None
    old: list[Span] = field(default_factory=list)
    new: list[Span] = field(default_factory=list)
    hidden: int = 0
    partner: int | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """The rows, and how many lines were added and removed (changed: both, moved: neither)."""

    rows: list[DiffRow]
    added: int
    removed: int

    @property
    def is_empty(self) -> bool:
        return all(row.kind in ("same", "gap") for row in self.rows)


def diff_texts(old: str, new: str, *, context: int | None = 3) -> Diff:
    """Return what changed from ``old`` to ``new``.

    ``context`` unchanged lines stand around each change, all of them with None. Line ends and a
    missing last one are no difference. Texts of any size within the limit of a page take bounded
    work: what is too repetitive to match is shown as replaced.
    """
    old_lines, _old_ended = split_lines(unify_line_ends(old))
    new_lines, _new_ended = split_lines(unify_line_ends(new))
    rows = _mark_moves(list(_all_rows(old_lines, new_lines)))
    kinds = Counter(row.kind for row in rows)
    if context is not None:
        rows = _fold(rows, context)
    return Diff(
        rows=rows,
        added=kinds["added"] + kinds["changed"],
        removed=kinds["removed"] + kinds["changed"],
    )


def summarise_size(old: str, new: str) -> int:
    """Return by how many bytes (UTF-8) ``new`` is longer than ``old``."""
    return len(new.encode(errors="surrogatepass")) - len(old.encode(errors="surrogatepass"))


def _all_rows(old: list[str], new: list[str]) -> Iterator[DiffRow]:
    old_at = new_at = 0
    end = Change(len(old), len(old), len(new), len(new))
    for change in [*find_changes(old, new), end]:
        while old_at < change.old_start:
            spans = [Span("same", old[old_at])]
            yield DiffRow("same", old_at + 1, new_at + 1, spans, spans)
            old_at, new_at = old_at + 1, new_at + 1
        yield from _block_rows(old, new, change)
        old_at, new_at = change.old_end, change.new_end


def _block_rows(old: list[str], new: list[str], change: Change) -> Iterator[DiffRow]:
    """Yield the rows of one changed block: pairs of alike lines, and the others between them."""
    pairs = _pair_lines(
        old[change.old_start : change.old_end], new[change.new_start : change.new_end]
    )
    old_at, new_at = change.old_start, change.new_start
    last = (change.old_end - change.old_start, change.new_end - change.new_start)
    for old_index, new_index in [*pairs, last]:
        old_next, new_next = change.old_start + old_index, change.new_start + new_index
        for at in range(old_at, old_next):
            yield DiffRow("removed", at + 1, None, [Span("del", old[at])], [])
        for at in range(new_at, new_next):
            yield DiffRow("added", None, at + 1, [], [Span("ins", new[at])])
        if (old_index, new_index) == last:
            return
        old_spans, new_spans = _diff_words(old[old_next], new[new_next])
        yield DiffRow("changed", old_next + 1, new_next + 1, old_spans, new_spans)
        old_at, new_at = old_next + 1, new_next + 1


def _pair_lines(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return which lines of a block are the same line, changed: rising pairs of indexes.

    The choice has the greatest sum of likenesses (dynamic programming).
    """
    if not old or not new:
        return []
    if len(old) * len(new) > MAX_COMPARISONS:
        return [
            (at, at)
            for at in range(min(len(old), len(new)))
            if _likeness(_sample(old[at]), _sample(new[at])) > MIN_LIKENESS
        ]
    old_words, new_words = [_sample(line) for line in old], [_sample(line) for line in new]
    alike = [[_likeness(one, other) for other in new_words] for one in old_words]
    best = _best_sums(alike)
    pairs: list[tuple[int, int]] = []
    row = column = 0
    while row < len(old) and column < len(new):
        if best[row][column] == best[row + 1][column]:
            row += 1
        elif best[row][column] == best[row][column + 1]:
            column += 1
        else:
            pairs.append((row, column))
            row, column = row + 1, column + 1
    return pairs


def _best_sums(alike: list[list[float]]) -> list[list[float]]:
    """Return for each (row, column) the greatest sum of likenesses from there to the end."""
    height, width = len(alike), len(alike[0])
    best = [[0.0] * (width + 1) for _row in range(height + 1)]
    for row in reversed(range(height)):
        for column in reversed(range(width)):
            skipped = max(best[row + 1][column], best[row][column + 1])
            likeness = alike[row][column]
            paired = best[row + 1][column + 1] + likeness if likeness > MIN_LIKENESS else 0.0
            best[row][column] = max(skipped, paired)
    return best


def _sample(line: str) -> list[str]:
    words = [word for word in split_words(line[: 10 * MAX_LIKENED_WORDS]) if not word.isspace()]
    return words[:MAX_LIKENED_WORDS]


def _likeness(old: list[str], new: list[str]) -> float:
    """Return the share of words that two lines have in common, in order: 0 to 1."""
    if not old or not new:
        return 0.0
    # Cheap upper bounds first: most lines of a block have little to do with each other.
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.real_quick_ratio() <= MIN_LIKENESS or matcher.quick_ratio() <= MIN_LIKENESS:
        return 0.0
    return float(matcher.ratio())


def _diff_words(old: str, new: str) -> tuple[list[Span], list[Span]]:
    old_words, new_words = split_words(old), split_words(new)
    old_spans: list[Span] = []
    new_spans: list[Span] = []
    old_at = 0
    new_at = 0
    for change in _smooth(find_changes(old_words, new_words), old_words):
        _add_span(old_spans, "same", old_words[old_at : change.old_start])
        _add_span(new_spans, "same", new_words[new_at : change.new_start])
        _add_span(old_spans, "del", old_words[change.old_start : change.old_end])
        _add_span(new_spans, "ins", new_words[change.new_start : change.new_end])
        old_at, new_at = change.old_end, change.new_end
    _add_span(old_spans, "same", old_words[old_at:])
    _add_span(new_spans, "same", new_words[new_at:])
    return old_spans, new_spans


def _smooth(changes: list[Change], old_words: Sequence[str]) -> list[Change]:
    """Join replacements between which only white space stays: one change to the eye, not five."""
    smooth: list[Change] = []
    for change in changes:
        before = smooth[-1] if smooth else None
        if before is not None and "".join(old_words[before.old_end : change.old_start]).isspace():
            smooth[-1] = Change(before.old_start, change.old_end, before.new_start, change.new_end)
        else:
            smooth.append(change)
    return smooth


def _add_span(spans: list[Span], kind: SpanKind, words: Sequence[str]) -> None:
    if words:
        spans.append(Span(kind, "".join(words)))


def _mark_moves(rows: list[DiffRow]) -> list[DiffRow]:
    """Return ``rows`` in which a line removed here and added there, once each, is a move."""
    removed = _unique_lines(rows, "removed")
    added = _unique_lines(rows, "added")
    if not removed.keys() & added.keys():
        return rows
    return [
        _as_move(row, removed[text], added[text])
        if (text := _line_of(row)) in removed and text in added
        else row
        for row in rows
    ]


def _unique_lines(rows: list[DiffRow], kind: RowKind) -> dict[str, int]:
    """Lines that one side alone has, and once, with their numbers."""
    some = [row for row in rows if row.kind == kind]
    counts = Counter(_line_of(row) for row in some)
    return {
        text: row.old_number or row.new_number or 0
        for row in some
        if counts[text := _line_of(row)] == 1 and len(text) >= MIN_MOVED_LENGTH
    }


def _line_of(row: DiffRow) -> str:
    """Return the line of a row that stands on one side only, without outer white space."""
    if row.kind not in ("removed", "added"):
        return ""
    return (row.old or row.new)[0].text.strip()


def _as_move(row: DiffRow, old_number: int, new_number: int) -> DiffRow:
    if row.kind == "removed":
        return replace(row, kind="moved_from", partner=new_number)
    return replace(row, kind="moved_to", partner=old_number)


def _fold(rows: list[DiffRow], context: int) -> list[DiffRow]:
    """Return ``rows`` with unchanged lines farther than ``context`` from a change as gaps."""
    shown = [False] * len(rows)
    last = -1
    for at, row in enumerate(rows):
        if row.kind != "same":
            first = max(at - context, last + 1)
            last = min(at + context, len(rows) - 1)
            shown[first : last + 1] = [True] * (last + 1 - first)
    folded: list[DiffRow] = []
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and not shown[end]:
            end += 1
        if end > start:
            gap = rows[start]
            folded.append(DiffRow("gap", gap.old_number, gap.new_number, hidden=end - start))
        while end < len(rows) and shown[end]:
            folded.append(rows[end])
            end += 1
        start = end
    return folded
