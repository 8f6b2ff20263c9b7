"""Writing what was seen: checks, the state of links, rests of hosts, and what follows from it.

Nothing here is a revision of anything: a run of checks writes no history rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from msgspec.structs import replace

from linkcheck.classification import Outcome, classify
from linkcheck.fragments import write_fragments
from linkcheck.host_policy import is_missing
from linkcheck.manners import Manners
from linkcheck.marks import mark_of
from linkcheck.missing_hosts import strike_hosts
from linkcheck.models import Host, Link
from linkcheck.observations import ErrorKind, Observation
from linkcheck.policy import DEFAULTS, LinkState, PolicySettings, advance, find_rest
from linkcheck.recalling import remember_honesty
from linkcheck.rows import insert_checks, update_links
from linkcheck.transitions import Transition, carry_out, lock_cases

#: Of a link; all of these are written anew, or are nobody's business here.
_NOT_READ = (
    "last_checked_at",
    "last_good_at",
    "landed_on",
    "text_changed_at",
    "next_check_at",
    "first_seen_at",
    "archive_url",
    "archive_at",
    "override_by",
    "override_at",
    "override_reason",
)
_MAX_ETAG = 499  # longer ones are cut off by the prober: of no use
_MAX_LAST_MODIFIED = 100
_MAX_TARGET = 4000
_MAX_LANDING = 2000
#: A rest that begins so soon after another for the same reason belongs to it.
_SAME_INCIDENT = timedelta(hours=2)


@dataclass(frozen=True)
class Result:
    """What was seen at a link, under which claim of it; ``domain`` is the key of politeness."""

    link_id: int
    claim_number: int
    domain: str
    observation: Observation


@transaction.atomic
def write_results(results: Sequence[Result], rules: PolicySettings = DEFAULTS) -> list[Link]:
    """Write one chunk of results in a constant number of queries, but for what died or moved.

    A link that another worker claimed meanwhile, or whose result stands already, is skipped; the
    links that were written come back, in the order of ``results``.
    """
    link_ids = [result.link_id for result in results]
    # The same order as in a decision (case, pages, links): nobody waits in a circle.
    lock_cases(link_ids)
    held = (
        Link.objects.select_for_update()
        .filter(pk__among=link_ids)
        .defer(*_NOT_READ)
        .order_by("pk")
        .in_bulk()
    )
    news = _find_news(held, results)
    strikes = strike_hosts([(held[pk].host_id, seen) for pk, seen in news.items()], rules)
    transitions = []
    for pk, seen in news.items():
        link = held[pk]
        if is_missing(seen) and link.host_id in strikes:
            seen = replace(seen, host_strikes=strikes[link.host_id])
        transitions.append(_apply(link, seen, rules))
    insert_checks(transitions)
    update_links(transitions)
    _rest_hosts(results, rules)
    remember_honesty((t.link.host_id, t.seen) for t in transitions)
    write_fragments(transitions)
    carry_out([t for t in transitions if t.is_of_note])
    return [transition.link for transition in transitions]


def _find_news(held: Mapping[int, Link], results: Sequence[Result]) -> dict[int, Observation]:
    """What was seen by link id, but for links that are not held under that claim any more.

    Checked again here: a result that comes twice finds no lease.
    """
    news: dict[int, Observation] = {}
    for result in results:
        link = held.get(result.link_id)
        if link and link.claim_number == result.claim_number and link.leased_until is not None:
            news.setdefault(link.pk, result.observation)
    return news


def adopt(link: Link, after: LinkState) -> None:
    """Make ``after`` the state of ``link``, with the columns that repeat it; not saved yet."""
    link.state = after.as_dict()
    link.verdict, link.reason = after.verdict.value, after.reason.value
    link.verdict_since = after.verdict_since or link.verdict_since
    link.last_checked_at, link.last_good_at = after.checked_at, after.last_good_at
    link.moved_to = after.moved_to if len(after.moved_to) <= _MAX_TARGET else ""
    link.landed_on = after.landed_on if len(after.landed_on) <= _MAX_LANDING else ""
    link.text_changed_at = after.text_changed_at


def write_transitions(transitions: Sequence[Transition]) -> None:
    """Write the links of ``transitions``, which are locked like their cases, and what follows."""
    update_links(transitions)
    carry_out([transition for transition in transitions if transition.is_of_note])


def _apply(link: Link, seen: Observation, rules: PolicySettings) -> Transition:
    """Set the fields of ``link`` to what they are after ``seen``; not saved yet."""
    before, mark_before = LinkState.from_dict(link.state), link.mark
    after = advance(before, seen, rules)
    adopt(link, after)
    link.next_check_at = _next_check(link, after, seen)
    link.is_urgent = link.is_urgent and not seen.was_asked
    link.leased_until, link.deaths = None, 0
    link.mark = mark_of(link, seen.at)
    _remember_validators(link, seen)
    return Transition(link=link, mark_before=mark_before, before=before, after=after, seen=seen)


def _next_check(link: Link, after: LinkState, seen: Observation) -> datetime | None:
    """When the policy says, but not after an override ends: then the verdict counts again."""
    due, ends_at = after.next_check_at, link.override_ends_at(seen.at)
    if due is None or ends_at is None:
        return due
    return min(due, ends_at)


def _remember_validators(link: Link, seen: Observation) -> None:
    """Keep ETag and Last-Modified of a good answer for the next, conditional request."""
    if not seen.was_asked or seen.error is not ErrorKind.NONE or seen.status == 304:
        return
    is_good = seen.status == 200 and classify(seen)[0] is Outcome.ALIVE
    etag = seen.headers.get("etag", "") if is_good else ""
    last_modified = seen.headers.get("last-modified", "") if is_good else ""
    link.etag = etag if len(etag) <= _MAX_ETAG else ""
    link.last_modified = last_modified if len(last_modified) <= _MAX_LAST_MODIFIED else ""


def _rest_hosts(results: Sequence[Result], rules: PolicySettings) -> None:
    """Let domains rest that asked for it, or to which no connection comes about (rule 6).

    What was not asked for that very reason does not make the rest longer. A rest that follows on
    one for the same reason is the same incident still.
    """
    rests: dict[tuple[str, bool], list[tuple[datetime, datetime]]] = {}
    for result in results:
        seen = result.observation
        until = _find_rest(seen, rules)
        if until is not None:
            rests.setdefault((result.domain, seen.was_asked), []).append((seen.at, until))
    for (domain, was_asked), times in sorted(rests.items(), key=lambda item: not item[0][1]):
        began, until = min(at for at, _until in times), max(until for _at, until in times)
        asked_for_it, unreachable = Host.RestReason.RATE_LIMITED, Host.RestReason.UNREACHABLE
        _let_rest(domain, asked_for_it if was_asked else unreachable, began, until)


def rest_unreached(manners: Manners, now: datetime) -> None:
    """Let domains rest of which so many addresses failed to connect that it is an incident."""
    for name, domain in manners.domains.items():
        if domain.incident_s:
            until = now + timedelta(seconds=domain.incident_s)
            _let_rest(name, Host.RestReason.UNREACHABLE, now, until)


def _let_rest(domain: str, reason: Host.RestReason, began: datetime, until: datetime) -> None:
    is_wish = reason is Host.RestReason.RATE_LIMITED
    is_over = Q(rests_until__lt=until) if is_wish else Q(rests_until__lte=began)
    goes_on = When(
        rest_reason=reason,
        rests_until__gt=began - _SAME_INCIDENT,
        rests_since__isnull=False,
        then=F("rests_since"),
    )
    Host.objects.filter(Q(rests_until__isnull=True) | is_over, domain=domain).update(
        rests_since=Case(goes_on, default=Value(began)),
        rests_until=until,
        rest_reason=reason,
    )


def _find_rest(seen: Observation, rules: PolicySettings) -> datetime | None:
    """Until when the host of ``seen`` rests because of it."""
    if classify(seen)[0] is Outcome.RATE_LIMITED:
        return seen.at + find_rest(seen, rules)
    if seen.error is ErrorKind.NOT_ASKED and seen.retry_after:
        return seen.at + timedelta(seconds=seen.retry_after)
    return None
