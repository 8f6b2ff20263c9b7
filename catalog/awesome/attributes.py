"""What an entry's own comment says of it: ``<!-- kind: tutorial; level: beginner; tags: a, b -->``.

Awesome lists have no place for kind, level, language or tags; a comment on the entry's line keeps
them out of a reader's sight and inside the file.
"""

import re
from collections.abc import Iterable, Mapping

from catalog.awesome.items import ItemText

KNOWN = frozenset({"kind", "level", "lang", "tags"})

_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
_PAIR = re.compile(r"([a-z]+)\s*:\s*(.*)", re.DOTALL)


def read_attributes(text: ItemText) -> dict[str, str]:
    """The values by name; a comment with anything but known names is somebody's remark."""
    found: dict[str, str] = {}
    for comment in _comments(text):
        found |= _parse(comment)
    return found


def _comments(text: ItemText) -> Iterable[str]:
    for piece in text.pieces:
        if piece.kind == "html":
            match = _COMMENT.fullmatch(text.source[piece.start : piece.end])
            if match:
                yield match[1]


def _parse(comment: str) -> Mapping[str, str]:
    pairs = [_PAIR.fullmatch(part.strip()) for part in comment.split(";") if part.strip()]
    if any(pair is None or pair[1] not in KNOWN for pair in pairs):
        return {}
    return {pair[1]: pair[2].strip() for pair in pairs if pair}
