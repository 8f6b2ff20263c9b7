"""Taking due links to look at: under a lease, whole hosts together, so that no two workers meet.

The lease of a link says who may write its result, the lease of its host who may ask it. Both run
out by themselves: what a killed worker held comes due again (LINK_POLICY, "At scale").
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from linkcheck.models import MAX_DEATHS, Host, Link, LinkQuerySet

#: How long a claim may wait for a worker to begin: much longer than ``WORKING_LEASE``, so that
#: what is left of a lease tells a claim that waits from one that was begun.
LEASE = timedelta(minutes=30)
#: How long a worker may be at it: a little above the hard time limit of a task (600 s).
WORKING_LEASE = timedelta(minutes=11)
#: Of one domain at most so many links go into a claim: at a second between two starts they take
#: two minutes, well below the lease.
MAX_LINKS_OF_DOMAIN = 120
#: By how many workers died over a link: how many of its domain are asked together, apart from all
#: others. So the one that kills is found, and its neighbours are not taken for it.
LINKS_AFTER_DEATH = (MAX_LINKS_OF_DOMAIN, 10, 1)
#: So long a link is set aside after ``MAX_DEATHS`` in a row.
ASIDE = timedelta(days=1)

logger = logging.getLogger(__name__)


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
#: Who waits for longer for a worker to begin gets the next one that is free.
PATIENCE = timedelta(seconds=10)


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
def claim_due(
    *,
    limit: int,
    now: datetime | None = None,
    host: str | None = None,
    not_since: datetime | None = None,
    only_urgent: bool = False,
) -> Claim:
    """Take up to ``limit`` due links, each with a new claim number and a lease.

    Urgent ones first, then the longest due. With ``not_since`` every used link that was not
    looked at since then counts as due. ``host`` (a name as in ``Host.name``) narrows it to one
    host, ``only_urgent`` to what people wait for. A domain that rests or that a worker holds is
    left out. A constant number of queries; two claims at once share neither a link nor a domain.
    """
    now = now or database_now()
    _allow_to_be_lost()
    _set_aside(now)
    due = _due(now, not_since)
    if only_urgent:
        due = due.filter(is_urgent=True)
    first = _find_first(due, now, host, limit)
    domain_of = _lock_hosts({link.domain for link in first}, now)
    free = (link for link in first if link.host_id in domain_of)
    groups = _lock_links(due, _group(free, limit))
    claim = Claim(
        tuple(tuple(ClaimedLink(x.pk, x.number + 1) for x in group) for group in groups),
        frozenset(group[0].pk for group in groups if group[0].deaths),
    )
    taken = {group[0].domain for group in groups}
    _lease(claim, [pk for pk, domain in domain_of.items() if domain in taken], now + LEASE)
    return claim


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


def _allow_to_be_lost() -> None:
    """Do not wait for the disk at the commit, on PostgreSQL: that is a third of a claim's time.

    A claim that is lost because the server of the database crashes was made for nothing: its
    message finds another claim number, and the links are due again.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


@transaction.atomic
def hold_domains(domains: set[str], lease: timedelta) -> tuple[set[str], datetime]:
    """Take domains to ask them about something else than a link that is due.

    Returns those that were free, and until when they are ours; ``free_domains`` gives them back.
    """
    now = database_now()
    domain_of = _lock_hosts(domains, now)
    Host.objects.filter(pk__in=domain_of).update(leased_until=now + lease)
    return set(domain_of.values()), now + lease


def free_domains(domains: Collection[str], held_until: datetime) -> None:
    """Give back what ``hold_domains`` took, unless another took it meanwhile."""
    Host.objects.filter(domain__in=domains, leased_until=held_until).update(leased_until=None)


