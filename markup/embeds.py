"""Embedded lists: ``{{resources section="ray-serve" limit=5}}`` as a paragraph of its own."""

import re

from markup.documents import Embed

# Kind -> parameters it knows.
EMBED_PARAMETERS = {
    "resources": frozenset({"section", "tag", "kind", "level", "language", "limit", "sort"}),
}
# Shorter names that people may write.
_ALIASES = {"lang": "language"}
MAX_EMBED_LENGTH = 1000

_SHAPE = re.compile(r"\{\{\s*([a-z_]{1,40})((?:\s[^{}]*)?)\}\}")
_PARAMETER = re.compile(r'\s+([a-z_]{1,40})=(?:"([^"\n]{0,200})"|([\w.-]{1,200}))')


def parse_embed(text: str) -> Embed | None:
    """Return the embed that ``text`` is, or None where it is none or malformed.

    Parameters are not judged here: see ``unknown_parameters``.
    """
    if len(text) > MAX_EMBED_LENGTH:
        return None
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None or shape[1] not in EMBED_PARAMETERS:
        return None
    params: dict[str, str] = {}
    rest = shape[2].rstrip()
    position = 0
    while position < len(rest):
        parameter = _PARAMETER.match(rest, position)
        if parameter is None:
            return None
        name = _ALIASES.get(parameter[1], parameter[1])
        if name in params:
            return None
        params[name] = parameter[2] if parameter[2] is not None else parameter[3]
        position = parameter.end()
    return Embed(kind=shape[1], params=params)


def unknown_parameters(embed: Embed) -> list[str]:
    """Return the names of parameters that ``embed``'s kind does not know, and a bad limit."""
    unknown = sorted(embed.params.keys() - EMBED_PARAMETERS[embed.kind])
    limit = embed.params.get("limit")
    if limit is not None and not re.fullmatch(r"[1-9][0-9]{0,2}", limit):
        unknown.append("limit")
    return unknown
