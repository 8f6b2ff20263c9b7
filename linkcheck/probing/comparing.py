"""Looks at addresses that cannot exist, to tell a page from what a host says to everything (9-11).

Few of them: only for an answer that is new, became another, looks odd, or was not compared for
long; and once for a directory in a run. A host that says 404 there is honest: the caller remembers
that for longer.
"""

from __future__ import annotations

import random
import string
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import ada_url
from msgspec.structs import replace

from linkcheck.fingerprints import compare_fingerprints
from linkcheck.observations import (
    ErrorKind,
    Known,
    Neighbours,
    Observation,
    SiblingLook,
    Sign,
    TlsProblem,
)
from linkcheck.places import is_root, without_fragment
from linkcheck.plausibility import (
    is_alike,
    is_another_text,
    lands_elsewhere,
    lands_with,
    reads_like,
)
from linkcheck.probing.answers import clean_text
from linkcheck.titles import says_not_found

_LETTERS = 25
_GATES = frozenset({Sign.GATE, Sign.CONSENT})
_HARMLESS_TLS = (TlsProblem.NONE, TlsProblem.MISSING_INTERMEDIATE)


class Directory(NamedTuple):
    """Where honesty is remembered: an origin's host (with an unusual port) and a path to a slash.

    Both schemes of a host count as one.
    """

    host: str
    path: str


@lru_cache(maxsize=2048)
def directory_of(url: str) -> Directory:
    """Return the directory of an http or https address. Raises ValueError."""
    parsed = ada_url.parse_url(url, ("host", "pathname"))
    return Directory(parsed["host"], parsed["pathname"].rpartition("/")[0] + "/")


Ask = Callable[[str], Awaitable[Observation]]


class Comparer:
    """Compares answers of one run with those to addresses that cannot exist.

    ``honest`` are the directories known to be honest, by the look that showed it; ``ask`` asks an
    address when its host's turn has come.
    """

    def __init__(
        self,
        ask: Ask,
        rng: random.Random,
        honest: Mapping[Directory, SiblingLook],
    ) -> None:
        self._ask = ask
        self._rng = rng
        self._looks = dict(honest)

    async def compare(self, seen: Observation, known: Known) -> Observation:
        """Return ``seen`` with what is known and with the looks that it takes to judge it."""
        seen = _with_known(seen, known)
        if not _is_questionable(seen, known):
            return seen
        is_refused = seen.status == 403
        seen = replace(
            seen, sibling=await self._look_beside(seen.final_url if is_refused else seen.url)
        )
        if is_refused or not is_alike(seen, seen.sibling):
            return seen
        if cousin := self._find_cousin(seen):
            seen = replace(seen, cousin=await self._look_at(cousin))
        if is_another_text(seen) and reads_like(seen, seen.sibling):
            namesake = self._find_namesake(seen.url)
            if namesake:
                seen = replace(seen, namesake=await self._look_at(namesake))
        return seen

    async def _look_beside(self, url: str) -> SiblingLook | None:
        try:
            directory = directory_of(url)
        except ValueError:
            return None
        if (look := self._looks.get(directory)) is not None:
            return replace(look, is_recalled=True)
        look = await self._look_at(ada_url.join_url(without_fragment(url), self._make_name()))
        if look.status is not None:
            self._looks[directory] = look
        return look

    async def _look_at(self, url: str) -> SiblingLook:
        answer = await self._ask(url)
        has_answer = answer.error is ErrorKind.NONE and not answer.wall
        return SiblingLook(
            url=clean_text(url),
            status=answer.status if has_answer and answer.status != 429 else None,
            final_url=answer.final_url,
            fingerprint=answer.fingerprint,
            title=answer.title,
        )

    def _make_name(self) -> str:
        return "".join(self._rng.choices(string.ascii_lowercase, k=_LETTERS))

    def _find_cousin(self, seen: Observation) -> str:
        """Return an address with another directory as well, or "" where that tells no more.

        Many sites read ``/questions/123/any-words`` up to the number: what stands beside it is
        then the page itself.
        """
        address, _mark, query = without_fragment(seen.url).partition("?")
        start, slash, last = address.rpartition("/")
        above, inner_slash, directory = start.rpartition("/")
        if not (slash and inner_slash and directory) or above.endswith(("/", ":")):
            return ""
        has_number = any(sign.isdigit() for sign in directory) and not says_not_found(seen.title)
        goes_aside = lands_with(seen, seen.sibling) and not lands_elsewhere(seen)
        if not has_number and not goes_aside:
            return ""
        return f"{above}/{self._make_name()}/{last}" + (f"?{query}" if query else "")

    def _find_namesake(self, url: str) -> str:
        """Return the same address at a name that cannot exist below that of its host."""
        try:
            parsed = ada_url.URL(without_fragment(url))
        except ValueError:
            return ""
        if parsed.host_type != ada_url.HostType.DEFAULT:
            return ""  # an address in numbers has no names below it
        parsed.hostname = f"{self._make_name()}.{parsed.hostname.removeprefix('www.')}"
        return parsed.href


def _with_known(seen: Observation, known: Known) -> Observation:
    """Return ``seen`` with its likeness to the last good answer, and its neighbours."""
    likeness = None
    if known.fingerprint and seen.fingerprint:
        likeness = round(compare_fingerprints(known.fingerprint, seen.fingerprint), 3)
    landing = 0
    if lands_elsewhere(seen):
        landing = known.landings.get(without_fragment(seen.final_url), 0)
    return replace(
        seen, likeness=likeness, neighbours=Neighbours(known.total, known.changed, landing)
    )


def _is_questionable(seen: Observation, known: Known) -> bool:
    """Return whether it takes another look to say what ``seen`` means."""
    if seen.error is not ErrorKind.NONE or seen.wall:
        return False
    if seen.status == 403:
        return True
    if not 200 <= (seen.status or 0) < 300 or seen.tls_problem not in _HARMLESS_TLS:
        return False
    if seen.parking or seen.signs & _GATES:
        return False
    if is_another_text(seen):
        return True
    is_odd = known.is_doubted or says_not_found(seen.title) or lands_elsewhere(seen)
    return is_odd and not is_root(seen.url)
