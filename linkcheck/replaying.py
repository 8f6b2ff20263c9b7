"""Judging links anew from what was seen of them, after a rule changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from msgspec.structs import replace

from linkcheck.folding import Folded, fold_checks
from linkcheck.marks import mark_of
from linkcheck.models import Checkpoint, Link, LinkQuerySet
from linkcheck.results import adopt, write_transitions
from linkcheck.states import DEFAULTS, LinkState, PolicySettings
from linkcheck.transitions import Transition, lock_cases

_BATCH = 100


@dataclass(frozen=True)
class Rejudged:
    """A link whose checks lead elsewhere by the rules of today.

    ``judged_from`` says since when its checks were judged anew, where older ones are gone.
    """

    url: str
    before: LinkState
    after: LinkState
    judged_from: datetime | None = None

    @property
    def is_visible(self) -> bool:
        """Whether the verdict or its reason is another; else it is only what is being counted."""
        return (self.before.verdict, self.before.reason) != (self.after.verdict, self.after.reason)


@dataclass(frozen=True)
class Replayed:
    """One chunk: how many links were read, and those that are judged otherwise.

    ``in_part`` has the links of which only the checks after some time could be judged by the rules
    of today, since older ones were thinned: what went before counts as it was judged then.
    """

    links: int
    rejudged: list[Rejudged]
    in_part: dict[str, datetime]


def replayable(since: datetime | None = None) -> LinkQuerySet:
    """Links that were looked at, or were since then."""
    links = Link.objects.filter(last_checked_at__isnull=False)
    return links if since is None else links.filter(last_checked_at__gte=since)


def replay_verdicts(
    *, since: datetime | None = None, is_dry: bool = False, rules: PolicySettings = DEFAULTS
) -> Iterator[Replayed]:
    """Judge all links (those looked at ``since``) from their stored checks, chunk after chunk.

    Unless ``is_dry`` each chunk is written in a transaction of its own, with the cases and the
    changes that follow, as if the checks had just come in; when the link is looked at next changes
    only where the verdict does. Memory holds one chunk; safe to interrupt and to run twice.
    """
    last_id = 0
    while True:
        batch = replayable(since).filter(pk__gt=last_id).order_by("pk")
        ids = list(batch.values_list("pk", flat=True)[:_BATCH])
        if not ids:
            return
        last_id = ids[-1]
        rejudged = _judge(ids, rules) if is_dry else _judge_and_write(ids, rules)
        yield Replayed(len(ids), rejudged, _find_thinned(ids))


def _find_thinned(ids: Sequence[int]) -> dict[str, datetime]:
    rows = Checkpoint.objects.filter(link_id__in=ids, thinned__gt=0).order_by("link_id")
    states = rows.values_list("link__url", "state", "made_at")
    return {url: LinkState.from_dict(state).checked_at or made_at for url, state, made_at in states}


def _judge(ids: Sequence[int], rules: PolicySettings) -> list[Rejudged]:
    links = Link.objects.in_bulk(ids)
    return [rejudged for _folded, rejudged in _compare(links, rules)]


@transaction.atomic
def _judge_and_write(ids: Sequence[int], rules: PolicySettings) -> list[Rejudged]:
    lock_cases(ids)
    links = Link.objects.select_for_update().filter(pk__in=ids).order_by("pk").in_bulk()
    found = list(_compare(links, rules))
    now = timezone.now()
    write_transitions(
        [_adopt(links[folded.link_id], rejudged, folded, now) for folded, rejudged in found]
    )
    return [rejudged for _folded, rejudged in found]


def _compare(links: Mapping[int, Link], rules: PolicySettings) -> Iterator[tuple[Folded, Rejudged]]:
    thinned = _find_thinned(list(links))
    for folded in fold_checks(list(links), rules=rules, is_whole=True):
        link = links.get(folded.link_id)
        if link is None:
            continue
        before = LinkState.from_dict(link.state)
        after = folded.state
        if after.verdict is before.verdict:
            # Also what was not asked moves the date, and leaves no check behind.
            after = replace(after, next_check_at=before.next_check_at)
        if after != before:
            yield folded, Rejudged(link.url, before, after, thinned.get(link.url))


def _adopt(link: Link, rejudged: Rejudged, folded: Folded, now: datetime) -> Transition:
    """Give ``link`` its new state; its mark and date stay where its verdict does."""
    mark_before, after = link.mark, rejudged.after
    adopt(link, after)
    if after.verdict is not rejudged.before.verdict:
        link.mark = mark_of(link, now)
        link.next_check_at = after.next_check_at
    return Transition(
        link=link, mark_before=mark_before, before=rejudged.before, after=after, seen=folded.last
    )
