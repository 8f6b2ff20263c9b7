"""What robots.txt asks of us (RFC 9309), as pure functions of its text."""

from __future__ import annotations

import re
from enum import StrEnum

from protego import Protego

from linkcheck.observations import ErrorKind, Observation

#: RFC 9309 §2.5: at least so much has to be read; what is beyond does not count.
MAX_BODY = 512 * 1024
MAX_REDIRECTS = 5  # RFC 9309 §2.3.1.2
#: A hint, no order: a host that wants an hour between two requests gets so many seconds.
MAX_CRAWL_DELAY_S = 10.0

_RULE = re.compile(r"\s*(user-agent|allow|disallow|crawl-delay)\s*:\s*([^#]*)", re.IGNORECASE)
_EVERYBODY = "*"
_SOMEBODY_ELSE = "-"


class RobotsMode(StrEnum):
    """How robots.txt is taken: ``LINKCHECK_ROBOTS``."""

    POLITE = "polite"  # a page that a reader cites is verified once a month, whatever "*" says
    STRICT = "strict"  # "*" means us as well
    OFF = "off"  # not read at all: for tests and benchmarks


class Ruling(StrEnum):
    """What a host's robots.txt says about one address."""

    ALLOWED = "allowed"
    SELDOM = "seldom"  # refused to robots at large: one GET a month at most
    DENIED = "denied"


def reduce_rules(body: bytes, token: str) -> str:
    """Return those lines of a robots.txt that can matter to the robot called ``token``.

    All other robots become one: a file that names a hundred thousand of them costs no more than
    another of its length.
    """
    kept = []
    for line in body[:MAX_BODY].decode("utf-8-sig", "replace").splitlines():
        if found := _RULE.match(line):
            name, value = found[1].lower(), found[2].replace("\0", "").strip()
            if name == "user-agent":
                value = _name_group(value, token)
            kept.append(f"{name}: {value}")
    return "\n".join(kept)


def read_answer(seen: Observation, body: bytes, *, known: str, token: str) -> str:
    """Return the rules that hold after robots.txt was asked for; ``known`` are those before.

    A 4xx means that there are none (RFC 9309 §2.3.1.3). Where the host fails or wants a rest, it
    is as before: that is no strike, and no licence either.
    """
    status = seen.status or 0
    if seen.error is not ErrorKind.NONE or seen.wall:
        return known
    if 200 <= status < 300:
        return reduce_rules(body, token)
    return "" if 400 <= status < 500 and status != 429 else known


class Rules:
    """The rules of one host, as :func:`reduce_rules` gives them."""

    def __init__(self, text: str, token: str) -> None:
        self._token = token.lower()
        self._parsed = Protego.parse(text) if text else None
        self._names_us = f"user-agent: {self._token}" in text.splitlines()

    def judge(self, url: str, mode: RobotsMode = RobotsMode.POLITE) -> Ruling:
        """Return whether ``url`` may be asked."""
        if self._parsed is None or mode is RobotsMode.OFF:
            return Ruling.ALLOWED
        if self._parsed.can_fetch(url, self._token):
            return Ruling.ALLOWED
        is_binding = self._names_us or mode is RobotsMode.STRICT
        return Ruling.DENIED if is_binding else Ruling.SELDOM

    @property
    def crawl_delay_s(self) -> float:
        """The seconds between two requests that are wished for; 0 where nothing is said."""
        wished = self._parsed.crawl_delay(self._token) if self._parsed is not None else None
        if wished is None:
            return 0.0
        return min(wished, MAX_CRAWL_DELAY_S)


def _name_group(agent: str, token: str) -> str:
    """Return for whom a group is: everybody, ``token`` by its name, or somebody else.

    Versions do not count (RFC 9309 §2.2.1).
    """
    if agent == _EVERYBODY:
        return agent
    name = agent.partition("/")[0].strip().lower()
    return name if name == token.lower() else _SOMEBODY_ELSE
