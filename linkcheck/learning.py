"""What a host did to its addresses, learned from those that redirect: pure functions.

From ``/design/intro.html → /architecture/intro/`` and others like it follows that the directory was
renamed and the ending dropped; what died beside them may have moved the same way. Nothing learned
here is believed: a caller asks the address before it offers it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import ada_url

#: More examples than that teach nothing new.
MAX_MOVES = 10_000
#: Rewrites that are looked at closely, the best supported first.
MAX_REWRITES = 40
#: Two addresses that changed alike are a rule; one is a coincidence.
MIN_SUPPORT = 2
#: A rewrite that would have led this share of its examples astray is no rule.
MAX_WRONG = 0.25
_MAX_SEGMENTS = 24
#: Endings of files that servers drop or exchange.
_ENDINGS = (".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ".md", ".rst", "/")


class Move(NamedTuple):
    """An address, and the one that it leads to for good."""

    old: str
    new: str


class _Address(NamedTuple):
    """An address in the parts that hosts change; ``segments`` are without the last one's ending."""

    origin: str  # scheme and host
    segments: tuple[str, ...]
    ending: str
    search: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A change that several addresses of a host underwent alike.

    ``old_origin`` became ``new_origin`` (they may be equal). ``old_segments`` of the path became
    ``new_segments``: at its beginning where the rewrite ``is_anchored``, else wherever they stand
    first. ``old_ending`` of the last segment became ``new_ending``.
    """

    old_origin: str
    new_origin: str
    old_segments: tuple[str, ...]
    new_segments: tuple[str, ...]
    is_anchored: bool
    old_ending: str
    new_ending: str

    def apply(self, url: str) -> str | None:
        """The address that ``url`` would have today, or None where the rewrite is not about it.

        Never ``url`` itself.
        """
        address = _parse(url)
        rewritten = address and self._rewrite(address)
        return None if rewritten in (None, url) else rewritten

    def _rewrite(self, address: _Address) -> str | None:
        if (address.origin, address.ending) != (self.old_origin, self.old_ending):
            return None
        at = self._find(address.segments)
        if at is None:
            return None
        segments = (
            *address.segments[:at],
            *self.new_segments,
            *address.segments[at + len(self.old_segments) :],
        )
        return _join(_Address(self.new_origin, segments, self.new_ending, address.search))

    def _find(self, segments: tuple[str, ...]) -> int | None:
        """Where the old segments stand, with something of the address's own behind them."""
        size = len(self.old_segments)
        last = 0 if self.is_anchored else len(segments) - size - 1
        for at in range(last + 1):
            if len(segments) > at + size and segments[at : at + size] == self.old_segments:
                return at
        return None

    @property
    def old_words(self) -> str:
        """What is gone, as people say it: "/design/", "….html" or the name of a host."""
        return self._words(self.old_origin, self.old_segments, self.old_ending)

    @property
    def new_words(self) -> str:
        """What stands in its place."""
        return self._words(self.new_origin, self.new_segments, self.new_ending)

    def _words(self, origin: str, segments: tuple[str, ...], ending: str) -> str:
        if self.old_segments != self.new_segments:
            path = f"/{'/'.join(segments)}/" if segments else "/"
            return path if self.old_origin == self.new_origin else f"{origin}{path}"
        return origin if self.old_origin != self.new_origin else f"…{ending}"


class Lesson(NamedTuple):
    """A rewrite and how many addresses underwent it."""

    rewrite: Rewrite
    support: int


class Suggestion(NamedTuple):
    """Where something may stand today, and the lesson that says so."""

    url: str
    lesson: Lesson


def learn(moves: Iterable[Move]) -> list[Lesson]:
    """What several of ``moves`` have in common, the best supported and most specific first.

    Every lesson maps each address that supports it onto its target. Work is bounded: by MAX_MOVES
    examples, and MAX_REWRITES of their rewrites.
    """
    examples = [
        (move, parsed)
        for move in dict.fromkeys(islice(moves, MAX_MOVES))
        if (parsed := _parse(move.old)) is not None
    ]
    counts: Counter[Rewrite] = Counter()
    for move, old in examples:
        counts.update(_find_rewrites(old, move.new))
    candidates = sorted(counts, key=lambda rewrite: (-counts[rewrite], *_preference(rewrite)))
    lessons = []
    for rewrite in candidates[:MAX_REWRITES]:
        if counts[rewrite] < MIN_SUPPORT:
            break
        support = _count_support(rewrite, examples)
        if support >= MIN_SUPPORT:
            lessons.append(Lesson(rewrite, support))
    return sorted(lessons, key=lambda lesson: (-lesson.support, *_preference(lesson.rewrite)))


