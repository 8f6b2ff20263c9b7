"""What clients did and what they were told: the one side that the history checker compares."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

TOKEN = re.compile(r"tk[0-9a-f]{12}")


class Outcome(StrEnum):
    """What a client knows of its write afterwards."""

    OK = "ok"
    UNCHANGED = "unchanged"  # "nothing was changed": no revision
    CONFLICT = "conflict"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no answer, or one that confirms nothing


@dataclass(frozen=True, kw_only=True)
class Write:
    """One attempt; ``token`` is its edit summary ("" where it cannot have one of its own), and new
    text where ``adds_text``.

    Two clocks: ``began`` and ``ended`` (monotonic seconds) put attempts in order, ``began_at`` and
    ``lasted`` say when that was.
    """

    client: int
    user_id: int
    name: str  # "edit", "rename" …
    token: str
    adds_text: bool
    began: float
    ended: float
    began_at: datetime
    outcome: Outcome

    @property
    def ended_at(self) -> datetime:
        return self.began_at + timedelta(seconds=self.ended - self.began)


@dataclass(frozen=True, kw_only=True)
class Read:
    """A text as a client got it after its own write with ``token`` had been confirmed."""

    client: int
    token: str
    text: str


class Journal:
    """Every attempt and every reading of all clients; many threads write into it."""

    def __init__(self, run: int = 0) -> None:
        self.writes: list[Write] = []
        self.reads: list[Read] = []
        self.failures: list[BaseException] = []
        self._run = run
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def make_token(self) -> str:
        """A word that nobody ever wrote before."""
        with self._lock:
            return f"tk{self._run & 0xFFFF:04x}{next(self._numbers):08x}"

    def write(
        self,
        act: Callable[[], Outcome],
        *,
        client: int,
        user_id: int,
        name: str,
        token: str,
        adds_text: bool = False,
    ) -> Outcome:
        """Do ``act`` and note it with what it answered."""
        began_at, began = timezone.now(), time.monotonic()
        outcome = Outcome.UNKNOWN
        try:
            outcome = act()
        finally:
            attempt = Write(
                client=client,
                user_id=user_id,
                name=name,
                token=token,
                adds_text=adds_text,
                began=began,
                ended=time.monotonic(),
                began_at=began_at,
                outcome=outcome,
            )
            with self._lock:
                self.writes.append(attempt)
        return outcome

    def read(self, *, client: int, token: str, text: str) -> None:
        """Note what a client read after its write with ``token``."""
        with self._lock:
            self.reads.append(Read(client=client, token=token, text=text))

    def count(self, outcome: Outcome) -> int:
        return sum(write.outcome == outcome for write in self.writes)
