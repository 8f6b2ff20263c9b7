"""The text of one list item or table row, with its links, and where they lead."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from catalog.awesome.inlines import (
    LINE_BREAK,
    SCHEME,
    Piece,
    list_markdown,
    markdown_of,
    plain_text,
)


class LinkKind(Enum):
    """Where a link leads."""

    OUTSIDE = auto()
    INTERNAL = auto()
    RELATIVE = auto()
    UNSUPPORTED = auto()


def link_kind(url: str) -> LinkKind:
    """What the address `url`, as written in the list, leads to."""
    if not url or url.startswith("#"):
        return LinkKind.INTERNAL
    if url.startswith("//"):
        return LinkKind.OUTSIDE
    scheme = SCHEME.match(url)
    if scheme is None or "." in scheme[1]:  # "example.org:8080" has a port, not a scheme
        return LinkKind.RELATIVE
    if scheme[1].lower() in {"http", "https"}:
        return LinkKind.OUTSIDE
    return LinkKind.UNSUPPORTED


@dataclass(slots=True)
class ItemText:
    """The paragraphs of an item, or the cells of a row, joined; and the pieces in them."""

    source: str = ""
    pieces: list[Piece] = field(default_factory=list)
    starts: list[tuple[int, int]] = field(default_factory=list)

    def add(self, source: str, pieces: Iterable[Piece], line: int, separator: str = "\n\n") -> None:
        """Append a paragraph whose first line is `line` (from 1)."""
        if self.source:
            self.source += separator
        offset = len(self.source)
        self.starts.append((offset, line))
        self.pieces += [piece.shifted(offset) for piece in pieces]
        self.source += source

    def line_of(self, position: int) -> int:
        """The line (from 1) on which `source[position]` stands in the file."""
        for offset, line in reversed(self.starts):
            if offset <= position:
                return line + self.source.count("\n", offset, position)
        return 1

    def markdown(self, start: int = 0, end: int | None = None) -> str:
        """The text from `start` to `end`, each paragraph on one line."""
        return one_line(markdown_of(self.source, self.pieces, start, end))

    def links(self, kind: LinkKind) -> list[Piece]:
        """The links that lead to `kind`, without those whose Markdown is broken."""
        return [
            piece
            for piece in self.pieces
            if piece.kind == "link" and link_kind(piece.url) is kind and not self.is_broken(piece)
        ]

    def is_broken(self, piece: Piece) -> bool:
        """Whether a bare address is what remains of a `[text](address` that is no Markdown."""
        return piece.is_bare and self.source.endswith("](", 0, piece.start)

    def title_link(self) -> Piece | None:
        """The link that is the resource: the first that leads outside.

        A picture followed by nothing but pictures and then a link with words is that link's badge.
        """
        links = self.links(LinkKind.OUTSIDE)
        for link in links:
            if not link.is_picture:
                return link if self._only_pictures(links[0], link) else links[0]
        return links[0] if links else None

    def _only_pictures(self, first: Piece, last: Piece) -> bool:
        position = first.start
        for piece in self.pieces:
            if first.start <= piece.start < last.start and is_picture(piece):
                if self.source[position : piece.start].strip():
                    return False
                position = piece.end
        return not self.source[position : last.start].strip()


def is_picture(piece: Piece) -> bool:
    """Whether a reader sees an image there, linked or not."""
    return piece.kind == "image" or piece.is_picture


def one_line(markdown: str) -> str:
    """Each paragraph of `markdown` on a line of its own."""
    paragraphs = (LINE_BREAK.sub(" ", part).strip() for part in markdown.split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part)


def plain_words(markdown: str) -> str:
    """What a reader sees of one paragraph of `markdown`, images left out."""
    (inline,) = list_markdown().parseInline(markdown)
    return plain_text(inline.children or [], images=False)