def suggest(url: str, lessons: Sequence[Lesson], *, limit: int = 3) -> list[Suggestion]:
    """Where ``url`` may stand today, by the best lessons first; at most ``limit`` addresses."""
    found: dict[str, Suggestion] = {}
    for lesson in lessons:
        target = lesson.rewrite.apply(url)
        if target is not None and target not in found:
            found[target] = Suggestion(target, lesson)
            if len(found) == limit:
                break
    return list(found.values())


def _preference(rewrite: Rewrite) -> tuple[object, ...]:
    """Of equals the one that assumes least, then any order that is always the same."""
    return (
        not rewrite.is_anchored,
        -len(rewrite.old_segments),
        rewrite.old_segments,
        rewrite.new_segments,
        rewrite.old_origin,
        rewrite.new_origin,
        rewrite.new_ending,
    )


def _count_support(rewrite: Rewrite, examples: Sequence[tuple[Move, _Address]]) -> int:
    """How many examples it explains; 0 where it leads too many astray."""
    right = wrong = 0
    for move, old in examples:
        target = rewrite._rewrite(old)
        if target is None or target == move.old:
            continue
        if _is_same(target, move.new):
            right += 1
        else:
            wrong += 1
    return right if wrong <= MAX_WRONG * (right + wrong) else 0


def _find_rewrites(old: _Address, target: str) -> set[Rewrite]:
    """The rewrites that turn one address into another: a general and some special ones.

    None where they have no segment at the end in common: that teaches nothing about others.
    """
    new = _parse(target)
    if new is None or old.search != new.search:
        return set()
    ahead, behind = _common_ends(old.segments, new.segments)
    if behind == 0 and old.segments:
        return set()
    changed = old.segments[ahead : len(old.segments) - behind]
    replaced = new.segments[ahead : len(new.segments) - behind]
    parts = (old.origin, new.origin)
    endings = (old.ending, new.ending)
    anchored = Rewrite(
        *parts, old.segments[:ahead] + changed, old.segments[:ahead] + replaced, True, *endings
    )
    found = {anchored}
    if changed == replaced:  # only the host or the ending changed: perhaps everywhere
        found.add(Rewrite(*parts, (), (), True, *endings))
    elif changed:  # perhaps wherever it stands, as versions do
        found.add(Rewrite(*parts, changed, replaced, False, *endings))
    return {rewrite for rewrite in found if _is_same(rewrite._rewrite(old) or "", target)}


def _common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many segments are the same at the beginning, and of the others at the end."""
    shortest = min(len(old), len(new))
    behind = 0
    while behind < shortest and old[-1 - behind] == new[-1 - behind]:
        behind += 1
    ahead = 0
    while ahead < shortest - behind and old[ahead] == new[ahead]:
        ahead += 1
    if behind == len(old) == len(new) and behind > 1:
        # The same path: what stands behind the directory is the address's own.
        ahead, behind = behind - 1, 1
    return ahead, behind


def _parse(url: str) -> _Address | None:
    """The parts of an address; None for what is none, or is too long to learn from."""
    try:
        parsed = ada_url.parse_url(url, ("protocol", "host", "pathname", "search"))
    except (ValueError, UnicodeError):
        return None
    if parsed["protocol"] not in ("http:", "https:") or not parsed["pathname"].startswith("/"):
        return None
    path, ending = _split_ending(parsed["pathname"])
    segments = tuple(path.split("/")[1:]) if path else ()
    if len(segments) > _MAX_SEGMENTS:
        return None
    return _Address(f"{parsed['protocol']}//{parsed['host']}", segments, ending, parsed["search"])


def _split_ending(path: str) -> tuple[str, str]:
    lowered = path.lower()
    for ending in _ENDINGS:
        if lowered.endswith(ending) and not lowered.endswith(f"/{ending}"):
            return path[: -len(ending)], path[-len(ending) :]
    return path, ""


def _join(address: _Address) -> str:
    path = "".join(f"/{segment}" for segment in address.segments)
    return f"{address.origin}{path}{address.ending}{address.search}"


def _is_same(url: str, target: str) -> bool:
    """Whether two addresses are one, apart from a fragment."""
    return url == target.partition("#")[0]
