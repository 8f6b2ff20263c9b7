"""Writing what was seen: checks, the state of links, rests of hosts, and what follows from it.

Nothing here is a revision of anything: a run of checks writes no history rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from linkcheck.classification import Outcome, classify
from linkcheck.fragments import write_fragments
from linkcheck.marks import mark_of
from linkcheck.models import Check, Host, Link
from linkcheck.observations import ErrorKind, Observation
from linkcheck.policy import DEFAULTS, LinkState, PolicySettings, advance
from linkcheck.recalling import remember_honesty
from linkcheck.transitions import Transition, carry_out, lock_cases

_WRITTEN = {
    "verdict",
    "reason",
    "verdict_since",
    "mark",
    "state",
    "last_checked_at",
    "last_good_at",
    "moved_to",
    "landed_on",
    "text_changed_at",
    "etag",
    "last_modified",
    "next_check_at",
    "is_urgent",
    "leased_until",
    "deaths",
}
_MAX_ETAG = 499  # longer ones are cut off by the prober: of no use
_MAX_LAST_MODIFIED = 100
_MAX_TARGET = 4000
_MAX_LANDING = 2000
_SOONEST = timedelta(minutes=1)


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
    held = Link.objects.select_for_update().filter(pk__in=link_ids).order_by("pk").in_bulk()
    transitions = []
    for result in results:
        link = held.get(result.link_id)
        # Checked again here: a result that comes twice finds no lease.
        if link is None or link.claim_number != result.claim_number or link.leased_until is None:
            continue
        transitions.append(_apply(link, result.observation, rules))
    _write_checks(transitions)
    links = [transition.link for transition in transitions]
    _update_links(links)
    _rest_hosts(results, rules)
    remember_honesty((t.link.host_id, t.seen) for t in transitions)
    write_fragments(transitions)
    carry_out([t for t in transitions if t.is_of_note])
    return links


def _apply(link: Link, seen: Observation, rules: PolicySettings) -> Transition:
    """Set the fields of ``link`` to what they are after ``seen``; not saved yet."""
    before, mark_before = LinkState.from_dict(link.state), link.mark
    after = advance(before, seen, rules)
    link.state = after.as_dict()
    link.verdict, link.reason = after.verdict.value, after.reason.value
    link.verdict_since = after.verdict_since or link.verdict_since
    link.last_checked_at, link.last_good_at = after.checked_at, after.last_good_at
    link.moved_to = after.moved_to if len(after.moved_to) <= _MAX_TARGET else ""
    link.landed_on = after.landed_on if len(after.landed_on) <= _MAX_LANDING else ""
    link.text_changed_at = after.text_changed_at
    link.next_check_at = _next_check(link, after, seen)
    link.is_urgent = link.is_urgent and not seen.was_asked
    link.leased_until, link.deaths = None, 0
    link.mark = mark_of(link, seen.at)
    _remember_validators(link, seen)
    return Transition(link=link, mark_before=mark_before, before=before, after=after, seen=seen)


def _next_check(link: Link, after: LinkState, seen: Observation) -> datetime | None:
    """When the policy says, but not after an override ends: then the verdict counts again.

    And never at once, whatever a server asks for ("Retry-After: 0"): a round would not end.
    """
    due = after.next_check_at
    if due is None:
        return None
    ends_at = link.override_until if link.override else None
    if ends_at is not None and ends_at > seen.at:
        due = min(due, ends_at)
    return max(due, seen.at + _SOONEST) if seen.was_asked else due


def _remember_validators(link: Link, seen: Observation) -> None:
    """Keep ETag and Last-Modified of a good answer for the next, conditional request."""
    if not seen.was_asked or seen.error is not ErrorKind.NONE or seen.status == 304:
        return
    is_good = seen.status == 200 and classify(seen)[0] is Outcome.ALIVE
    etag = seen.headers.get("etag", "") if is_good else ""
    last_modified = seen.headers.get("last-modified", "") if is_good else ""
    link.etag = etag if len(etag) <= _MAX_ETAG else ""
    link.last_modified = last_modified if len(last_modified) <= _MAX_LAST_MODIFIED else ""


def _update_links(links: Sequence[Link]) -> None:
    """Write what a check may change of links, which are locked.

    One prepared statement for all of them: Django's own bulk_update takes several times as long.
    """
    fields = [field for field in Link._meta.concrete_fields if field.name in _WRITTEN]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    statement = f"UPDATE {quote(Link._meta.db_table)} SET {columns} WHERE id = %s"  # noqa: S608
    rows = [
        [
            *(field.get_db_prep_save(getattr(link, field.attname), connection) for field in fields),
            link.pk,
        ]
        for link in links
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def _write_checks(transitions: Sequence[Transition]) -> None:
    Check.objects.bulk_create(
        [
            Check(
                link_id=t.link.pk,
                claim_number=t.link.claim_number,
                at=t.seen.at,
                status=t.seen.status,
                error="" if t.seen.error is ErrorKind.NONE else t.seen.error.value,
                elapsed_ms=t.seen.elapsed_ms,
                verdict=t.after.verdict.value,
                evidence=t.seen.as_dict(),
            )
            for t in transitions
            if t.seen.was_asked
        ],
        ignore_conflicts=True,
    )


def _rest_hosts(results: Sequence[Result], rules: PolicySettings) -> None:
    """Let domains rest that asked for it, or to which no connection comes about (rule 6).

    What was not asked for that very reason does not make the rest longer.
    """
    rests: dict[tuple[str, bool], datetime] = {}
    for result in results:
        until = _find_rest(result.observation, rules)
        if until is not None:
            key = (result.domain, result.observation.was_asked)
            rests[key] = max(until, rests.get(key, until))
    for (domain, was_asked), until in sorted(rests.items(), key=lambda item: not item[0][1]):
        hosts = Host.objects.filter(domain=domain)
        if was_asked:
            hosts.filter(Q(rests_until__isnull=True) | Q(rests_until__lt=until)).update(
                rests_until=until, rest_reason=Host.RestReason.RATE_LIMITED
            )
        else:
            began = min(r.observation.at for r in results if r.domain == domain)
            hosts.filter(Q(rests_until__isnull=True) | Q(rests_until__lte=began)).update(
                rests_until=until, rest_reason=Host.RestReason.UNREACHABLE
            )


def _find_rest(seen: Observation, rules: PolicySettings) -> datetime | None:
    outcome, _reason = classify(seen)
    if outcome is Outcome.RATE_LIMITED:
        rest = rules.default_rest
        if seen.retry_after is not None:
            rest = min(timedelta(seconds=seen.retry_after), rules.longest_rest)
        return seen.at + rest
    if outcome is Outcome.NOT_ASKED and seen.retry_after:
        return seen.at + timedelta(seconds=seen.retry_after)
    return None
