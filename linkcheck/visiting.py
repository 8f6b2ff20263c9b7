"""Starts on domains of which a run holds no lease: wished for inside its loop, booked outside it.

A redirect may lead anywhere, an archive or a forge is asked beside whatever worker checks links
there. Who may start when is said by the database (:mod:`linkcheck.bookings`), which is never spoken
to inside an event loop: the loop pauses, all wishes are answered together, and it goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

ResultT = TypeVar("ResultT")


class Slot(NamedTuple):
    """When a start may be made: after ``wait_s``, or not before ``rest_s`` if that is not 0."""

    wait_s: float
    rest_s: int = 0


Book = Callable[[Sequence[str]], Sequence[Slot]]


class Rota(Protocol):
    """What a run can be told while it pauses."""

    def stand_aside(self, booked: Mapping[str, float]) -> None:
        """Start nothing on these domains for so many seconds."""

    def end(self) -> None:
        """Begin nothing more."""


class Desk:
    """Where a run asks for starts; ``book`` gives one slot for each domain named, in order."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._wishes: list[tuple[str, asyncio.Future[Slot]]] = []
        self._is_asked = asyncio.Event()
        self._rota: Rota | None = None
        self._booked: Mapping[str, float] = {}

    def listen(self, rota: Rota) -> None:
        """Have ``rota`` told what others booked on the domains that this run holds."""
        self._rota = rota
        rota.stand_aside(self._booked)

    def tell(self, booked: Mapping[str, float]) -> None:
        """Say for how many seconds more others have booked which domains."""
        self._booked = booked
        if self._rota is not None:
            self._rota.stand_aside(booked)

    def end(self) -> None:
        """Have the run begin nothing more."""
        if self._rota is not None:
            self._rota.end()

    async def visit(self, domain: str) -> int:
        """Wait for a start on ``domain``; 0, or the seconds after which to try again instead."""
        wish: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._wishes.append((domain, wish))
        self._is_asked.set()
        slot = await wish
        if not slot.rest_s:
            await asyncio.sleep(slot.wait_s)
        return slot.rest_s

    async def wait_for_wishes(self) -> None:
        """Return when there is something to ``answer``."""
        await self._is_asked.wait()

    def answer(self) -> None:
        """Book what was wished for; between two stretches of the loop."""
        self._is_asked.clear()
        wishes = [(domain, wish) for domain, wish in self._wishes if not wish.done()]
        self._wishes = []
        if wishes:
            slots = self._book([domain for domain, _wish in wishes])
            for (_domain, wish), slot in zip(wishes, slots, strict=True):
                wish.set_result(slot)

    def run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Run ``work`` in a loop of its own and answer its wishes; outside any other loop."""
        with asyncio.Runner() as runner:
            task = runner.get_loop().create_task(work)
            while not task.done():
                runner.run(self._pause(task))
                self.answer()
            return task.result()

    async def _pause(self, task: asyncio.Task[ResultT]) -> None:
        asked = asyncio.ensure_future(self.wait_for_wishes())
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
