"""What is known of hosts, brought to a run of checks and back: all workers share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from linkcheck.manners import DomainManners, KnownRobots, Manners
from linkcheck.models import Host, Link, RobotsFile
from linkcheck.robots import RobotsMode

#: RFC 9309 §2.4: a robots.txt is not used for longer.
ROBOTS_AGE = timedelta(days=1)


def load_manners(links: Iterable[Link], *, mode: RobotsMode, token: str, now: datetime) -> Manners:
    """What is known of the hosts of ``links``, which have their hosts with them; one query."""
    hosts = {link.host.pk: link.host for link in links if link.host is not None}
    manners = Manners(token=token, mode=mode)
    for host in hosts.values():
        domain = manners.of(host.domain)
        domain.factor = max(domain.factor, host.delay_factor)
    if mode is RobotsMode.OFF:
        return manners
    for row in RobotsFile.objects.filter(host_id__in=hosts):
        name = hosts[row.host_id].name
        is_fresh = abs(now - row.fetched_at) < ROBOTS_AGE
        manners.robots[name] = KnownRobots(row.rules, is_fresh=is_fresh)
    manners.prepare(list(manners.robots))
    return manners


def save_manners(manners: Manners, links: Collection[Link], now: datetime) -> None:
    """Keep what a run learnt; two queries, and one more for each pace that changed."""
    hosts = {link.host.name: link.host for link in links if link.host is not None}
    RobotsFile.objects.bulk_create(
        [
            RobotsFile(host=hosts[name], fetched_at=now, rules=rules)
            for name, rules in manners.read.items()
            if name in hosts
        ],
        update_conflicts=True,
        unique_fields=["host"],
        update_fields=["fetched_at", "rules"],
    )
    known: dict[str, float] = {}
    for host in hosts.values():
        known[host.domain] = max(known.get(host.domain, 1.0), host.delay_factor)
    changed: defaultdict[float, list[str]] = defaultdict(list)
    for domain, factor in known.items():
        if manners.of(domain).factor != factor:
            changed[manners.of(domain).factor].append(domain)
    for factor, domains in changed.items():
        Host.objects.filter(domain__in=domains).update(delay_factor=factor)


def find_pauses(
    manners: Manners, domains: Collection[str], usual_s: float
) -> dict[timedelta, list[str]]:
    """Domains by how long after the last request to them the next one may start."""
    pauses: defaultdict[timedelta, list[str]] = defaultdict(list)
    for domain in domains:
        wait_s = manners.domains.get(domain, DomainManners()).delay_s(usual_s)
        pauses[timedelta(seconds=wait_s)].append(domain)
    return pauses
