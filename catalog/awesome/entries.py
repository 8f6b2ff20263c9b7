"""One item taken apart: title, badges, separator, description, and what stands before the link."""

import re
from urllib.parse import urlsplit

from catalog.awesome.attributes import read_attributes
from catalog.awesome.inlines import Piece, clean_text
from catalog.awesome.items import ItemText, LinkKind, is_picture, plain_words
from catalog.awesome.model import ParsedEntry

LONG_TITLE = 100
"""Characters: words beside a bare address that are longer describe it, they do not name it."""

OPENING = re.compile(r"(\*{1,3}|_{1,3}|~~|[(\[“\"'‘《「『【（«„])$")
CLOSING = dict(zip("([“\"'‘《「『【（«„", ")]”\"'’》」』】）»“", strict=True))
EMPHASIS_ONLY = re.compile(r"[*_~]+")

# Dashes and colons separate wherever they stand. A hyphen may as well belong to the next word
# ("[Ray](…)-based"), and a colon may begin an emoji (":star:").
DASH = r"[–—―−－：|·•→]+|:(?![a-z0-9_+-]+:)"
SEPARATOR = re.compile(
    rf"(?:{DASH}|-{{1,3}}(?=\s|$)|(?<=\s)-{{1,3}}(?!-)|-{{1,3}}(?![a-z-])"
    r"|[,，、;；]|[./](?=\s|$))\s*"
)
SECOND_SEPARATOR = re.compile(rf"(?:{DASH}|-{{1,3}}(?=\s|$))\s*")
LABEL_END = re.compile(r"\s*[-–—―−－:：|·•→]+$")
CHECKBOX = re.compile(r"\s*\[[ xX]?\]\s+")
SHORTCODE = re.compile(r":[a-z0-9_+-]+:")


def build_entry(
    text: ItemText, link: Piece, *, group: str, parent: int | None, has_children: bool
) -> tuple[ParsedEntry, str]:
    """The entry that `link` is in `text`, and the label for the items below it."""
    cut = _Cut(text, link)
    title, lead, description = _name(link, cut.lead(), cut.description())
    label = ""
    if has_children and _has_words(lead):
        label, lead = label_of(lead), ""
    entry = ParsedEntry(
        title=title,
        url=f"https:{link.url}" if link.url.startswith("//") else link.url,
        description=_with_lead(lead, description, text),
        badges=" ".join(cut.badges),
        group=label or group,
        parent=parent,
        line=text.line_of(link.start),
        extra_links=tuple(
            (other.text or other.url, other.url)
            for other in text.links(LinkKind.OUTSIDE)
            if other != link and not other.is_picture
        ),
        attributes=read_attributes(text),
    )
    return entry, label or title


def label_of(markdown: str) -> str:
    """The plain words of `markdown` as a label: without the colon or dash at its end."""
    return clean_text(LABEL_END.sub("", plain_words(markdown)))


class _Cut:
    """Where in an item's source the lead ends and the description begins and ends."""

    def __init__(self, text: ItemText, link: Piece) -> None:
        self.text = text
        checkbox = CHECKBOX.match(text.source, 0, link.start)
        self.start = checkbox.end() if checkbox else 0
        self.lead_end = link.start
        self.position = link.end
        self.end = len(text.source)
        self.badges = self._badges_before()
        self._skip_to_description()
        self.badges += self._badges_at_end()

    def lead(self) -> str:
        return self.text.markdown(self.start, self.lead_end)

    def description(self) -> str:
        return self.text.markdown(self.position, self.end)

    def _written(self, piece: Piece) -> str:
        return piece.markdown or self.text.source[piece.start : piece.end]

    def _badges_before(self) -> list[str]:
        badges: list[str] = []
        for piece in reversed(self.text.pieces):
            if piece.end > self.lead_end:
                continue
            if not is_picture(piece) or self.text.source[piece.end : self.lead_end].strip():
                break
            badges.insert(0, self._written(piece))
            self.lead_end = piece.start
        return badges

    def _badges_at_end(self) -> list[str]:
        badges: list[str] = []
        for piece in reversed(self.text.pieces):
            if piece.start < self.position or not is_picture(piece):
                break
            if self.text.source[piece.end : self.end].strip():
                break
            badges.insert(0, self._written(piece))
            self.end = piece.start
        return badges

    def _skip_to_description(self) -> None:
        """Move past badges, what closes the lead's last mark, and the separator."""
        starts = {piece.start: piece for piece in self.text.pieces}
        separators = [SEPARATOR, SECOND_SEPARATOR]
        while self.position < self.end:
            piece = starts.get(self.position)
            if piece is not None and is_picture(piece):
                self.badges.append(self._written(piece))
                self.position = piece.end
            elif self.text.source[self.position].isspace():
                self.position += 1
            elif self._closes_lead():
                continue
            elif separators and (
                found := separators[0].match(self.text.source, self.position, self.end)
            ):
                self.position = found.end()
                separators.pop(0)
            else:
                return

    def _closes_lead(self) -> bool:
        source = self.text.source
        opening = OPENING.search(source[self.start : self.lead_end])
        if opening:
            closing = CLOSING.get(opening[0], opening[0])
            if source.startswith(closing, self.position):
                self.lead_end -= len(opening[0])
                self.position += len(closing)
                return True
        if source[self.position] == ")":  # left over from a badge closed twice
            self.position += 1
            return True
        return False


def _name(link: Piece, lead: str, description: str) -> tuple[str, str, str]:
    """Title, lead and description: where the link has no words, those beside it become its name."""
    if link.text:
        return link.text, lead, description
    before = clean_text(plain_words(lead).strip(" \t[](){}<>:：-–—|,"))
    if before and len(before) <= LONG_TITLE:
        return before, "", description
    after = plain_words(description)
    if after and not before and len(after) <= LONG_TITLE and "](" not in description:
        return after, lead, ""
    return _host(link.url), lead, description


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:  # an address such as "http://[" is refused later, with its line
        host = None
    return (host or url).removeprefix("www.")


def _with_lead(lead: str, description: str, text: ItemText) -> str:
    """The description with the words before the link kept.

    "Author: [title](…) - note" gives "Author: note"; a sentence around the link stays whole.
    """
    if not lead:
        return description
    if EMPHASIS_ONLY.fullmatch(lead):
        return f"{lead}{description}"
    if not _has_words(lead):
        return f"{lead} {description}".strip()
    if LABEL_END.search(lead):
        label = LABEL_END.sub("", lead)
        return f"{label}: {description}" if description else label
    return CHECKBOX.sub("", text.markdown(), count=1)


def _has_words(markdown: str) -> bool:
    return any(character.isalnum() for character in SHORTCODE.sub("", markdown))
