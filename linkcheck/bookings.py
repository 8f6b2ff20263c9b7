"""Who may start when on a domain that no lease of theirs covers: said by the database, for all.

The worker that holds a domain reads what was booked there each few seconds and stands aside for
it; so a visit to a held domain is booked a little ahead.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import ceil

from django.db import InterfaceError, OperationalError, connection, transaction

from linkcheck.configuration import pace_from_django
from linkcheck.leases import database_now
from linkcheck.models import DomainBooking, Host
from linkcheck.pacing import Pace, host_key
from linkcheck.probing.chain import WaitForTurn
from linkcheck.visiting import Desk, Slot

logger = logging.getLogger(__name__)

#: Where another worker holds a domain, a visit is booked so far ahead: longer than that worker
#: goes without reading what was booked (``running.CHUNK_AFTER_S``), and writing what it saw.
LEAD = timedelta(seconds=4)
#: While the database is away nobody is visited.
_AWAY = Slot(0, 60)
#: What was booked so long ago says nothing any more.
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(slots=True)
class _Domain:
    """What the hosts of a domain want; ``rests_until`` and ``is_held`` as of now."""

    factor: float = 1.0
    rests_until: datetime | None = None
    is_held: bool = False


def open_desk(pace: Pace | None = None) -> Desk:
    """A desk that books at this site's pace, unless told otherwise."""
    return Desk(partial(_book_safely, pace=pace or pace_from_django()))


def visit_by(desk: Desk) -> WaitForTurn:
    """Wait at ``desk`` for a start on the domain of each address."""

    async def wait_for_turn(url: str) -> int:
        return await desk.visit(host_key(url))

    return wait_for_turn


def _book_safely(domains: Sequence[str], *, pace: Pace) -> list[Slot]:
    try:
        return book_starts(domains, pace)
    except (OperationalError, InterfaceError) as error:
        logger.warning("starts could not be booked: %s", error)
        connection.close_if_unusable_or_obsolete()
        return [_AWAY] * len(domains)


def book_starts(domains: Sequence[str], pace: Pace) -> list[Slot]:
    """Book one start for each of ``domains``, which may repeat; a constant number of queries.

    No two starts on a domain come closer than its pace, whoever booked them. No start where the
    domain rests, or would be so late that ``pace.patience_s`` is over.
    """
    if not pace.host_delay_s:
        return [Slot(0)] * len(domains)
    wanted = sorted(set(domains))
    with transaction.atomic():
        now = database_now()
        DomainBooking.objects.bulk_create(
            [DomainBooking(domain=domain, until=now) for domain in wanted], ignore_conflicts=True
        )
        rows = DomainBooking.objects.select_for_update().filter(domain__in=wanted)
        bookings = {row.domain: row for row in rows.order_by("domain")}
        states = _find_states(wanted, now)
        slots = [_book(bookings[domain], states[domain], now, pace) for domain in domains]
        DomainBooking.objects.bulk_update(bookings.values(), ["until"], batch_size=300)
    return slots


def _find_states(domains: Collection[str], now: datetime) -> dict[str, _Domain]:
    states = {domain: _Domain() for domain in domains}
    hosts = Host.objects.filter(domain__in=domains)
    for domain, factor, rests_until, leased_until in hosts.values_list(
        "domain", "delay_factor", "rests_until", "leased_until"
    ):
        state = states[domain]
        state.factor = max(state.factor, factor)
        state.is_held = state.is_held or (leased_until is not None and leased_until > now)
        if rests_until is not None and rests_until > (state.rests_until or now):
            state.rests_until = rests_until
    return states


def _book(booking: DomainBooking, state: _Domain, now: datetime, pace: Pace) -> Slot:
    if state.rests_until is not None:
        return Slot(0, ceil((state.rests_until - now).total_seconds()))
    start = max(booking.until, now + LEAD if state.is_held else now)
    wait_s = (start - now).total_seconds()
    if wait_s > pace.patience_s:
        return Slot(0, ceil(wait_s))
    booking.until = start + timedelta(seconds=pace.host_delay_s * state.factor)
    return Slot(wait_s)


def find_booked(domains: Collection[str]) -> dict[str, float]:
    """Domains on which visits are booked, and for how many seconds more; one query."""
    now = database_now()
    rows = DomainBooking.objects.filter(domain__in=domains, until__gt=now)
    return {row.domain: (row.until - now).total_seconds() for row in rows}


def forget_bookings(now: datetime) -> None:
    """Drop what is long over."""
    DomainBooking.objects.filter(until__lt=now - FORGOTTEN_AFTER).delete()
