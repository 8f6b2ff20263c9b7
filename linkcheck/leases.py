"""Leases: how long a claim holds its links and hosts, how its work begins and ends.

The lease of a link says who may write its result, the lease of its host who may ask it. Both run
out by themselves: what a killed worker held comes due again (LINK_POLICY, "At scale").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from linkcheck.models import Host, Link

#: How long a claim may wait for a worker to begin: much longer than ``WORKING_LEASE``, so that
#: what is left of a lease tells a claim that waits from one that was begun.
LEASE = timedelta(minutes=30)
#: How long a worker may be at it: a little above the hard time limit of a task (600 s).
WORKING_LEASE = timedelta(minutes=11)
#: Who waits for longer for a worker to begin gets the next one that is free.
PATIENCE = timedelta(seconds=10)

# What a worker has to know of each.
_OF_LINK = (
    "url",
    "etag",
    "last_modified",
    "last_checked_at",
    "claim_number",
    "is_urgent",
    "state",
    "landed_on",
    "text_changed_at",
)
_OF_HOST = ("domain", "name", "delay_factor", "unreached")


class ClaimedLink(NamedTuple):
    """A link and which claim of it this is."""

    link_id: int
    number: int


@dataclass(frozen=True)
class Claim:
    """Links to look at, grouped by the domain that they live on; urgent ones first.

    ``apart`` are links over which a worker died: their groups are looked at by themselves.
    """

    groups: tuple[tuple[ClaimedLink, ...], ...] = ()
    apart: frozenset[int] = field(default=frozenset(), compare=False)

    def __len__(self) -> int:
        return sum(len(group) for group in self.groups)

    def __iter__(self) -> Iterator[ClaimedLink]:
        return (link for group in self.groups for link in group)

    def split(self, size: int) -> Iterator[Claim]:
        """The claim in parts of about ``size`` links; a domain is never torn apart."""
        part: list[tuple[ClaimedLink, ...]] = []
        for group in self.groups:
            if group[0].link_id in self.apart:
                yield Claim((group,), self.apart)
                continue
            if part and sum(map(len, part)) + len(group) > size:
                yield Claim(tuple(part))
                part = []
            part.append(group)
        if part:
            yield Claim(tuple(part))

    def as_message(self) -> list[list[list[int]]]:
        """The claim as JSON-able data for a task; ``from_message`` is the inverse."""
        return [[list(link) for link in group] for group in self.groups]

    @classmethod
    def from_message(cls, message: Iterable[Iterable[Sequence[int]]]) -> Claim:
        """The claim that ``as_message`` described."""
        return cls(
            tuple(
                tuple(ClaimedLink(link_id, number) for link_id, number in group)
                for group in message
            )
        )


@dataclass(frozen=True)
class BegunClaim:
    """What is left of a claim when its work begins: links at their new claim numbers."""

    links: tuple[Link, ...]
    leased_until: datetime

    @property
    def domains(self) -> set[str]:
        """The domains that are held."""
        return {link.host.domain for link in self.links if link.host is not None}


def database_now() -> datetime:
    """The time by the clock that all workers share: leases are compared by it.

    On PostgreSQL that is the server's; SQLite's is this machine's own.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


@transaction.atomic
def begin(claim: Claim) -> BegunClaim:
    """Start the work on a claim: only once, however often its message comes.

    Links of which the lease ran out, or that were claimed anew, are left out; for the others the
    claim number is raised and the lease begins again. Until there is a result, or they are
    released, a death of the worker counts as theirs.
    """
    now = database_now()
    leased_until = now + WORKING_LEASE
    numbers = dict(claim)
    links = tuple(
        link
        for link in Link.objects.select_for_update(of=("self",))
        .filter(pk__among=numbers, leased_until__gt=now)
        .prefetch_related(Prefetch("host", Host.objects.only(*_OF_HOST)))
        .only("host", *_OF_LINK)
        .order_by("pk")
        if link.claim_number == numbers[link.pk]
    )
    Link.objects.filter(pk__among=[link.pk for link in links]).update(
        claim_number=F("claim_number") + 1, leased_until=leased_until, deaths=F("deaths") + 1
    )
    for link in links:
        link.claim_number += 1
        link.leased_until = leased_until
    begun = BegunClaim(_in_order(links, claim), leased_until)
    Host.objects.filter(domain__among=begun.domains).update(leased_until=leased_until)
    return begun


