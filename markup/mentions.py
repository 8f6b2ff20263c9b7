"""Mentions: ``@name`` in running text. Who is there by that name is known to the caller alone."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from django.utils.safestring import SafeString
from markdown_it.token import Token

#: Where a mention stands in HTML until :func:`fill_mentions`; no text can write it, HTML being off.
_MARKED: Final = re.compile(r'<span class="mention">@([^<]*)</span>')
_SIGN: Final = re.compile(r"@(?=\w)")
_SEPARATORS: Final = "_.-"
_SHORTEST, _LONGEST = 3, 40  # characters of a name
#: What stands before no mention: it is an address, a path or another sign.
_BEFORE: Final = "/@" + _SEPARATORS

MentionResolver = Callable[[Sequence[str]], dict[str, str]]


def mark_mentions(tokens: Sequence[Token], most: int) -> list[str]:
    """Mark the mentions in ``tokens`` of a document, outside code and links, in place.

    Of ``most`` different names, whatever their case, in reading order: these are returned.
    """
    names: dict[str, str] = {}
    for token in tokens:
        if token.type == "inline":
            token.children = list(_mark(token.children or [], names, most))
    return list(names.values())


def find_marked(html: str) -> list[str]:
    """Return the names that are marked in HTML of ours, each as it is written there."""
    return _MARKED.findall(html)


def fill_mentions(html: str, links: Callable[[str], str]) -> SafeString:
    """Return safe HTML with ``links(name)``, safe too, in the place of each mention of a name.

    Where that is "", the text stands as it was written.
    """
    return SafeString(_MARKED.sub(lambda found: links(found[1]) or f"@{found[1]}", html))


def _mark(children: Sequence[Token], names: dict[str, str], most: int) -> Iterator[Token]:
    depth = 0
    for child in children:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type != "text" or depth or "@" not in child.content:
            yield child
            continue
        yield from _divide(child, names, most)


def _divide(token: Token, names: dict[str, str], most: int) -> Iterator[Token]:
    text, done = token.content, 0
    for sign in _SIGN.finditer(text):
        name = _read_name(text, sign.end())
        is_mention = len(name) >= _SHORTEST and not _continues(text, sign.start())
        if not is_mention or (name.lower() not in names and len(names) >= most):
            continue
        names.setdefault(name.lower(), name)
        yield _text(text[done : sign.start()])
        yield Token("mention_open", "span", 1, attrs={"class": "mention"})
        yield _text(f"@{name}")
        yield Token("mention_close", "span", -1)
        done = sign.end() + len(name)
    yield _text(text[done:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _read_name(text: str, start: int) -> str:
    """The name that begins at ``start``, without the full stop of a sentence; "" if too long."""
    end = start
    while end < len(text) and end - start <= _LONGEST and _is_of_name(text[end]):
        end += 1
    name = text[start:end].rstrip(_SEPARATORS)
    return name if len(name) <= _LONGEST else ""


def _continues(text: str, at: int) -> bool:
    """Whether what stands before ``at`` makes it part of something else."""
    return at > 0 and (text[at - 1] in _BEFORE or _is_of_name(text[at - 1]))


def _is_of_name(character: str) -> bool:
    return character in _SEPARATORS or unicodedata.category(character)[0] in "LMN"
