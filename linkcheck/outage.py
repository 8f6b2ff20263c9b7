"""Our own outage writes nothing (LINK_POLICY, rule 13).

When suddenly many hosts cannot be reached, it is our own connection that fails: what could not be
reached is not recorded, one alarm is raised, and a small batch looks again every few minutes until
hosts answer.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from linkcheck.models import Host, Outage
from linkcheck.observations import ErrorKind, Observation

logger = logging.getLogger(__name__)

#: Errors that say that no connection came about, whosever fault that is.
UNREACHABLE = frozenset(
    {
        ErrorKind.CONNECT,
        ErrorKind.REFUSED,
        ErrorKind.NXDOMAIN,
        ErrorKind.DNS_FAILURE,
    }
)
#: Hosts that are looked back at, and how far.
WINDOW_HOSTS = 200
WINDOW = timedelta(hours=1)
#: More than this share of the hosts that answered before fail: an outage …
MAX_FAILING = 0.2
#: … if there are so many of them; of hosts never seen before, more than half must fail.
ENOUGH_HOSTS = 10
MAX_FAILING_UNKNOWN = 0.5
#: Of fewer hosts all must fail, and be so many at least.
FEWEST_HOSTS = 3
#: How long until a small batch looks whether it is over, and how small.
PAUSE = timedelta(minutes=5)
LOOK_LINKS = 20


@dataclass(frozen=True)
class Contact:
    """The last try to reach a host, and whether it ever answered before."""

    failed: bool
    has_answered: bool


def is_outage(contacts: Sequence[Contact]) -> bool:
    """Whether these tries, one a host, fail because of us rather than because of the hosts."""
    known = [contact for contact in contacts if contact.has_answered]
    if len(known) >= ENOUGH_HOSTS:
        return _failing(known) > MAX_FAILING
    if len(contacts) >= ENOUGH_HOSTS:
        return _failing(contacts) > MAX_FAILING_UNKNOWN
    return len(contacts) >= FEWEST_HOSTS and _failing(contacts) == 1


def _failing(contacts: Sequence[Contact]) -> float:
    return sum(contact.failed for contact in contacts) / len(contacts)


def is_unreachable(seen: Observation) -> bool:
    """Whether no connection came about."""
    return seen.was_asked and seen.error in UNREACHABLE


def find_open() -> Outage | None:
    """The outage that lasts, if there is one."""
    return Outage.objects.filter(ended_at__isnull=True).first()


@transaction.atomic
def judge(reached: Mapping[int, bool], now: datetime) -> bool:
    """Take note of a batch (by host id whether it was reached); say whether we are cut off.

    Opens and ends the outage. During one the batch counts alone; otherwise with the hosts that
    were last tried in the past hour.
    """
    failed = {pk for pk, was_reached in reached.items() if not was_reached}
    answered = reached.keys() - failed
    contacts = [
        Contact(failed=pk in failed, has_answered=has_answered)
        for pk, has_answered in Host.objects.filter(pk__in=reached).values_list(
            "pk", "has_answered"
        )
    ]
    lasting = Outage.objects.select_for_update().filter(ended_at__isnull=True).first()
    if lasting is not None:
        is_cut_off = is_outage(contacts) or bool(failed and not answered)
    else:
        is_cut_off = bool(failed) and (
            is_outage(contacts) or is_outage([*contacts, *_earlier(reached, now)])
        )
    if is_cut_off:
        _begin_or_extend(lasting, contacts, now)
        return True
    if lasting is not None and answered:
        _end(lasting, now)
    _note(failed, answered, now)
    return False


def _earlier(besides: Iterable[int], now: datetime) -> list[Contact]:
    rows = (
        Host.objects.filter(last_contact_at__gte=now - WINDOW)
        .exclude(pk__in=list(besides))
        .order_by("-last_contact_at")
        .values_list("contact_failed", "has_answered")[:WINDOW_HOSTS]
    )
    return [Contact(failed=failed, has_answered=answered) for failed, answered in rows]


def _note(failed: Collection[int], answered: Collection[int], now: datetime) -> None:
    Host.objects.filter(pk__in=failed).update(last_contact_at=now, contact_failed=True)
    Host.objects.filter(pk__in=answered).update(
        last_contact_at=now, contact_failed=False, has_answered=True
    )


def _begin_or_extend(lasting: Outage | None, contacts: Sequence[Contact], now: datetime) -> None:
    if lasting is not None:
        Outage.objects.filter(pk=lasting.pk).update(look_again_at=now + PAUSE)
        return
    # Another worker may notice it at the same time: there is one outage at a time.
    Outage.objects.bulk_create(
        [Outage(began_at=now, look_again_at=now + PAUSE)], ignore_conflicts=True
    )
    logger.error(
        "%d of %d hosts cannot be reached: our own connection seems to be down;"
        " nothing is recorded until hosts answer again",
        sum(contact.failed for contact in contacts),
        len(contacts),
    )


def _end(outage: Outage, now: datetime) -> None:
    outage.ended_at = now
    outage.save()
    logger.warning(
        "hosts answer again after %s: links are checked as before", now - outage.began_at
    )
