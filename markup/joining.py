"""Joining two texts that were written apart: what both say once, and what either says besides."""

from __future__ import annotations

import re

from markup.matching import find_matches
from markup.merging import merge_texts
from markup.words import join_lines, split_lines, unify_line_ends

_WORD = re.compile(r"\w\w\w")


def join_texts(kept: str, other: str) -> str:
    """All lines of ``kept`` in their order, and those of ``other`` that it lacks, after them.

    A three-way merge whose base is what both have in common: where both say something else at the
    same place, ``kept`` comes first.
    """
    if not other.strip() or kept == other:
        return kept
    if not kept.strip():
        return other
    kept_lines, _ended = split_lines(unify_line_ends(kept))
    other_lines, _ended = split_lines(unify_line_ends(other))
    common: list[str] = []
    for start, _other_start, length in find_matches(kept_lines, other_lines):
        lines = kept_lines[start : start + length]
        # What stands in every text, blank lines and rules of tables, joins nothing.
        if any(_WORD.search(line) for line in lines):
            common += lines
    if not common:
        return join_lines([*kept_lines, "", *other_lines], is_ended=True)
    texts = [join_lines(lines, is_ended=True) for lines in (common, other_lines, kept_lines)]
    merged = merge_texts(*texts, both_insertions=True)
    if merged.text is not None:
        return merged.text
    return join_lines([*kept_lines, "", *other_lines], is_ended=True)
