"""Names of hosts that do not exist: one strike and one case for the host (LINK_POLICY, rule 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linkcheck.host_policy import HostState, advance_host, is_missing
from linkcheck.kinds import DEAD_HOST, HOST, PRIORITY
from linkcheck.models import Host, Link
from linkcheck.observations import Observation
from linkcheck.states import PolicySettings
from linkcheck.verdicts import Override, Reason, Verdict
from moderation.cases import NewCase, open_cases, resolve_cases
from moderation.models import Case


def strike_hosts(
    sightings: Iterable[tuple[int | None, Observation]], rules: PolicySettings
) -> dict[int, int]:
    """Count what was seen at links of hosts, by host id; the strikes of those that are missing.

    A host that is struck out gets a case, one that is back loses it; the links of both are due at
    once. One query, where no host changes.
    """
    seen_at: defaultdict[int, list[Observation]] = defaultdict(list)
    for host_id, seen in sightings:
        if host_id is not None and seen.was_asked:
            seen_at[host_id].append(seen)
    missing = {pk for pk, observations in seen_at.items() if any(map(is_missing, observations))}
    hosts = (
        Host.objects.select_for_update()
        .filter(Q(pk__among=missing) | Q(pk__among=seen_at, missing_strikes__gt=0))
        .order_by("pk")
    )
    changed = []
    strikes = dict.fromkeys(missing, 1)
    for host in hosts:
        before = state = _state_of(host)
        for seen in sorted(seen_at[host.pk], key=lambda seen: seen.at):
            state = advance_host(state, seen, rules)
        if host.pk in missing:
            strikes[host.pk] = max(state.missing_strikes, 1)
        if state != before:
            _set_state(host, state)
            changed.append((host, before))
    _follow(changed)
    return strikes


def close_cases_of_unused_hosts() -> int:
    """Close the open cases of hosts to which no link leads any more; how many there were."""
    cases = Case.objects.filter(state=Case.State.OPEN, target_type=HOST)
    used = Link.objects.used().filter(host=OuterRef("pk"))
    unused = Host.objects.filter(~Exists(used), pk__in=cases.values("target_id"))
    return resolve_cases(
        target_type=HOST,
        target_ids=list(unused.values_list("pk", flat=True)),
        note=_("No link leads there any more."),
    )


def open_host_case(host: Host, reason: str) -> None:
    """Have a moderator decide about all the links of a host at once."""
    case = NewCase(target_id=host.pk, title=host.name, reason=reason, priority=PRIORITY[DEAD_HOST])
    open_cases(kind=DEAD_HOST, target_type=HOST, cases=[case])


def _state_of(host: Host) -> HostState:
    return HostState(host.missing_strikes, host.last_missing_at, host.missing_since)


def _set_state(host: Host, state: HostState) -> None:
    for name, value in asdict(state).items():
        setattr(host, name, value)


def _follow(changed: Sequence[tuple[Host, HostState]]) -> None:
    """Write the new states, open and close cases, and have the links of such hosts looked at."""
    if not changed:
        return
    Host.objects.bulk_update(
        [host for host, _before in changed],
        ["missing_strikes", "last_missing_at", "missing_since"],
    )
    now = timezone.now()
    for host, before in changed:
        if host.missing_since and not before.missing_since:
            if not host.active_override(now):
                open_host_case(host, explain_missing(host))
            _look_soon(host, but_not=(Verdict.DEAD, Verdict.EXCLUDED))
    back = [host for host, before in changed if before.missing_since and not host.missing_since]
    _close(back)
    for host in back:
        _look_soon(host, only=Reason.NO_SUCH_HOST)


def explain_missing(host: Host) -> str:
    """Since when a host is taken for gone, in a sentence."""
    return _("There is no host of that name: found %(count)d times, the last on %(day)s.") % {
        "count": host.missing_strikes,
        "day": date_format(host.last_missing_at or timezone.now(), "j F Y"),
    }


def _close(hosts: Collection[Host]) -> None:
    """Not where a person said that the host is dead: that is why there is a case."""
    resolve_cases(
        target_type=HOST,
        target_ids=[h.pk for h in hosts if h.override != Override.REALLY_DEAD],
        note=_("There is a host of that name again."),
        kinds=[DEAD_HOST],
    )


def _look_soon(host: Host, *, but_not: Collection[str] = (), only: str = "") -> None:
    links = Link.objects.used().filter(host=host).exclude(verdict__in=but_not)
    if only:
        links = links.filter(reason=only)
    now = timezone.now()
    links.filter(next_check_at__gt=now).update(next_check_at=now)
