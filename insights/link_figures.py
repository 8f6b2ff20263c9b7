"""How the links of the listed resources are doing: by section, kind, host and age of the entry."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from django.db.models import Case as SqlCase
from django.db.models import Count, F, Q, QuerySet, Value, When

from catalog.models import MARK_GROUPS, Placement, Resource, ResourceQuerySet
from linkcheck.kinds import DEAD_HOST, DEAD_LINK, SOFT_DEAD
from moderation.models import Case

VERIFIED_WITHIN: Final = timedelta(days=30)
WORST_HOSTS: Final = 15
LEAST_LINKS: Final = 3  # of a host that is compared with others
REPAIRS_SINCE: Final = timedelta(days=365)
#: Names of the ages of entries, with the days up to which they go.
AGES: Final = (("months", 90), ("year", 365), ("years", 3 * 365), ("older", None))

_GROUP_OF: Final = {mark: group for group, marks in MARK_GROUPS.items() for mark in marks}


@dataclass(frozen=True, kw_only=True)
class Share:
    """Some of the links: ``name`` says which; of ``total`` so many are in each group of marks."""

    name: str
    total: int
    verified: int  # within VERIFIED_WITHIN
    ok: int
    moved: int
    unsure: int
    dead: int

    @property
    def verified_percent(self) -> float | None:
        return 100 * self.verified / self.total if self.total else None

    @property
    def dead_percent(self) -> float:
        return 100 * self.dead / self.total if self.total else 0.0

    @property
    def unsure_percent(self) -> float:
        return 100 * self.unsure / self.total if self.total else 0.0


def linked_resources() -> ResourceQuerySet:
    """Listed entries whose address is a link that is checked."""
    return Resource.objects.listed().filter(link__isnull=False)


def unverified_resources(now: datetime) -> ResourceQuerySet:
    """Those whose link was not seen alive within VERIFIED_WITHIN."""
    since = now - VERIFIED_WITHIN
    stale = Q(link__last_good_at__isnull=True) | Q(link__last_good_at__lt=since)
    return linked_resources().filter(stale)


def count_all(now: datetime) -> Share:
    """All of them; one query."""
    shares = _shares(linked_resources(), now, Value("all"))
    return shares[0] if shares else empty_share("all")


def empty_share(name: str) -> Share:
    return Share(name=name, total=0, verified=0, ok=0, moved=0, unsure=0, dead=0)


def count_by_section(now: datetime) -> list[Share]:
    """By the id of each section that they stand in, primarily or further; one query."""
    placements = Placement.objects.filter(
        resource__status=Resource.Status.LISTED, resource__link__isnull=False
    )
    return _shares(placements, now, "section_id", prefix="resource__")


def count_by_kind(now: datetime) -> list[Share]:
    return _shares(linked_resources(), now, "kind")


def count_by_age(now: datetime) -> list[Share]:
    """By how long ago the entry was made: the names of AGES."""
    whens = [
        When(created_at__gte=now - timedelta(days=days), then=Value(name))
        for name, days in AGES
        if days is not None
    ]
    shares = _shares(linked_resources(), now, SqlCase(*whens, default=Value(AGES[-1][0])))
    order = [name for name, _days in AGES]
    return sorted(shares, key=lambda share: order.index(share.name))


def count_worst_hosts(now: datetime) -> list[Share]:
    """The hosts with the largest share of dead and doubtful links, of those with LEAST_LINKS."""
    shares = _shares(linked_resources(), now, "link__host__name")
    in_trouble = [s for s in shares if s.total >= LEAST_LINKS and s.dead + s.unsure]
    in_trouble.sort(key=lambda s: (-(s.dead + s.unsure) / s.total, -s.total, s.name))
    return in_trouble[:WORST_HOSTS]


def _shares(rows: QuerySet[Any], now: datetime, by: Any, *, prefix: str = "") -> list[Share]:
    """One share for each value of ``by``, the largest first; one query."""
    fresh = Q(**{f"{prefix}link__last_good_at__gte": now - VERIFIED_WITHIN})
    counted = (
        rows.order_by()
        .annotate(share_of=F(by) if isinstance(by, str) else by)
        .values_list("share_of", f"{prefix}link__mark")
        .annotate(n=Count("pk"), fresh=Count("pk", filter=fresh))
    )
    return sorted(_add_up(counted), key=lambda share: (-share.total, share.name))


def _add_up(rows: Iterable[tuple[Any, str, int, int]]) -> list[Share]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, mark, number, fresh in rows:
        of_name = counts[str(name if name is not None else "")]
        of_name["total"] += number
        of_name["verified"] += fresh
        of_name[_GROUP_OF.get(mark, "unchecked")] += number
    fields = ("total", "verified", *MARK_GROUPS)
    return [
        Share(name=name, **{field: of_name[field] for field in fields})
        for name, of_name in counts.items()
    ]


def find_repair_hours(now: datetime) -> tuple[float | None, int]:
    """The median hours from the opening of a case about a dead link to its end, and how many ended.

    Of the cases that ended within REPAIRS_SINCE, by a decision or by themselves.
    """
    closed = Case.objects.filter(
        kind__in=(DEAD_LINK, SOFT_DEAD, DEAD_HOST), closed_at__gte=now - REPAIRS_SINCE
    ).exclude(state=Case.State.OPEN)
    times = closed.values_list("opened_at", "closed_at").iterator()
    hours = [max(0.0, (end - start).total_seconds() / 3600) for start, end in times if end]
    return (median(hours) if hours else None), len(hours)
