"""Markdown parsed so that every link and image still knows where it stands in the source.

markdown-it drops positions inside a line. Descriptions are kept as written, so they are cut out
of the source; for that the rules that find links, images and HTML are wrapped to note their span.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

MAX_INLINE = 30_000
"""Characters of one paragraph: beyond it some rules of Markdown take quadratic time."""

MAX_NESTING = 60

BIDI_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = BIDI_MARKS + "\u200b\u2060\ufeff\u00ad"

TAG = re.compile(r"</?([a-zA-Z][\w-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
ATTRIBUTE = re.compile(r"([a-zA-Z][\w-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
LINE_BREAK = re.compile(r"[ \t]*\\?\n[ \t]*")

InlineRule = Callable[[StateInline, bool], bool]


@dataclass(frozen=True, slots=True)
class Piece:
    """A link, an image or a piece of HTML at `source[start:end]` of a paragraph.

    `text` is plain: a link's words, an image's alternative text, a tag's name ("/a" for a closing
    one, "!" for a comment).
    `is_picture` marks a link whose text is an image only. `markdown` is set where the source
    would not stand by itself: reference-style links, HTML images.
    """

    kind: Literal["link", "image", "html"]
    start: int
    end: int
    text: str
    url: str = ""
    is_picture: bool = False
    is_bare: bool = False
    markdown: str = ""

    def shifted(self, offset: int) -> "Piece":
        return Piece(
            self.kind,
            self.start + offset,
            self.end + offset,
            self.text,
            self.url,
            self.is_picture,
            self.is_bare,
            self.markdown,
        )


class _Markdown(MarkdownIt):
    """Nothing is rendered here: addresses stay as written, and bad ones are seen and reported."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return True


@cache
def list_markdown() -> MarkdownIt:
    """The parser: GitHub's Markdown, with `meta["span"]` on links, images and inline HTML."""
    options = {"linkify": True, "maxNesting": MAX_NESTING, "store_labels": True}
    markdown = _Markdown("commonmark", options)
    markdown.enable(["table", "strikethrough", "linkify"]).use(front_matter_plugin)
    markdown.core.ruler.disable("linkify")  # the inline rule of that name stays: http:// only
    rules = {rule.name: rule.fn for rule in markdown.inline.ruler.__rules__}
    for name, opener in SPANNED.items():
        markdown.inline.ruler.at(name, _noting_span(rules[name], opener))
    markdown.core.ruler.before("inline", "bound", _drop_overlong)
    return markdown


SPANNED = {
    "link": "link_open",
    "linkify": "link_open",
    "autolink": "link_open",
    "image": "image",
    "html_inline": "html_inline",
}


