"""Whether the place within a page that a link names is there (policy 15)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from html import unescape
from urllib.parse import unquote

from linkcheck.observations import FragmentState

_IDS = re.compile(
    rb"[\s\"'](?:id|name)\s*=\s*(?:\"([^\"<>]{1,500})\"|'([^'<>]{1,500})'|([^\s\"'<>=`]{1,500}))",
    re.IGNORECASE,
)
#: Not the id of an element but an instruction to a program, a viewer or the browser itself:
#: routes, parameters of media and PDF (RFC 8118), lines of a forge, text directives.
_INSTRUCTIONS = re.compile(r"[/!?]|.*[=&]|L\d+(?:C\d+)?(?:-L?\d+(?:C\d+)?)?$", re.DOTALL)
_DIRECTIVE = ":~:"
#: The forges prefix what a README names, so that it cannot clash with their own ids.
_PREFIXES = ("", "user-content-")


def check_fragments(
    fragments: Iterable[str], body: bytes, *, is_html: bool, is_whole: bool
) -> dict[str, FragmentState]:
    """Return the state of each of ``fragments`` (without ``#``) in the page ``body``.

    ``is_whole``: the page was read to its end and is not built by a program; where it was not, an
    absent id may come later, and nothing is said against it.
    """
    ids = find_ids(body) if is_html else frozenset()
    states = {}
    for fragment in fragments:
        state = _check(fragment, ids)
        if state is FragmentState.MISSING and not (is_html and is_whole):
            state = FragmentState.UNVERIFIABLE
        states[fragment] = state
    return states


def find_ids(body: bytes) -> frozenset[str]:
    """Return the ids and names that stand in ``body``, as a browser reads them."""
    found = (next(filter(None, groups)) for groups in _IDS.findall(body))
    return frozenset(unescape(raw.decode("utf-8", "replace")) for raw in found)


def _check(fragment: str, ids: Set[str]) -> FragmentState:
    name = fragment.partition(_DIRECTIVE)[0]
    decoded = unquote(name)
    if fragment and not name:
        return FragmentState.UNVERIFIABLE
    spellings = {name, decoded}
    if any(prefix + spelling in ids for prefix in _PREFIXES for spelling in spellings):
        return FragmentState.FOUND
    if any(_PREFIXES[1] + spelling.lower() in ids for spelling in spellings):
        return FragmentState.FOUND  # as GitHub's own script does
    if decoded.lower() in ("", "top"):
        return FragmentState.FOUND  # the top of the document (HTML, "indicated part")
    if _INSTRUCTIONS.match(decoded):
        return FragmentState.UNVERIFIABLE
    return FragmentState.MISSING
