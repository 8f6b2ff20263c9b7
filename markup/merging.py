"""Three-way merge of texts and of fields: what two people changed in one base.

Lines first (diff3), then, where both touched the same lines, words: a paragraph of Markdown is
one long line, and two people who correct different sentences of it are in no conflict.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from markup.matching import Change, find_changes
from markup.words import join_lines, split_lines, split_words, unify_line_ends

# Words that must stand unchanged between two people's changes in a line; a line end will do too.
MIN_WORDS_BETWEEN = 3
# Above it a line is not refined: the conflict shows it whole.
MAX_REFINED = 200_000

ChunkKind = Literal["same", "ours", "theirs", "both", "merged", "conflict"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """The same place in three texts; ``start`` is its first line in base, from 1."""

    base: str
    ours: str
    theirs: str
    start: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of lines and where it comes from; ``text`` is "" in a conflict.

    ``both``: both made the same change; ``merged``: joined word by word.
    """

    kind: ChunkKind
    text: str
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The merged text, None where there are conflicts, and the chunks in order."""

    text: str | None
    conflicts: list[Conflict]
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.conflicts


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """Merged values by name; those in ``conflicts`` hold ours and wait for a person."""

    values: dict[str, Any]
    conflicts: list[str]

    @property
    def is_clean(self) -> bool:
        return not self.conflicts


class Region(NamedTuple):
    """The same place in three sequences, as half-open ranges, and who changed it."""

    base: tuple[int, int]
    ours: tuple[int, int]
    theirs: tuple[int, int]
    is_ours: bool
    is_theirs: bool


def merge_texts(base: str, ours: str, theirs: str, *, both_insertions: bool = False) -> Merge:
    """Return ``ours`` and ``theirs``, both made from ``base``, as one text, or their conflicts.

    Line ends are compared and returned as ``\\n``, unless one side is returned as it stands
    because the other did not change anything. Two insertions at the same place conflict; with
    ``both_insertions`` both are kept, ours after theirs. Where the result is clean, exchanging
    the sides gives the same (except for ``both_insertions``).
    """
    if ours == theirs or theirs == base:
        return _whole(ours, "both" if ours == theirs else "ours")
    if ours == base:
        return _whole(theirs, "theirs")
    texts = [unify_line_ends(text) for text in (base, ours, theirs)]
    (base_lines, *_), (our_lines, *_), (their_lines, *_) = sides = [
        split_lines(text) for text in texts
    ]
    is_ended, _is_conflict = merge_values(*(ended for _lines, ended in sides))
    chunks = _merge_lines(base_lines, our_lines, their_lines, both_insertions=both_insertions)
    conflicts = [chunk.conflict for chunk in chunks if chunk.conflict is not None]
    if conflicts:
        return Merge(text=None, conflicts=conflicts, chunks=chunks)
    lines = [line for chunk in chunks for line in chunk.text.split("\n")]
    return Merge(text=join_lines(lines, is_ended=is_ended), conflicts=[], chunks=chunks)


def merge_values(base: Any, ours: Any, theirs: Any) -> tuple[Any, bool]:
    """Return (value, is it a conflict) of one field that is merged as a whole.

    In a conflict the value is ours.
    """
    if ours == theirs or theirs == base:
        return ours, False
    if ours == base:
        return theirs, False
    return ours, True


def merge_fields(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> FieldMerge:
    """Merge each field of ``ours`` as a whole; a field that a side lacks is None there."""
    values: dict[str, Any] = {}
    conflicts: list[str] = []
    for name in dict.fromkeys([*ours, *theirs]):
        value, is_conflict = merge_values(base.get(name), ours.get(name), theirs.get(name))
        values[name] = value
        if is_conflict:
            conflicts.append(name)
    return FieldMerge(values=values, conflicts=conflicts)


def _whole(text: str, kind: ChunkKind) -> Merge:
    return Merge(text=text, conflicts=[], chunks=[Chunk(kind=kind, text=text)])


def _merge_lines(
    base: list[str], ours: list[str], theirs: list[str], *, both_insertions: bool
) -> list[Chunk]:
    """Return the chunks of three texts as lines; an empty chunk (all deleted) is left out."""
    chunks: list[Chunk] = []
    for region in find_regions(base, ours, theirs, _touch):
        lines = (
            base[slice(*region.base)],
            ours[slice(*region.ours)],
            theirs[slice(*region.theirs)],
        )
        chunk, kept = _merge_region(region, *lines, both_insertions=both_insertions)
        if kept or chunk.conflict is not None:
            chunks.append(chunk)
    return chunks


def _merge_region(
    region: Region, base: list[str], ours: list[str], theirs: list[str], *, both_insertions: bool
) -> tuple[Chunk, list[str]]:
    """Return the chunk of one region, and the lines it keeps."""
    if not region.is_ours and not region.is_theirs:
        return _chunk("same", base)
    if not region.is_theirs:
        return _chunk("ours", ours)
    if not region.is_ours:
        return _chunk("theirs", theirs)
    if ours == theirs:
        return _chunk("both", ours)
    if both_insertions and not base:
        return _chunk("merged", theirs + ours)
    texts = ("\n".join(base), "\n".join(ours), "\n".join(theirs))
    merged = _merge_words(*texts) if base and ours and theirs else None
    if merged is not None:
        return _chunk("merged", merged.split("\n"))
    conflict = Conflict(*texts, start=region.base[0] + 1)
    return Chunk(kind="conflict", text="", conflict=conflict), []


def _chunk(kind: ChunkKind, lines: list[str]) -> tuple[Chunk, list[str]]:
    return Chunk(kind=kind, text="\n".join(lines)), lines


def _merge_words(base: str, ours: str, theirs: str) -> str | None:
    """Return the texts merged word by word, None where both changed the same place."""
    if max(len(base), len(ours), len(theirs)) > MAX_REFINED:
        return None
    base_words, our_words, their_words = split_words(base), split_words(ours), split_words(theirs)

    def is_near(end: int, start: int) -> bool:
        between = base_words[end:start]
        return len(between) < MIN_WORDS_BETWEEN and "\n" not in between

    parts: list[str] = []
    for region in find_regions(base_words, our_words, their_words, is_near):
        our_part, their_part = our_words[slice(*region.ours)], their_words[slice(*region.theirs)]
        if region.is_ours and region.is_theirs and our_part != their_part:
            return None
        parts += our_part if region.is_ours else their_part
    return "".join(parts)


def _touch(end: int, start: int) -> bool:
    return start <= end


def find_regions(
    base: Sequence[str],
    ours: Sequence[str],
    theirs: Sequence[str],
    is_near: Callable[[int, int], bool],
) -> list[Region]:
    """Return all of the three sequences as regions in order.

    Changes of the two sides that overlap, or whose distance in base ``is_near`` (end of the
    first, start of the second), share one region.
    """
    changes = sorted(
        [(change, True) for change in find_changes(base, ours)]
        + [(change, False) for change in find_changes(base, theirs)]
    )
    regions: list[Region] = []
    our_shift = their_shift = at = 0
    index = 0
    while index < len(changes):
        group = _take_group(changes, index, is_near)
        index += len(group)
        start, end = group[0][0].old_start, max(change.old_end for change, _is_ours in group)
        if at < start:
            regions.append(_unchanged(at, start, our_shift, their_shift))
        our_end = our_shift + _growth(group, is_ours=True)
        their_end = their_shift + _growth(group, is_ours=False)
        regions.append(
            Region(
                (start, end),
                (start + our_shift, end + our_end),
                (start + their_shift, end + their_end),
                is_ours=any(is_ours for _change, is_ours in group),
                is_theirs=any(not is_ours for _change, is_ours in group),
            )
        )
        our_shift, their_shift, at = our_end, their_end, end
    if at < len(base):
        regions.append(_unchanged(at, len(base), our_shift, their_shift))
    return regions


def _take_group(
    changes: list[tuple[Change, bool]], first: int, is_near: Callable[[int, int], bool]
) -> list[tuple[Change, bool]]:
    """Return the changes from ``first`` on that belong to one region.

    A change joins for being near one of the other side; with one's own nobody disagrees.
    """
    group = [changes[first]]
    ends = {True: -1, False: -1}
    for index in range(first, len(changes)):
        change, is_ours = changes[index]
        other_end = ends[not is_ours]
        if index > first:
            if other_end < 0 or not is_near(other_end, change.old_start):
                break
            group.append(changes[index])
        ends[is_ours] = change.old_end
    return group


def _growth(group: list[tuple[Change, bool]], *, is_ours: bool) -> int:
    return sum(
        (change.new_end - change.new_start) - (change.old_end - change.old_start)
        for change, owner in group
        if owner == is_ours
    )


def _unchanged(start: int, end: int, our_shift: int, their_shift: int) -> Region:
    return Region(
        (start, end),
        (start + our_shift, end + our_shift),
        (start + their_shift, end + their_shift),
        is_ours=False,
        is_theirs=False,
    )
