"""Replacing links by others in Markdown, wherever and however they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markup.urls import InvalidUrl, link_url

# Where an address may begin and the furthest it may reach; what belongs to it is decided below.
# A label that is an address itself ends before its "](".
_CANDIDATE = re.compile(r"https?://(?:(?!\]\()[^\s<>\"`|\\])+", re.IGNORECASE)
_TRAILING = ")]}.,;:!?*_~'"


def replace_urls(text: str, urls: Mapping[str, str]) -> str:
    """``text`` with every link to a key of ``urls`` (under any spelling) led to its value.

    All at once: what one replacement writes is not replaced by another. A fragment of the old
    address is kept where the new one has none. Other text is not touched, nor is an address of
    which an old one is only the beginning. Raises InvalidUrl where a key is not an address.
    """
    wanted = {link_url(old_url)[0]: new_url for old_url, new_url in urls.items()}

    def replaced(match: re.Match[str]) -> str:
        candidate, rest = match[0], ""
        while candidate:
            found = _find(candidate, wanted)
            if found is not None:
                return _with_fragment(*found) + rest
            if candidate[-1] not in _TRAILING:
                break
            candidate, rest = candidate[:-1], candidate[-1] + rest
        return match[0]

    return _CANDIDATE.sub(replaced, text)


def _find(candidate: str, wanted: Mapping[str, str]) -> tuple[str, str] | None:
    """Where ``candidate`` is to lead, and its own fragment."""
    try:
        url, fragment = link_url(candidate)
    except InvalidUrl:
        return None
    return (wanted[url], fragment) if url in wanted else None


def _with_fragment(url: str, fragment: str) -> str:
    return url if not fragment or "#" in url else f"{url}#{fragment}"
