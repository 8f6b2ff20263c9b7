"""Wikilinks: ``[[Title]]``, ``[[Title|label]]``, ``[[Title#Heading]]``, ``[[#Heading]]``."""

import re
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from markup.documents import Wikilink
from markup.slugs import slugify_title

MAX_TITLE = 200

# Bounded, and stopped by any bracket: 20,000 "[" cost 20,000 short looks.
WIKILINK = (
    rf"\[\[(?P<target>[^\[\]\n|]{{1,{MAX_TITLE}}})(?:\|(?P<label>[^\[\]\n|]{{1,{MAX_TITLE}}}))?\]\]"
)
_WIKILINK = re.compile(WIKILINK)
# "C#" and "C# in brief" are titles: only a sign with a heading right behind it divides.
_FRAGMENT = re.compile(r"#(?=[^\s#])")


def wikilink_plugin(md: MarkdownIt) -> None:
    """Add the rule to ``md``; its ``link_open`` tokens carry a Wikilink in ``meta``."""
    md.inline.ruler.before("link", "wikilink", _read_wikilink)


def parse_wikilink(target: str) -> Wikilink | None:
    """Return what ``target`` (between the brackets, before the bar) means, None for nothing."""
    parts = _FRAGMENT.split(target.strip(), maxsplit=1)
    title = parts[0].strip()
    heading = parts[1].strip() if len(parts) == 2 else ""
    slug = slugify_title(title)
    fragment = heading_id(heading) if heading else ""
    if (title and not slug) or not (slug or fragment):
        return None
    return Wikilink(title=title, slug=slug, fragment=fragment)


def heading_id(text: str) -> str:
    """Return the anchor of a heading ``text``, before it is made unique.

    The prefix keeps an author from shadowing names of the page's own scripts (DOM clobbering).
    """
    return "h-" + (slugify_title(text) or "section")


def wikilink_href(slug: str) -> str:
    """Return the address of the page ``slug``, "" for this very page."""
    return f"/wiki/{quote(slug)}/" if slug else ""


def _read_wikilink(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("[[", state.pos):
        return False
    found = _WIKILINK.match(state.src, state.pos, state.posMax)
    if found is None or state.linkLevel:
        return False
    wikilink = parse_wikilink(found[1])
    if wikilink is None:
        return False
    if not silent:
        token = state.push("link_open", "a", 1)
        token.meta["wikilink"] = wikilink
        state.push("text", "", 0).content = _label(found[1], found[2], wikilink)
        state.push("link_close", "a", -1)
    state.pos = found.end()
    return True


def _label(target: str, label: str | None, wikilink: Wikilink) -> str:
    if label and label.strip():
        return label.strip()
    heading = _FRAGMENT.split(target.strip(), maxsplit=1)[-1].strip()
    if not wikilink.fragment:
        return wikilink.title
    return f"{wikilink.title} § {heading}" if wikilink.title else heading
