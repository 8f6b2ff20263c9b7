"""What earlier looks at links and hosts left: read for a batch, kept after it (rules 9 to 11)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from linkcheck.models import HostHonesty, Link, LinkUse
from linkcheck.observations import FragmentState, Known, Observation, SiblingLook
from linkcheck.policy import LinkState, is_doubted
from linkcheck.probing.comparing import Directory, directory_of

#: So long a host's honesty in a directory is taken for granted (rule 9) …
REMEMBERED = timedelta(days=30)
#: … and a host's links count as changed at once (rule 11).
AT_ONCE = timedelta(days=30)
_MAX_PATH = 2000


@dataclass(frozen=True)
class Recollection:
    """What is known of the links of a batch, by id, and of the directories of their hosts."""

    known: Mapping[int, Known]
    honest: Mapping[Directory, SiblingLook]
    #: Links with a fragment that was never looked for, or was missing: "not modified" (304) would
    #: not tell.
    wanted_whole: Set[int]


def recall(links: Sequence[Link], now: datetime) -> Recollection:
    """Return what is known of ``links``, which have their hosts: a constant number of queries."""
    host_ids = {link.host_id for link in links if link.host_id is not None}
    fragments, wanted_whole = _find_fragments([link.pk for link in links])
    landings = _find_landings(host_ids)
    changed = _count_changed(host_ids, now)
    totals = _count_links(changed)
    known = {}
    for link in links:
        host_id, changed_at = link.host_id or 0, link.text_changed_at
        state = LinkState.from_dict(link.state)
        has_changed = changed_at is not None and now - changed_at <= AT_ONCE
        known[link.pk] = Known(
            fingerprint=state.fingerprint,
            is_doubted=is_doubted(state, now),
            total=max(0, totals.get(host_id, 0) - 1),
            changed=max(0, changed.get(host_id, 0) - has_changed),
            landings=_without(landings.get(host_id, {}), link.landed_on),
            fragments=tuple(sorted(fragments.get(link.pk, ()))),
        )
    names = {link.host.pk: link.host.name for link in links if link.host is not None}
    return Recollection(known, _find_honest(links, names, now), wanted_whole)


def remember_honesty(seen: Iterable[tuple[int | None, Observation]]) -> None:
    """Keep which directories of which hosts (by id) answered honestly; one statement at most.

    What was looked at beside a redirect's end on another host is not kept.
    """
    rows: dict[tuple[int, str], HostHonesty] = {}
    for host_id, observation in seen:
        look = observation.sibling
        if host_id is None or look is None or look.is_recalled or look.status is None:
            continue
        directory, own = directory_of(look.url), directory_of(observation.url)
        if look.is_honest and directory.host == own.host and len(directory.path) <= _MAX_PATH:
            rows[host_id, directory.path] = HostHonesty(
                host_id=host_id, path=directory.path, status=look.status, seen_at=observation.at
            )
    if rows:
        HostHonesty.objects.bulk_create(
            [rows[key] for key in sorted(rows)],
            update_conflicts=True,
            unique_fields=["host", "path"],
            update_fields=["status", "seen_at"],
        )


def forget_honesty(now: datetime) -> int:
    """Delete what is too old to be taken for granted; how many rows there were."""
    deleted, _by_model = HostHonesty.objects.filter(seen_at__lt=now - REMEMBERED).delete()
    return deleted


def _without(counts: Mapping[str, int], own: str) -> dict[str, int]:
    """Return how many others landed where, without the link itself."""
    return dict(Counter(counts) - Counter([own])) if own else dict(counts)


def _find_fragments(link_ids: Collection[int]) -> tuple[dict[int, set[str]], set[int]]:
    """The fragments in use by link, and the links whose page is wanted whole because of them."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    wanted_whole = set()
    uses = LinkUse.objects.filter(link_id__among=link_ids).exclude(fragment="")
    rows = uses.values_list("link_id", "fragment", "fragment_state").distinct()
    for link_id, fragment, state in rows:
        found[link_id].add(fragment)
        if state in ("", FragmentState.MISSING):
            wanted_whole.add(link_id)
    return found, wanted_whole


def _find_landings(host_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """How many deep links of each host landed on the same shallower page, by its address."""
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    landed = Link.objects.used().filter(host_id__among=host_ids).exclude(landed_on="")
    rows = landed.values_list("host_id", "landed_on").annotate(n=Count("pk")).order_by()
    for host_id, target, count in rows:
        found[host_id][target] = count
    return found


def _count_changed(host_ids: Collection[int], now: datetime) -> dict[int, int]:
    changed = Link.objects.used().filter(
        host_id__among=host_ids, text_changed_at__gte=now - AT_ONCE
    )
    return dict(changed.values_list("host_id").annotate(n=Count("pk")).order_by())


def _count_links(host_ids: Collection[int]) -> dict[int, int]:
    """Links in use by host; asked only of hosts of which something changed."""
    links = Link.objects.used().filter(host_id__in=host_ids)
    return dict(links.values_list("host_id").annotate(n=Count("pk")).order_by())


def _find_honest(
    links: Sequence[Link], names: Mapping[int, str], now: datetime
) -> dict[Directory, SiblingLook]:
    """Directories of these links that are known to be honest."""
    wanted = {directory_of(link.url) for link in links if link.host_id is not None}
    rows = HostHonesty.objects.filter(
        host_id__among=names,
        path__among={directory.path for directory in wanted},
        seen_at__gte=now - REMEMBERED,
    )
    return {
        Directory(names[host_id], path): SiblingLook(path, status)
        for host_id, path, status in rows.values_list("host_id", "path", "status")
    }
