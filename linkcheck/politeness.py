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
#: More failing addresses of a domain than make an incident need not be told apart.
MAX_UNREACHED = 10


def load_manners(links: Iterable[Link], *, mode: RobotsMode, token: str, now: datetime) -> Manners:
    """What is known of the hosts of ``links``, which have their hosts with them; one query."""
    hosts = {link.host.pk: link.host for link in links if link.host is not None}
    manners = Manners(token=token, mode=mode)
    for host in hosts.values():
        domain = manners.of(host.domain)
        domain.factor = max(domain.factor, host.delay_factor)
        domain.unreached.update(host.unreached)
    if mode is RobotsMode.OFF:
        return manners
    for row in RobotsFile.objects.filter(host_id__among=hosts):
        name = hosts[row.host_id].name
        is_fresh = abs(now - row.fetched_at) < ROBOTS_AGE
        manners.robots[name] = KnownRobots(row.rules, is_fresh=is_fresh)
    manners.prepare(list(manners.robots))
    return manners


def save_manners(
    manners: Manners, links: Collection[Link], now: datetime, *, was_cut_off: bool = False
) -> None:
    """Keep what a run learnt; a query, and one more for each pace or failure that changed.

    Where we were cut off ourselves nothing is kept of who could not be reached.
    """
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
    _save_paces(manners, hosts.values())
    if not was_cut_off:
        _save_failures(manners, hosts.values())


def _save_paces(manners: Manners, hosts: Collection[Host]) -> None:
    """Also of domains that were visited only, where they were found slow."""
    known = dict.fromkeys(manners.domains, 1.0)
    for host in hosts:
        known[host.domain] = max(known.get(host.domain, 1.0), host.delay_factor)
    changed: defaultdict[float, list[str]] = defaultdict(list)
    for domain, factor in known.items():
        if manners.of(domain).factor != factor:
            changed[manners.of(domain).factor].append(domain)
    for factor, domains in changed.items():
        Host.objects.filter(domain__in=domains).update(delay_factor=factor)


def _save_failures(manners: Manners, hosts: Collection[Host]) -> None:
    """Which addresses of the domains of ``hosts`` could not be reached since one was."""
    known: defaultdict[str, set[int]] = defaultdict(set)
    for host in hosts:
        known[host.domain].update(host.unreached)
    for domain, before in known.items():
        unreached = manners.of(domain).unreached
        if unreached != before:
            Host.objects.filter(domain=domain).update(unreached=sorted(unreached)[:MAX_UNREACHED])


def find_pauses(
    manners: Manners, domains: Collection[str], usual_s: float
) -> dict[timedelta, list[str]]:
    """Domains by how long after the last request to them the next one may start."""
    pauses: defaultdict[timedelta, list[str]] = defaultdict(list)
    for domain in domains:
        wait_s = manners.domains.get(domain, DomainManners()).delay_s(usual_s)
        pauses[timedelta(seconds=wait_s)].append(domain)
    return pauses