def _set_aside(now: datetime) -> None:
    """Put off links over which worker after worker died; the others go on."""
    lost = Link.objects.filter(deaths__gte=MAX_DEATHS, leased_until__lt=now)
    number = lost.update(next_check_at=now + ASIDE, is_urgent=False, leased_until=None)
    if number:
        logger.error(
            "%d links are set aside for a day: %d workers in a row died over each of them",
            number,
            MAX_DEATHS,
        )


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


@transaction.atomic
def withdraw(claim: Claim) -> None:
    """Give back a claim that no worker will hear of, as when the broker did not take it."""
    release(begin(claim))


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


def count_wanted(*, host: str | None = None, not_since: datetime | None = None) -> int:
    """How many links :func:`claim_due` would take by and by, also those that it must leave now."""
    now = database_now()
    if not_since is None:
        links = Link.objects.used().filter(next_check_at__lte=now)
    else:
        links = Link.objects.used().filter(_unseen(not_since))
    return links.filter(**({"host__name": host} if host else {"host__isnull": False})).count()


def _unseen(since: datetime) -> Q:
    return Q(last_checked_at__isnull=True) | Q(last_checked_at__lt=since)


def _due(now: datetime, not_since: datetime | None) -> LinkQuerySet:
    if not_since is None:
        return Link.objects.due(now)
    return Link.objects.used().unheld(now).filter(_unseen(not_since))


class _DueLink(NamedTuple):
    pk: int
    number: int
    host_id: int
    domain: str
    deaths: int


def _find_first(due: LinkQuerySet, now: datetime, host: str | None, limit: int) -> list[_DueLink]:
    """The first links in line on free hosts, urgent ones before the others; two queries.

    Two, because each of them walks its own index and stops at the limit.
    """
    free = due.filter(
        Q(host__leased_until__isnull=True) | Q(host__leased_until__lt=now),
        Q(host__rests_until__isnull=True) | Q(host__rests_until__lte=now),
        host__isnull=False,
    )
    if host:
        free = free.filter(host__name=host)
    rows = free.order_by("next_check_at", "pk").values_list(
        "pk", "claim_number", "host_id", "host__domain", "deaths"
    )
    urgent, others = rows.filter(is_urgent=True)[:limit], rows[:limit]
    return [_DueLink(*row) for row in dict.fromkeys([*urgent, *others])]


def _group(links: Iterable[_DueLink], limit: int) -> list[list[_DueLink]]:
    """The first ``limit`` of ``links`` by their domains, of each no more than may go together."""
    groups: defaultdict[str, list[_DueLink]] = defaultdict(list)
    for link in islice(links, limit):
        group = groups[link.domain]
        is_alike = not group or link.deaths == group[0].deaths
        if (
            is_alike
            and len(group) < LINKS_AFTER_DEATH[min(link.deaths, len(LINKS_AFTER_DEATH) - 1)]
        ):
            group.append(link)
    return list(groups.values())


def _lock_links(due: LinkQuerySet, groups: list[list[_DueLink]]) -> list[list[_DueLink]]:
    """What is left of ``groups`` without links that another has in hand; one query."""
    chosen = [link.pk for group in groups for link in group]
    rows = due.filter(pk__among=chosen).select_for_update(skip_locked=True)
    held = set(rows.values_list("pk", "claim_number"))
    left = [[link for link in group if (link.pk, link.number) in held] for group in groups]
    return [group for group in left if group]


def _lock_hosts(domains: set[str], now: datetime) -> dict[int, str]:
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


def _lease(claim: Claim, host_ids: list[int], leased_until: datetime) -> None:
    Link.objects.filter(pk__among=[link.link_id for link in claim]).update(
        claim_number=F("claim_number") + 1, leased_until=leased_until
    )
    Host.objects.filter(pk__among=host_ids).update(leased_until=leased_until)


def _in_order(links: tuple[Link, ...], claim: Claim) -> tuple[Link, ...]:
    place = {link.link_id: number for number, link in enumerate(claim)}
    return tuple(sorted(links, key=lambda link: place[link.pk]))