def _noting_span(rule: InlineRule, opener: str) -> InlineRule:
    def noting(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            # Pending text may have been flushed into a token before the opener.
            token = next(t for t in state.tokens[count : count + 2] if t.type == opener)
            if token.markup == "linkify":
                # This rule fires at "://" and takes the scheme back from the pending text.
                address = str(token.attrs["href"])
                start = state.pos - len(address)
            token.meta["span"] = (start, state.pos)
        return True

    return noting


def _drop_overlong(state: StateCore) -> None:
    """Empty what is too long to parse, and note its first line (from 0) in the environment."""
    for token in state.tokens:
        if token.type == "inline" and len(token.content) > MAX_INLINE:
            state.env.setdefault("overlong", []).append((token.map or [0])[0])
            token.content = ""


def pieces_of(inline: Token) -> list[Piece]:
    """Links, images outside links, and HTML of a paragraph, in order, without overlaps."""
    tokens = inline.children or []
    pieces: list[Piece] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.type == "link_open":
            close = _closing(tokens, index)
            pieces.append(_link(inline.content, token, tokens[index + 1 : close]))
            index = close
        elif token.type == "image":
            pieces.append(_image(inline.content, token))
        elif token.type == "html_inline":
            piece, index = _html(tokens, index)
            pieces.append(piece)
        index += 1
    return pieces


def _closing(tokens: Sequence[Token], opening: int) -> int:
    """Index of the link_close for the link_open at `opening`; links do not nest."""
    for index in range(opening + 1, len(tokens)):
        if tokens[index].type == "link_close":
            return index
    return len(tokens)


def _link(source: str, token: Token, inside: Sequence[Token]) -> Piece:
    start, end = token.meta["span"]
    is_bare = token.info == "auto"
    has_picture = any(t.type == "image" for t in inside)
    words = "" if is_bare else plain_text(inside, images=False)
    url = str(token.attrs.get("href", ""))
    return Piece(
        "link",
        start,
        end,
        words or ("" if is_bare else plain_text(inside)),
        url,
        is_picture=has_picture and not words,
        is_bare=is_bare,
        markdown=_resolved(source[start:end], url, token) if "label" in token.meta else "",
    )


def _image(source: str, token: Token) -> Piece:
    start, end = token.meta["span"]
    url = str(token.attrs.get("src", ""))
    markdown = _resolved(source[start:end], url, token) if "label" in token.meta else ""
    alt = plain_text(token.children or [])
    return Piece("image", start, end, alt, url, markdown=markdown)


def _resolved(written: str, url: str, token: Token) -> str:
    """`[text][label]`, `[text][]` or `[label]` with the address in place of the label."""
    label = f"[{token.meta['label']}]"
    text = written.removesuffix("[]")
    if text.endswith(label) and len(text) > len(label) + 1:
        text = text.removesuffix(label)
    target = f"<{url}>" if re.search(r"[\s()<>]", url) else url
    return f"{text}({target})"


def _html(tokens: Sequence[Token], index: int) -> tuple[Piece, int]:
    """The piece of HTML at `index`: a whole `<a href>…</a>` is a link, `<img>` an image.

    Returns the index of the last token it covers.
    """
    token = tokens[index]
    start, end = token.meta["span"]
    tag = TAG.match(token.content)
    name = tag[1].lower() if tag else "!"
    if token.content.startswith("</"):
        return Piece("html", start, end, f"/{name}"), index
    attributes = _attributes(tag[2]) if tag else {}
    if name == "img":
        source, alt = attributes.get("src", ""), attributes.get("alt", "")
        return Piece("image", start, end, alt, source, markdown=f"![{alt}]({source})"), index
    if name == "a" and "href" in attributes:
        close = _closing_anchor(tokens, index)
        if close is not None:
            inside = tokens[index + 1 : close]
            end = tokens[close].meta["span"][1]
            text, url = plain_text(inside), attributes["href"]
            written = f"[{text}]({url})"
            return Piece("link", start, end, text, url, not text, markdown=written), close
    return Piece("html", start, end, name), index


def _closing_anchor(tokens: Sequence[Token], opening: int) -> int | None:
    for index in range(opening + 1, len(tokens)):
        token = tokens[index]
        if token.type == "html_inline" and token.content.lower().startswith("</a"):
            return index
        if token.type == "link_open":
            return None
    return None


def _attributes(text: str) -> dict[str, str]:
    return {
        match[1].lower(): unescape(match[2] or match[3] or match[4] or "")
        for match in ATTRIBUTE.finditer(text)
    }


def plain_text(tokens: Sequence[Token], *, images: bool = True) -> str:
    """The words of inline tokens: entities and escapes resolved, tags and edge marks gone."""
    return clean_text("".join(_words(tokens, images=images)))


def _words(tokens: Sequence[Token], *, images: bool) -> Iterator[str]:
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type == "image":
            if images:
                yield from _words(token.children or [], images=True)
        elif token.type != "html_inline":
            yield token.content


def clean_text(text: str) -> str:
    """One line of `text` without control characters, and without invisible marks at its edges."""
    printable = "".join(c if c >= " " and c != "\x7f" else " " for c in text)
    words = " ".join(printable.split())
    while words != (stripped := words.strip(INVISIBLE).strip()):
        words = stripped
    return words


def rewrite(
    source: str,
    pieces: Iterable[Piece],
    write: Callable[[Piece], str | None],
    start: int = 0,
    end: int | None = None,
) -> str:
    """`source[start:end]` with each piece replaced by what `write` says; None keeps it as it is."""
    end = len(source) if end is None else end
    out: list[str] = []
    for piece in pieces:
        if piece.start < start or piece.end > end:
            continue
        replacement = write(piece)
        if replacement is not None:
            out += source[start : piece.start], replacement
            start = piece.end
    out.append(source[start:end])
    return "".join(out)


def markdown_of(
    source: str, pieces: Iterable[Piece], start: int = 0, end: int | None = None
) -> str:
    """`source[start:end]` as Markdown that stands by itself.

    Reference links are made inline, comments and empty anchors dropped.
    """
    return rewrite(source, pieces, _standing_alone, start, end)


def _standing_alone(piece: Piece) -> str | None:
    if piece.kind == "html":
        return "" if piece.text in {"!", "a", "/a"} else None
    return piece.markdown or None
