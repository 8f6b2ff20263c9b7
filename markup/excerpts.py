"""Some lines of a document as the whole document shows them, with the footnotes they refer to."""

from collections.abc import Iterable, Sequence

from markdown_it.token import Token

Lines = tuple[int, int]


def keep_lines(tokens: Sequence[Token], lines: Lines) -> list[Token]:
    """Return those of a document's ``tokens`` that stand in ``lines`` (from 0, half open).

    A block is kept whole where any of it does. Of the footnotes those that are referred to there,
    or in another that is kept, and those that are written there: with their numbers.
    """
    blocks, notes = _divide(tokens)
    kept = [token for block in blocks if _touches(block, lines) for token in block]
    named = {note: _named_in(block) for note, block in notes.items()}
    wanted = _named_in(kept) | {note for note, block in notes.items() if _touches(block, lines)}
    asked = set(wanted)
    while asked:
        asked = {name for note in asked for name in named.get(note, ())} - wanted
        wanted |= asked
    shown = [token for note, block in notes.items() if note in wanted for token in block]
    if shown:
        ends = [token for token in tokens if token.type.startswith("footnote_block_")]
        shown = [ends[0], *shown, ends[-1]]
    return kept + shown


def _divide(tokens: Sequence[Token]) -> tuple[list[list[Token]], dict[int, list[Token]]]:
    """The blocks of the text, and each footnote by its number."""
    blocks: list[list[Token]] = []
    notes: dict[int, list[Token]] = {}
    note: list[Token] | None = None
    depth = 0
    for token in tokens:
        if token.type == "footnote_open":
            note = notes.setdefault(token.meta["id"], [])
        if note is not None:
            note.append(token)
        elif not token.type.startswith("footnote_block_"):
            if depth == 0:
                blocks.append([])
            blocks[-1].append(token)
            depth += token.nesting
        if token.type == "footnote_close":
            note = None
    return blocks, notes


def _touches(block: Iterable[Token], lines: Lines) -> bool:
    start, end = lines
    places = [token.map for token in block if token.map is not None]
    return any(first < end and start < last for first, last in places)


def _named_in(tokens: Iterable[Token]) -> set[int]:
    """The numbers of the footnotes that are referred to."""
    return {
        child.meta["id"]
        for token in tokens
        for child in token.children or ()
        if child.type == "footnote_ref"
    }
