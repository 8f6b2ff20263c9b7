"""Markdown to safe HTML: the one way from what people write to what readers get.

Every text passes the parser with HTML off, our allow-list of addresses, and nh3; what only the
caller knows (which pages exist, embedded lists, links' health) comes in through resolvers.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence

from django.utils.html import escape
from django.utils.translation import gettext as _
from markdown_it.token import Token

from markup.decorating import complete_wikilinks, decorate, insert_marks
from markup.documents import (
    MAX_OUTPUT_BYTES,
    MAX_TEXT_BYTES,
    Embed,
    EmbedResolver,
    Heading,
    LinkMark,
    LinkMarker,
    OutgoingLink,
    OutputTooLarge,
    RenderedDocument,
    TextTooLong,
    Wikilink,
    WikilinkResolver,
)
from markup.embeds import unknown_parameters
from markup.excerpts import Lines, keep_lines
from markup.maths import has_switch, without_switches
from markup.mentions import mark_mentions
from markup.parsing import document_parser, render_tokens
from markup.sanitising import sanitise
from markup.sources import mark_sources

__all__ = [
    "MAX_OUTPUT_BYTES",
    "MAX_TEXT_BYTES",
    "Embed",
    "Heading",
    "LinkMark",
    "OutgoingLink",
    "OutputTooLarge",
    "RenderedDocument",
    "TextTooLong",
    "Wikilink",
    "find_links",
    "find_mentions",
    "parse_text",
    "render_document",
    "render_markdown",
]

# Resolvers are asked for so many at most, so that one query can answer.
MAX_RESOLVED = 5000

# What HTML cannot hold: controls but tab and line ends, and lone surrogates.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def render_markdown(
    text: str,
    *,
    resolve_wikilink: WikilinkResolver | None = None,
    resolve_embed: EmbedResolver | None = None,
    mark_link: LinkMarker | None = None,
    mark_source: LinkMarker | None = None,
    inline: bool = False,
    most_mentions: int = 0,
) -> str:
    """Return ``text`` as safe HTML: ``render_document(…).html``."""
    return render_document(
        text,
        resolve_wikilink=resolve_wikilink,
        resolve_embed=resolve_embed,
        mark_link=mark_link,
        mark_source=mark_source,
        inline=inline,
        most_mentions=most_mentions,
    ).html


def render_document(
    text: str,
    *,
    resolve_wikilink: WikilinkResolver | None = None,
    resolve_embed: EmbedResolver | None = None,
    mark_link: LinkMarker | None = None,
    mark_source: LinkMarker | None = None,
    mark_inside: LinkMarker | None = None,
    inline: bool = False,
    most_mentions: int = 0,
    lines: Lines | None = None,
) -> RenderedDocument:
    """Return ``text`` (Markdown, GitHub's flavour) as safe HTML with what it refers to.

    ``resolve_wikilink`` gets all slugs at once and returns the address of each page that exists;
    the others become red links (without a resolver all are plain). ``resolve_embed`` returns the
    trusted HTML of one embed (without it the text stays literal). ``mark_link`` gets all outside
    addresses at once, ``mark_source`` those in tables that compare (:mod:`markup.sources`), whose
    marks are shapes, ``mark_inside`` the paths of links within the site. ``inline`` yields one line
    without blocks, for short descriptions. ``@name`` of ``most_mentions`` names is marked for
    :func:`markup.mentions.fill_mentions`. With ``lines`` (from 0, half open) the HTML is that of
    those lines alone, as it stands in that of the whole.

    Raises TextTooLong over ``MAX_TEXT_BYTES`` and OutputTooLarge over ``MAX_OUTPUT_BYTES``. The
    words that it adds itself are in the active language.
    """
    tokens = parse_text(text, inline=inline)
    findings = decorate(tokens)
    if resolve_wikilink is not None:
        complete_wikilinks(findings, _existing_pages(resolve_wikilink, findings.wikilinks))
    if mark_source is not None and findings.links:
        mark_sources(tokens, mark_source)
    insert_marks(
        tokens,
        {
            **_ask(mark_link, [link.url for link in findings.links]),
            **_ask(mark_inside, findings.inside),
        },
    )
    if most_mentions:
        mark_mentions(tokens, most_mentions)
    if lines is not None:
        tokens = keep_lines(tokens, lines)
    filling = _EmbedFilling(resolve_embed)
    html = filling.fill(sanitise(render_tokens(filling.place(tokens))))
    if len(html) > MAX_OUTPUT_BYTES or len(html.encode()) > MAX_OUTPUT_BYTES:
        raise OutputTooLarge
    return RenderedDocument(
        html=html,
        headings=findings.headings,
        links=findings.links,
        inside=list(dict.fromkeys(findings.inside)),
        wikilinks=findings.wikilinks,
        embeds=findings.embeds,
        pictures=list(dict.fromkeys(findings.pictures)),
    )


def find_links(text: str) -> list[OutgoingLink]:
    """Return the links of ``text`` that leave the site, as ``render_document`` finds them.

    Without the HTML: for whoever asks only that. Raises TextTooLong.
    """
    return decorate(parse_text(text)).links


def find_mentions(text: str, most: int) -> list[str]:
    """Return the names that :func:`render_document` would mark as mentioned. Raises TextTooLong."""
    tokens = parse_text(text)
    decorate(tokens)
    return mark_mentions(tokens, most)


def parse_text(text: str, *, inline: bool = False) -> list[Token]:
    """Return ``text`` as tokens, as :func:`render_document` reads it. Raises TextTooLong."""
    if len(text) > MAX_TEXT_BYTES or len(text.encode(errors="surrogatepass")) > MAX_TEXT_BYTES:
        raise TextTooLong
    showable = _UNSHOWABLE.sub("\ufffd", text.removeprefix("\ufeff"))
    parser = document_parser()
    if inline:
        return parser.parseInline(showable.strip())
    tokens = parser.parse(showable)
    if "{{" not in showable or not has_switch(tokens):
        return tokens
    # Only who asks for formulas pays for reading twice.
    return without_switches(parser.parse(showable, {"math": True}))


def _distinct(items: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(items))[:MAX_RESOLVED]


def _ask(mark: LinkMarker | None, addresses: Sequence[str]) -> Mapping[str, LinkMark]:
    return mark(_distinct(addresses)) if mark is not None and addresses else {}


def _existing_pages(
    resolve: WikilinkResolver, wikilinks: Iterable[Wikilink]
) -> Mapping[str, str | None]:
    """Return for each slug that was asked the page's address, None where there is no page."""
    slugs = _distinct(wikilink.slug for wikilink in wikilinks if wikilink.slug)
    existing = resolve(slugs) if slugs else {}
    return {slug: existing.get(slug) for slug in slugs}


class _EmbedFilling:
    """Puts trusted HTML where embeds stand, after sanitising.

    The place is marked by a number nobody can know beforehand, so that no text can forge it.
    """

    def __init__(self, resolve: EmbedResolver | None) -> None:
        self.resolve = resolve
        self.mark = secrets.token_hex(16)
        self.fills: list[str] = []

    def place(self, tokens: list[Token]) -> list[Token]:
        """Return ``tokens`` with each embed's paragraph replaced by its mark."""
        if self.resolve is None:
            return tokens
        placed: list[Token] = []
        following = iter(tokens)
        for token in following:
            embed = token.meta.get("embed")
            if embed is None:
                placed.append(token)
                continue
            next(following)  # the paragraph's text
            next(following)  # its end
            placed.append(Token("embed", "", 0, content=f"{self.mark}{len(self.fills)};"))
            self.fills.append(self._fill_for(embed, self.resolve))
        return placed

    def _fill_for(self, embed: Embed, resolve: EmbedResolver) -> str:
        wrong = unknown_parameters(embed)
        if not wrong:
            return resolve(embed)
        note = _("This list cannot be shown; please check: %(names)s") % {"names": ", ".join(wrong)}
        return f'<p class="embed-error">{escape(note)}</p>'

    def fill(self, html: str) -> str:
        if not self.fills:
            return html
        return re.sub(rf"{self.mark}(\d+);", lambda found: self.fills[int(found[1])], html)
