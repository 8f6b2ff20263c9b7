"""Bare addresses become links, after GFM's "Autolinks (extension)", in bounded time.

The plugin of mdit-py-plugins copies the rest of the text at every ``:`` and ``@`` and is
quadratic; here each attempt looks at no more than one address's length.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from markup.urls import MAX_URL_LENGTH

# White space, "<" and the full-width punctuation of Chinese and Japanese end an address.
_ADDRESS = re.compile(rf"[^\s<，。；：、！？（）「」『』《》【】“”]{{1,{MAX_URL_LENGTH + 1}}}")
_HOST = re.compile(r"([\w-]+(?:\.[\w-]+)*)\.?(?::\d{1,5})?(?=[/?#]|\Z)")
_SCHEME = re.compile(r"(?<![A-Za-z0-9./+-])https?\Z", re.IGNORECASE)
_EMAIL_NAME = re.compile(r"(?<![A-Za-z0-9.+_/:-])[A-Za-z0-9.+_-]{1,64}\Z")
_EMAIL_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_ENTITY = re.compile(r"&[A-Za-z0-9]{1,31};\Z")
_BEFORE_WWW = " \t\n*_~(["


def autolink_plugin(md: MarkdownIt) -> None:
    """Add the three rules (http and https, www, e-mail) to ``md``."""
    md.inline.add_terminator_char("w")
    md.inline.ruler.push("autolink_http", _link_http)
    md.inline.ruler.push("autolink_www", _link_www)
    md.inline.ruler.push("autolink_email", _link_email)


def _link_http(state: StateInline, silent: bool) -> bool:
    pos = state.pos
    if silent or state.linkLevel or not state.src.startswith("://", pos):
        return False
    # Six characters back: "https" and what stands before it.
    scheme = _SCHEME.search(state.src[max(0, pos - 6) : pos])
    if scheme is None or not state.pending.endswith(scheme[0]):
        return False
    rest = _cut_address(state.src, pos + 3, state.posMax)
    if rest is None:
        return False
    return _push(state, scheme[0], "://" + rest, "")


def _link_www(state: StateInline, silent: bool) -> bool:
    pos = state.pos
    if silent or state.linkLevel or not state.src.startswith("www.", pos):
        return False
    if pos > 0 and state.src[pos - 1] not in _BEFORE_WWW:
        return False
    address = _cut_address(state.src, pos, state.posMax)
    return address is not None and "." in address[4:] and _push(state, "", address, "http://")


def _link_email(state: StateInline, silent: bool) -> bool:
    pos = state.pos
    if silent or state.linkLevel or state.src[pos] != "@":
        return False
    name = _EMAIL_NAME.search(state.src, max(0, pos - 65), pos)
    host = _EMAIL_HOST.match(state.src, pos + 1, state.posMax)
    if name is None or host is None or not host[0][-1].isalpha():
        return False
    if not state.pending.endswith(name[0]):
        return False
    return _push(state, name[0], "@" + host[0], "mailto:")


def _cut_address(src: str, start: int, end: int) -> str | None:
    """Return the address that begins at ``start`` without the punctuation that only follows it."""
    found = _ADDRESS.match(src, start, end)
    if found is None or len(found[0]) > MAX_URL_LENGTH:
        return None
    address = _trim(found[0])
    host = _HOST.match(address)
    # GFM: no underscore in the last two labels of the host.
    if host is None or "_" in "".join(host[1].split(".")[-2:]):
        return None
    return address


def _trim(address: str) -> str:
    """GFM: trailing punctuation, unbalanced ")" and a trailing entity are not of the address."""
    surplus = address.count(")") - address.count("(")
    while address:
        last = address[-1]
        if last == ")" and surplus > 0:
            surplus -= 1
        elif last == ";":
            entity = _ENTITY.search(address)
            address = address[: entity.start() + 1] if entity else address
        elif last not in "?!.,:*_~'\"[]":
            return address
        address = address[:-1]
    return address


def _push(state: StateInline, before: str, after: str, prefix: str) -> bool:
    """Turn ``before`` (pending already) and ``after`` (still to come) into a link."""
    text = before + after
    href = state.md.normalizeLink(prefix + text)
    if not state.md.validateLink(href):
        return False
    if before:
        state.pending = state.pending[: -len(before)]
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": href}
    opening.markup, opening.info = "autolink", "auto"
    state.push("text", "", 0).content = state.md.normalizeLinkText(text)
    closing = state.push("link_close", "a", -1)
    closing.markup, closing.info = "autolink", "auto"
    state.pos += len(after)
    return True
