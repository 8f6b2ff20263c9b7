"""Taking due links to look at: whole hosts together, so that no two workers meet.

What is taken is held by leases (:mod:`linkcheck.leases`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Q

from linkcheck.leases import LEASE, Claim, ClaimedLink, database_now, lock_hosts
from linkcheck.models import MAX_DEATHS, Host, Link, LinkQuerySet

#: Of one domain at most so many links go into a claim: at a second between two starts they take
#: two minutes, well below the lease.
MAX_LINKS_OF_DOMAIN = 120
#: By how many workers died over a link: how many of its domain are asked together, apart from all
#: others. So the one that kills is found, and its neighbours are not taken for it.
LINKS_AFTER_DEATH = (MAX_LINKS_OF_DOMAIN, 10, 1)
#: So long a link is set aside after ``MAX_DEATHS`` in a row.
ASIDE = timedelta(days=1)

logger = logging.getLogger(__name__)


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
    domain_of = lock_hosts({link.domain for link in first}, now)
    free = (link for link in first if link.host_id in domain_of)
    groups = _lock_links(due, _group(free, limit))
    claim = Claim(
        tuple(tuple(ClaimedLink(x.pk, x.number + 1) for x in group) for group in groups),
        frozenset(group[0].pk for group in groups if group[0].deaths),
    )
    taken = {group[0].domain for group in groups}
    _lease(claim, [pk for pk, domain in domain_of.items() if domain in taken], now + LEASE)
    return claim


def _allow_to_be_lost() -> None:
    """Do not wait for the disk at the commit, on PostgreSQL: that is a third of a claim's time.

    A claim that is lost because the server of the database crashes was made for nothing: its
    message finds another claim number, and the links are due again.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


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


def _lease(claim: Claim, host_ids: list[int], leased_until: datetime) -> None:
    Link.objects.filter(pk__among=[link.link_id for link in claim]).update(
        claim_number=F("claim_number") + 1, leased_until=leased_until
    )
    Host.objects.filter(pk__among=host_ids).update(leased_until=leased_until)
