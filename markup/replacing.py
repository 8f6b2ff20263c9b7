"""Replacing one link by another in Markdown, wherever and however it is written."""

from __future__ import annotations

import re

from markup.urls import InvalidUrl, link_url

# Where an address may begin and the furthest it may reach; what belongs to it is decided below.
# A label that is an address itself ends before its "](".
_CANDIDATE = re.compile(r"https?://(?:(?!\]\()[^\s<>\"`|\\])+", re.IGNORECASE)
_TRAILING = ")]}.,;:!?*_~'"


def replace_url(text: str, old_url: str, new_url: str) -> str:
    """``text`` with every link to ``old_url`` (under any spelling) led to ``new_url``.

    A fragment of the old address is kept where the new one has none. Other text is not touched,
    nor is an address of which the old one is only the beginning. Raises InvalidUrl where
    ``old_url`` is not an address.
    """
    wanted, _fragment = link_url(old_url)

    def replaced(match: re.Match[str]) -> str:
        candidate, rest = match[0], ""
        while candidate:
            fragment = _fragment_if_same(candidate, wanted)
            if fragment is not None:
                return _with_fragment(new_url, fragment) + rest
            if candidate[-1] not in _TRAILING:
                break
            candidate, rest = candidate[:-1], candidate[-1] + rest
        return match[0]

    return _CANDIDATE.sub(replaced, text)


def _fragment_if_same(candidate: str, wanted: str) -> str | None:
    try:
        url, fragment = link_url(candidate)
    except InvalidUrl:
        return None
    return fragment if url == wanted else None


def _with_fragment(url: str, fragment: str) -> str:
    return url if not fragment or "#" in url else f"{url}#{fragment}"