@transaction.atomic
def release(begun: BegunClaim, pauses: Mapping[timedelta, Collection[str]] | None = None) -> None:
    """Give back what was begun: links without a result are due again, the hosts are free.

    The domains in ``pauses`` only after that time: the next worker keeps its distance from the
    last request of this one. What another claim holds meanwhile is not touched: the lease tells
    whose it is.
    """
    held = (
        Link.objects.select_for_update()
        .filter(pk__among=[link.pk for link in begun.links], leased_until=begun.leased_until)
        .order_by("pk")
    )
    Link.objects.filter(pk__among=list(held.values_list("pk", flat=True))).update(
        leased_until=None, deaths=Greatest(F("deaths") - 1, 0)
    )
    hosts = Host.objects.filter(leased_until=begun.leased_until)
    now = database_now()
    for pause, domains in (pauses or {}).items():
        if pause:
            hosts.filter(domain__among=domains).update(leased_until=now + pause)
    hosts.filter(domain__among=begun.domains).update(leased_until=None)


@transaction.atomic
def withdraw(claim: Claim) -> None:
    """Give back a claim that no worker will hear of, as when the broker did not take it."""
    release(begin(claim))


def lock_hosts(domains: set[str], now: datetime) -> dict[int, str]:
    """Domain by host id, for the domains all of whose hosts are ours to take; one query.

    A domain of which another claim has locked, leased or rested any host is left out.
    """
    of_domain = Host.objects.filter(domain=OuterRef("domain")).order_by().values("domain")
    hosts = list(
        Host.objects.select_for_update(skip_locked=True)
        .filter(domain__among=domains)
        .annotate(total=Subquery(of_domain.annotate(n=Count("pk")).values("n")))
        .order_by("pk")
        .values_list("pk", "domain", "leased_until", "rests_until", "total")
    )
    locked = Counter(domain for _, domain, _, _, _ in hosts)
    taken = {
        domain
        for _, domain, leased_until, rests_until, total in hosts
        if locked[domain] < total
        or (leased_until and leased_until >= now)
        or (rests_until and rests_until > now)
    }
    return {pk: domain for pk, domain, _, _, _ in hosts if domain not in taken}


@transaction.atomic
def hold_domains(domains: set[str], lease: timedelta) -> tuple[set[str], datetime]:
    """Take domains to ask them about something else than a link that is due.

    Returns those that were free, and until when they are ours; ``free_domains`` gives them back.
    """
    now = database_now()
    domain_of = lock_hosts(domains, now)
    Host.objects.filter(pk__in=domain_of).update(leased_until=now + lease)
    return set(domain_of.values()), now + lease


def free_domains(domains: Collection[str], held_until: datetime) -> None:
    """Give back what ``hold_domains`` took, unless another took it meanwhile."""
    Host.objects.filter(domain__in=domains, leased_until=held_until).update(leased_until=None)


@transaction.atomic
def free_lost(*, older_than: timedelta = timedelta(minutes=1)) -> int:
    """Free the claims that wait for a worker although the broker has lost them; how many links.

    To be called when no message waits. A claim of which more is left than ``WORKING_LEASE`` was
    not begun; one that is younger than ``older_than`` may be on its way.
    """
    now = database_now()
    waiting = {
        "leased_until__gt": now + WORKING_LEASE,
        "leased_until__lt": now + LEASE - older_than,
    }
    links = (
        Link.objects.select_for_update(skip_locked=True)
        .filter(**waiting, host__in=Host.objects.filter(**waiting))
        .order_by("pk")
    )
    freed = Link.objects.filter(pk__in=list(links.values_list("pk", flat=True)))
    number = freed.update(leased_until=None)
    Host.objects.filter(**waiting).update(leased_until=None)
    return number


def count_leased(*, only_urgent: bool = False) -> int:
    """How many links wait for a worker or are with one."""
    now = database_now()
    # By way of the hosts: there are fewer, and links have no index for it.
    leased = Link.objects.filter(leased_until__gt=now, host__leased_until__gt=now)
    return (leased.filter(is_urgent=True) if only_urgent else leased).count()


def is_anyone_waiting(held: Collection[str] = ()) -> bool:
    """Whether a link that people wait for finds no worker, or one that holds its domain.

    ``held`` are the domains of the worker that asks; what another holds is that one's business.
    """
    now = database_now()
    claimed_only = now + WORKING_LEASE  # a claim that waits has more left of its lease
    links = Link.objects.used().filter(is_urgent=True, next_check_at__lte=now - PATIENCE)
    return links.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now) | Q(leased_until__gt=claimed_only),
        Q(host__leased_until__isnull=True)
        | Q(host__leased_until__lt=now)
        | Q(host__leased_until__gt=claimed_only)
        | Q(host__domain__in=held),
        Q(host__rests_until__isnull=True) | Q(host__rests_until__lte=now),
        host__isnull=False,
    ).exists()


def _in_order(links: tuple[Link, ...], claim: Claim) -> tuple[Link, ...]:
    place = {link.link_id: number for number, link in enumerate(claim)}
    return tuple(sorted(links, key=lambda link: place[link.pk]))
