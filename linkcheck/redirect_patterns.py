"""What the redirects of a host look like: the part of each address that changed, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class RedirectPattern(NamedTuple):
    """``source`` became ``target`` in ``number`` addresses; what follows after both is the same."""

    source: str
    target: str
    number: int


def summarise_redirects(
    moves: Iterable[tuple[str, str]], *, most: int = 10
) -> list[RedirectPattern]:
    """Return the ``most`` frequent patterns of ``moves`` (address, where it leads)."""
    counts = Counter(_find_change(source, target) for source, target in moves)
    return [RedirectPattern(*change, number) for change, number in counts.most_common(most)]


def _find_change(source: str, target: str) -> tuple[str, str]:
    """Both without the segments of the path that they end with alike."""
    old, new = source.split("/"), target.split("/")
    while len(old) > 3 and len(new) > 3 and old[-1] == new[-1]:
        old.pop()
        new.pop()
    return "/".join(old), "/".join(new)
