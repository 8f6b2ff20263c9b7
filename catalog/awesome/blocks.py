"""Blocks of Markdown seen from outside: their source, the links in them, their plain words."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from html import unescape
from textwrap import dedent

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from catalog.awesome.inlines import (
    TAG,
    Piece,
    clean_text,
    markdown_of,
    pieces_of,
    rewrite,
)
from catalog.awesome.items import LinkKind, is_picture, link_kind, plain_words

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
HTML_LINK = re.compile(r"<a\s[^<>]*\bhref\s*=|\]\(https?://", re.IGNORECASE)
HEADING_ID = re.compile(r"\s*\{#[^{}]*\}\s*$")
UNDEFINED_REFERENCE = re.compile(r"\[[^\[\]]+\] ?\[[^\[\]]*\]")

CONTENTS_TITLES = frozenset(
    """contents|content|table of contents|toc|index|categories|navigation
    |contenido|contenidos|índice|indice|tabla de contenidos|tabla de contenido
    |sumário|conteúdo|sommaire|table des matières|inhalt|inhaltsverzeichnis|inhoud
    |оглавление|содержание|зміст|spis treści|içindekiler|目录|目錄|目次|내용|목차|차례
    |فهرس|الفهرس|المحتويات|فهرست|תוכן עניינים|mục lục|daftar isi""".replace("\n    ", "").split("|")
)


class ListContent(Enum):
    """What a list or a table is made of."""

    ENTRIES = auto()
    NAVIGATION = auto()
    PROSE = auto()


def first_line(node: SyntaxTreeNode) -> int:
    """The line (from 1) on which `node` begins."""
    return node.map[0] + 1 if node.map else 1


def inline_tokens(node: SyntaxTreeNode) -> Iterator[Token]:
    """The paragraphs, headings and cells below `node`, in order."""
    if node.type == "inline":
        if node.token is not None:
            yield node.token
        return
    for child in node.children:
        yield from inline_tokens(child)


def content_of(node: SyntaxTreeNode, *, in_contents: bool) -> ListContent:
    """What the list or table `node` holds.

    Links into the document itself are navigation; in a section that is called "Contents" links
    with a fragment are, too, though they name the page's own address.
    """
    found = ListContent.PROSE
    for inline in inline_tokens(node):
        for piece in pieces_of(inline):
            if piece.kind != "link":
                continue
            is_internal = link_kind(piece.url) is LinkKind.INTERNAL
            if not is_internal and not (in_contents and "#" in piece.url):
                return ListContent.ENTRIES
            found = ListContent.NAVIGATION
        if UNDEFINED_REFERENCE.search(inline.content):
            return ListContent.ENTRIES
    return found


def source_of(node: SyntaxTreeNode, lines: Sequence[str]) -> str:
    """The block as written, dedented; reference links made inline, comments dropped."""
    if node.map is None:
        return ""
    source = dedent("\n".join(lines[node.map[0] : node.map[1]]))
    for inline in inline_tokens(node):
        resolved = markdown_of(inline.content, pieces_of(inline))
        if resolved != inline.content:
            source = source.replace(inline.content, resolved, 1)
    return source.strip("\n").rstrip()


def plain_html(html: str) -> str:
    """What a reader sees of a block of HTML."""
    return clean_text(unescape(TAG.sub(" ", COMMENT.sub(" ", html))))


def is_navigation(inline: Token) -> bool:
    """Whether a paragraph holds links into the document and no other words ("Back to top")."""
    pieces = [piece for piece in pieces_of(inline) if piece.kind == "link"]
    if not pieces or any(link_kind(piece.url) is not LinkKind.INTERNAL for piece in pieces):
        return False
    rest = rewrite(inline.content, pieces, lambda piece: "")
    return not any(character.isalnum() for character in rest)


def bold_label(inline: Token) -> str:
    """The words of a paragraph that is bold from end to end and holds no link; else ""."""
    tokens = [t for t in inline.children or [] if t.type != "text" or t.content.strip()]
    if len(tokens) < 3 or tokens[0].type != "strong_open" or tokens[-1].type != "strong_close":
        return ""
    inside = tokens[1:-1]
    if any(t.type in {"strong_close", "link_open", "image", "softbreak"} for t in inside):
        return ""
    return clean_text("".join(t.content for t in inside if t.type != "html_inline")).rstrip(":： ")


def heading_title(inline: Token) -> str:
    """A heading's plain words: without badges, anchors, ids and links back to the top.

    Where nothing else is there, its pictures' alternative texts.
    """
    pieces = pieces_of(inline)
    words = plain_words(rewrite(inline.content, pieces, _in_heading))
    title = clean_text(HEADING_ID.sub("", words))
    return title or clean_text(" ".join(piece.text for piece in pieces if is_picture(piece)))


def _in_heading(piece: Piece) -> str | None:
    if is_picture(piece):
        return ""
    is_mark = piece.kind == "link" and not any(c.isalnum() for c in piece.text)
    if is_mark and link_kind(piece.url) is LinkKind.INTERNAL:
        return ""
    return piece.markdown or None
