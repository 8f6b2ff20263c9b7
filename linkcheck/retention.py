"""What is kept of old checks: the changes of outcome, and one a month.

Before anything goes, the state that the checks led to is kept (:class:`Checkpoint`): a replay
begins there and comes to the same verdict as before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, Value, When
from django.utils import timezone

from changes.models import ObjectType
from linkcheck.classification import Outcome, classify
from linkcheck.folding import Folded, fold_checks
from linkcheck.kinds import HOST
from linkcheck.models import Check, Checkpoint, Link, LinkQuerySet, RepairBatch
from linkcheck.observations import Observation
from moderation.models import Case as ReviewCase

#: A link is looked through again after so long: a thirtieth of all links a day.
EVERY = timedelta(days=30)
_BATCH = 100
_ROWS = 5000  # in one statement: below the number of parameters that SQLite takes


def thin_checks(*, limit: int, now: datetime | None = None) -> int:
    """Thin the old checks of up to ``limit`` links; how many links were looked through.

    Old is what ``LINKCHECK_KEEP_CHECKS_DAYS`` says. All checks stay of a link about which, or
    about whose host, a case is open; and the last check of any link. Bounded batches, each in a
    transaction of its own and a constant number of queries; safe to interrupt and to run twice.
    """
    now = now or timezone.now()
    cutoff = now - timedelta(days=settings.LINKCHECK_KEEP_CHECKS_DAYS)
    done = last_id = 0
    while done < limit:
        ids = _thin_batch(cutoff, now, after=last_id, size=min(_BATCH, limit - done))
        if not ids:
            break
        done, last_id = done + len(ids), ids[-1]
    batches = RepairBatch.objects.filter(queued_at__lt=cutoff)
    batches.exclude(repairs__done_at__isnull=True).delete()
    return done


def _wanting(cutoff: datetime, now: datetime) -> LinkQuerySet:
    """Links that are old enough, were not looked through lately and are in no open case."""
    is_about_it = Q(target_type=ObjectType.LINK, target_id=OuterRef("pk"))
    is_about_its_host = Q(target_type=HOST, target_id=OuterRef("host_id"))
    about = ReviewCase.objects.filter(is_about_it | is_about_its_host)
    in_case = about.filter(state=ReviewCase.State.OPEN)
    is_stale = Q(checkpoint__isnull=True) | Q(checkpoint__made_at__lt=now - EVERY)
    return Link.objects.filter(is_stale, ~Exists(in_case), first_seen_at__lt=cutoff)


@transaction.atomic
def _thin_batch(cutoff: datetime, now: datetime, *, after: int, size: int) -> list[int]:
    """Thin the checks of the next links beyond the id ``after``; their ids, in order."""
    wanting = _wanting(cutoff, now).filter(pk__gt=after).order_by("pk")
    ids = list(wanting.values_list("pk", flat=True)[:size])
    locked = Link.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    link_ids = list(locked.values_list("pk", flat=True))
    sieve = _Sieve(link_ids)
    folded = {one.link_id: one for one in fold_checks(link_ids, before=cutoff, on_check=sieve.add)}
    _write_checkpoints(link_ids, folded, now)
    unwanted = sorted(sieve.unwanted.keys() - _newest(link_ids))
    for start in range(0, len(unwanted), _ROWS):
        Check.objects.filter(pk__in=unwanted[start : start + _ROWS]).delete()
    _count_thinned(Counter(sieve.unwanted[pk] for pk in unwanted))
    return link_ids


class _Last(NamedTuple):
    outcome: tuple[str, str, str]
    month: tuple[int, int]


class _Sieve:
    """Tells, check after check, which ones say nothing that the one before did not."""

    def __init__(self, link_ids: Collection[int]) -> None:
        self.unwanted: dict[int, int] = {}  # the link of each check
        self._last: dict[int, _Last] = {}
        # What an earlier run kept last has the outcome and the month of all that it read.
        kept = (
            Check.objects.filter(link_id__in=link_ids, pk__lte=F("link__checkpoint__check_id"))
            .values("link_id")
            .annotate(last=Max("pk"))
            .order_by()
        )
        for check in Check.objects.filter(pk__in=[row["last"] for row in kept]):
            self._last[check.link_id] = _describe(Observation.from_dict(check.evidence))

    def add(self, link_id: int, check_id: int, seen: Observation) -> None:
        """Take the next check of a link in."""
        found = _describe(seen)
        if self._last.get(link_id) == found:
            self.unwanted[check_id] = link_id
        self._last[link_id] = found


def _describe(seen: Observation) -> _Last:
    outcome, reason = classify(seen)
    why = "" if outcome is Outcome.ALIVE else reason.value
    return _Last((outcome.value, why, seen.final_url), (seen.at.year, seen.at.month))


def _newest(link_ids: Collection[int]) -> set[int]:
    newest = Check.objects.filter(link_id__in=link_ids).values("link_id").annotate(last=Max("pk"))
    return {row["last"] for row in newest.order_by()}


def _count_thinned(numbers: Mapping[int, int]) -> None:
    """Say in the checkpoints how many checks are gone, by link."""
    if numbers:
        more = Case(*[When(link_id=pk, then=Value(number)) for pk, number in numbers.items()])
        Checkpoint.objects.filter(link_id__in=numbers).update(thinned=F("thinned") + more)


def _write_checkpoints(link_ids: Collection[int], folded: dict[int, Folded], now: datetime) -> None:
    """Keep where the checks that may go led to; where there were none, that it was looked at."""
    Checkpoint.objects.bulk_create(
        [
            Checkpoint(
                link_id=one.link_id, check_id=one.last_id, state=one.state.as_dict(), made_at=now
            )
            for one in folded.values()
        ],
        update_conflicts=True,
        unique_fields=["link"],
        update_fields=["check_id", "state", "made_at"],
    )
    Checkpoint.objects.bulk_create(
        [Checkpoint(link_id=pk, made_at=now) for pk in link_ids if pk not in folded],
        update_conflicts=True,
        unique_fields=["link"],
        update_fields=["made_at"],
    )
