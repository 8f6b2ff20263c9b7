"""The parts of a text: a heading and what stands below it, read, replaced and merged alone."""

from dataclasses import dataclass
from itertools import pairwise

from markup.decorating import decorate
from markup.merging import find_regions, merge_texts
from markup.rendering import parse_text
from markup.words import unify_line_ends


@dataclass(frozen=True, slots=True)
class Part:
    """``id`` is the heading's anchor; its lines are those from ``start`` up to ``end``.

    What stands below smaller headings inside belongs to it.
    """

    id: str
    title: str
    level: int
    start: int
    end: int


def find_parts(text: str) -> list[Part]:
    """Return the parts of ``text`` in order; a heading in a quotation or a list has none.

    Raises TextTooLong.
    """
    tokens = parse_text(text)
    headings = iter(decorate(tokens).headings)
    found = []
    for token in tokens:
        if token.type != "heading_open":
            continue
        heading = next(headings)
        if token.level == 0 and token.map is not None:
            found.append((heading, token.map[0]))
    last = len(text.split("\n"))
    parts = []
    for index, (heading, start) in enumerate(found):
        following = (at for other, at in found[index + 1 :] if other.level <= heading.level)
        end = next(following, last)
        parts.append(Part(heading.id, heading.text, heading.level, start, end))
    return parts


def find_part(text: str, part_id: str) -> Part | None:
    """Return the part whose heading has the anchor ``part_id``."""
    return (
        next((part for part in find_parts(text) if part.id == part_id), None) if part_id else None
    )


def read_part(text: str, part: Part) -> str:
    """Return the source of ``part``, without the empty lines after it."""
    kept, _blank = _divide(text.split("\n")[part.start : part.end])
    return "\n".join(kept) + "\n"


def replace_part(text: str, part: Part, source: str) -> str:
    """Return ``text`` with ``source`` in the place of ``part``; without it where that is empty.

    What :func:`read_part` gave changes nothing.
    """
    lines = text.split("\n")
    before, after = lines[: part.start], lines[part.end :]
    kept, blank = _divide(lines[part.start : part.end])
    written, _blank = _divide(source.split("\n"))
    if not written:
        return "\n".join(before + (after or [""]))
    if written != kept and after and not blank:
        blank = [""]  # or the next heading would run into it
    return "\n".join(before + written + blank + after)


def find_lines(part: Part, source: str) -> tuple[int, int]:
    """Return where ``source`` stands in what :func:`replace_part` gives: from 0, half open."""
    written, _blank = _divide(source.split("\n"))
    return part.start, part.start + len(written)


def merge_parts(base: str, ours: str, theirs: str) -> str | None:
    """Return both sides' changes of ``base`` joined part by part, None where they disagree.

    For what :func:`markup.merging.merge_texts` finds in conflict because it touches: who changes
    the end of one part and who changes the heading below it do not disagree.
    """
    blocks = tuple(_split_blocks(unify_line_ends(text)) for text in (base, ours, theirs))
    joined: list[str] = []
    inserted_at = -1
    for region in find_regions(blocks[0], blocks[1], blocks[2], lambda end, start: start < end):
        at, end = region.base
        if at == end and at == inserted_at:
            return None  # both put something new into the same place
        inserted_at = at if at == end else -1
        sides = zip(blocks, (region.base, region.ours, region.theirs), strict=True)
        old, our, their = ("".join(side[slice(*reach)]) for side, reach in sides)
        merged = merge_texts(old, our, their).text
        if merged is None:
            return None
        joined.append(merged)
    return "".join(joined)


def _divide(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return ``lines`` up to the last one that is not blank, and the blank ones after it."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end], lines[end:]


def _split_blocks(text: str) -> list[str]:
    """Return ``text`` cut before each heading; joined they give it again."""
    lines = text.split("\n")
    cuts = sorted({0, *(part.start for part in find_parts(text)), len(lines)})
    blocks = ["\n".join(lines[a:b]) for a, b in pairwise(cuts)]
    return [f"{block}\n" for block in blocks[:-1]] + blocks[-1:]
