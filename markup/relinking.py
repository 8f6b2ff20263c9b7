"""Leading wiki links on to another title, wherever they are written in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markup.parsing import document_parser
from markup.wikilinks import MAX_TITLE, WIKILINK, parse_wikilink

# Code within a line comes first: what looks like a link in it is none.
_CODE_OR_LINK = re.compile(
    rf"\\.|(?P<code>(?P<ticks>(?<!`)`+(?!`)).*?(?<!`)(?P=ticks)(?!`))|{WIKILINK}", re.S
)
_BETWEEN = re.compile(r"(\n[ \t]*\n)")


def can_be_linked(title: str) -> bool:
    """Whether a wiki link can name ``title`` at all: no bracket, no bar, nothing like a heading."""
    if not 0 < len(title) <= MAX_TITLE or re.search(r"[\[\]|\n]", title):
        return False
    wikilink = parse_wikilink(title)
    return wikilink is not None and not wikilink.fragment and wikilink.title == title


def replace_wikilinks(text: str, *, slug: str, title: str) -> str:
    """``text`` with every wiki link to the page ``slug`` naming ``title`` instead.

    Labels and headings stay, and what is code is not touched.
    """
    if "[[" not in text:
        return text

    def replaced(match: re.Match[str]) -> str:
        target = match["target"]
        wikilink = parse_wikilink(target) if target else None
        if wikilink is None or wikilink.slug != slug:
            return match[0]
        rest = target.strip()[len(wikilink.title) :].lstrip()
        label = "" if match["label"] is None else f"|{match['label']}"
        return f"[[{title}{rest if wikilink.fragment else ''}{label}]]"

    return "".join(
        part if is_code else "".join(_CODE_OR_LINK.sub(replaced, p) for p in _BETWEEN.split(part))
        for part, is_code in _parts(text)
    )


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in order, and whether a part is a block of code."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    at = 0
    for token in document_parser().parse(text):
        if token.type in ("fence", "code_block") and token.map and token.map[0] >= at:
            yield "".join(lines[at : token.map[0]]), False
            yield "".join(lines[token.map[0] : token.map[1]]), True
            at = token.map[1]
    yield "".join(lines[at:]), False
