"""How two addresses relate: the same but for trifles, deeper, shallower, the root (8 and 10)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import ada_url


class Place(NamedTuple):
    """What matters of an address here: ``host`` has the port, ``segments`` are never empty."""

    host: str
    segments: tuple[str, ...]
    search: str

    @property
    def is_root(self) -> bool:
        return not self.segments and not self.search


@lru_cache(maxsize=2048)
def place_of(url: str) -> Place:
    """Return the place of an http or https address. Raises ValueError."""
    parsed = ada_url.parse_url(url, ("host", "pathname", "search"))
    segments = tuple(segment for segment in parsed["pathname"].split("/") if segment)
    return Place(parsed["host"], segments, parsed["search"])


def is_trivial_move(url: str, target: str) -> bool:
    """Return whether two addresses differ by a slash, http→https or www only (8)."""
    try:
        return url != target and _without_trifles(url) == _without_trifles(target)
    except ValueError:
        return False


def _without_trifles(url: str) -> tuple[str, str, str, str]:
    parsed = ada_url.parse_url(url, ("hostname", "port", "pathname", "search"))
    host = parsed["hostname"].removeprefix("www.")
    return host, parsed["port"], parsed["pathname"].rstrip("/"), parsed["search"]


def is_root(url: str) -> bool:
    """Return whether ``url`` is the front page of a site; what is no address counts as one."""
    try:
        return place_of(url).is_root
    except ValueError:
        return True


def lands_shallower(url: str, target: str) -> bool:
    """Return whether a deep link ended at the root or at a shallower page (10)."""
    try:
        start, end = place_of(url), place_of(target)
    except ValueError:
        return False
    return not start.is_root and len(end.segments) < len(start.segments)


def without_fragment(url: str) -> str:
    return url.partition("#")[0]
