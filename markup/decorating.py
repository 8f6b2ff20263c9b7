"""One walk over a document's tokens: finds what it refers to and gives it its final shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _
from markdown_it.token import Token

from markup.alerts import mark_alerts
from markup.documents import Embed, Heading, LinkMark, OutgoingLink, Wikilink
from markup.embeds import parse_embed
from markup.images import find_picture
from markup.sanitising import OUTSIDE_REL
from markup.urls import is_internal
from markup.wikilinks import heading_id, wikilink_href

MAX_EMBEDS = 50
MAX_LABEL = 100  # characters of a heading in the name of a table below it


@dataclass
class Findings:
    """What the walk found; ``wikilink_tokens`` go with ``wikilinks``, one each."""

    headings: list[Heading] = field(default_factory=list)
    links: list[OutgoingLink] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    wikilinks: list[Wikilink] = field(default_factory=list)
    wikilink_tokens: list[Token] = field(default_factory=list)
    embeds: list[Embed] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    used_ids: dict[str, int] = field(default_factory=dict)


def decorate(tokens: list[Token]) -> Findings:
    """Complete ``tokens`` in place (anchors, classes, rel, images) and return what they hold."""
    findings = Findings()
    mark_alerts(tokens)
    for index, token in enumerate(tokens):
        if token.type == "inline":
            token.children = _decorate_inline(token.children or [], findings)
            _find_figure(tokens, index)
        elif token.type == "heading_close":
            _anchor_heading(tokens[index - 2], tokens[index - 1], token, findings)
        elif token.type == "paragraph_open":
            _find_embed(token, tokens[index + 1], findings)
        elif token.type in ("th_open", "td_open"):
            _align_by_class(token)
        elif token.type == "table_open" and findings.headings:
            token.meta["heading"] = findings.headings[-1].text[:MAX_LABEL]
    return findings


def plain_text(tokens: list[Token]) -> str:
    """Return what a reader sees of inline ``tokens``, without markup."""
    parts = []
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special", "math_inline"):
            parts.append(token.content)
        elif token.type == "image":
            parts.append(plain_text(token.children or []))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)


def complete_wikilinks(findings: Findings, pages: Mapping[str, str | None]) -> None:
    """Lead the wikilinks to ``pages``: slug -> address, or None where the page does not exist.

    Those whose slug is not in ``pages`` stay plain links.
    """
    for token, wikilink in zip(findings.wikilink_tokens, findings.wikilinks, strict=True):
        if wikilink.slug not in pages:
            continue
        address = pages[wikilink.slug]
        if address is not None:
            token.attrSet("href", address + _fragment(wikilink))
            continue
        title = quote(wikilink.title, safe="")
        token.attrSet("class", "wikilink is-missing")
        token.attrSet("href", f"{wikilink_href(wikilink.slug)}edit/?title={title}")
        token.attrSet("title", _("This page does not exist yet"))


def _fragment(wikilink: Wikilink) -> str:
    return f"#{quote(wikilink.fragment)}" if wikilink.fragment else ""


def insert_marks(tokens: list[Token], marks: Mapping[str, LinkMark]) -> None:
    """Put the mark of each link behind it."""
    if not marks:
        return
    for token in tokens:
        if token.type != "inline":
            continue
        marked: list[Token] = []
        for child in token.children or []:
            marked.append(child)
            is_marked = child.type != "link_close" or "is_source" in child.meta
            address = child.meta.get("outside") or child.meta.get("inside", "")
            mark = None if is_marked else marks.get(address)
            if mark is not None:
                marked += _mark_tokens(mark)
        token.children = marked


def _mark_tokens(mark: LinkMark) -> list[Token]:
    opening = Token("mark_open", "span", 1, attrs={"class": f"health {mark.state}"})
    space, label = Token("text", "", 0, content=" "), Token("text", "", 0, content=mark.label)
    return [space, opening, label, Token("mark_close", "span", -1)]


def _decorate_inline(children: list[Token], findings: Findings) -> list[Token]:
    """Return ``children`` with links completed and images shown as links or lazily."""
    shaped: list[Token] = []
    open_links: list[tuple[Token, int]] = []
    for child in children:
        if child.type == "image":
            shaped += _shape_image(child, findings, is_in_link=bool(open_links))
            continue
        shaped.append(child)
        if child.type == "link_open":
            open_links.append((child, len(shaped)))
        elif child.type == "link_close" and open_links:
            opening, start = open_links.pop()
            _complete_link(opening, child, plain_text(shaped[start:]), findings)
    return shaped


def _complete_link(opening: Token, closing: Token, text: str, findings: Findings) -> None:
    wikilink = opening.meta.get("wikilink")
    if wikilink is not None:
        findings.wikilinks.append(wikilink)
        findings.wikilink_tokens.append(opening)
        opening.attrSet("class", "wikilink")
        opening.attrSet("href", wikilink_href(wikilink.slug) + _fragment(wikilink))
        return
    href = str(opening.attrGet("href") or "")
    if href.startswith("//"):
        href = "https:" + href
        opening.attrSet("href", href)
    if not _leads_outside(href):
        if path := _path_inside(href):
            closing.meta["inside"] = path
            findings.inside.append(path)
        return
    opening.attrSet("rel", OUTSIDE_REL)
    if not href.lower().startswith("mailto:"):
        closing.meta["outside"] = href
        findings.links.append(OutgoingLink(url=href, text=text.strip()))


def _leads_outside(href: str) -> bool:
    return href.lower().startswith(("http:", "https:", "mailto:")) and not is_internal(
        href, settings.SITE_URL
    )


def _path_inside(href: str) -> str:
    """The path of the site that ``href`` names from its root; "" of any other address."""
    href = href.removeprefix(settings.SITE_URL)
    return href if href.startswith("/") and not href.startswith(("//", "/\\")) else ""


def _shape_image(image: Token, findings: Findings, *, is_in_link: bool) -> list[Token]:
    """Return the tokens shown for ``image``: only pictures of the site itself are loaded."""
    source = str(image.attrGet("src") or "")
    alt = plain_text(image.children or []).strip()
    if source.startswith("/") and not source.startswith(("//", "/\\")):
        image.attrSet("loading", "lazy")
        _know_size(image, source, findings)
        return [image]
    if is_in_link:
        return [Token("text", "", 0, content=alt or _("image"))]
    shown = _("image: %(alt)s") % {"alt": alt} if alt else _("image")
    label = Token("text", "", 0, content=shown)
    opening = Token("link_open", "a", 1, attrs={**image.attrs, "class": "image-link"})
    opening.attrs["href"] = opening.attrs.pop("src")
    opening.attrs.pop("alt", None)
    closing = Token("link_close", "a", -1)
    _complete_link(opening, closing, alt, findings)
    return [opening, label, closing]


def _know_size(image: Token, source: str, findings: Findings) -> None:
    """Say how large an uploaded picture is, so that nothing moves while it is loaded."""
    picture = find_picture(source)
    if picture is None:
        return
    image.attrs |= {"width": picture.width, "height": picture.height, "decoding": "async"}
    image.meta["picture"] = picture
    findings.pictures.append(picture.name)


def _find_figure(tokens: list[Token], index: int) -> None:
    """A paragraph that is an uploaded picture alone is a figure; its title is the caption."""
    opening, inline = tokens[index - 1], tokens[index]
    children = inline.children or []
    if opening.type != "paragraph_open" or opening.hidden or len(children) != 1:
        return
    image = children[0]
    if "picture" not in image.meta:
        return
    opening.tag = tokens[index + 1].tag = "figure"
    caption = str(image.attrs.pop("title", ""))
    if caption:
        inline.children = [
            image,
            Token("caption_open", "figcaption", 1),
            Token("text", "", 0, content=caption),
            Token("caption_close", "figcaption", -1),
        ]


def _align_by_class(cell: Token) -> None:
    style = cell.attrs.pop("style", None)
    if style is not None:
        cell.attrSet("class", "align-" + str(style).removeprefix("text-align:"))


def _find_embed(paragraph: Token, inline: Token, findings: Findings) -> None:
    if paragraph.level > 0 or not inline.content.startswith("{{"):
        return
    embed = parse_embed(inline.content)
    if embed is None or len(findings.embeds) >= MAX_EMBEDS:
        return
    paragraph.meta["embed"] = embed
    findings.embeds.append(embed)


def _anchor_heading(opening: Token, inline: Token, closing: Token, findings: Findings) -> None:
    """Give a heading its id, and what the link to it says; the link stands behind the heading."""
    text = " ".join(plain_text(inline.children or []).split())
    anchor = _unique_id(heading_id(text), findings.used_ids)
    opening.attrSet("id", anchor)
    level = int(opening.tag[1])
    findings.headings.append(Heading(level=level, id=anchor, text=text))
    closing.meta["anchor"] = anchor
    closing.meta["label"] = _("Link to this section: %(heading)s") % {"heading": text}


def _unique_id(anchor: str, used: dict[str, int]) -> str:
    """Return ``anchor``, or with the first free -1, -2, …; linear in the number of headings."""
    candidate = anchor
    while candidate in used:
        used[anchor] += 1
        candidate = f"{anchor}-{used[anchor]}"
    used[candidate] = 0
    return candidate
