"""Reading stored checks back into what the policy makes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db.models import F, Q, QuerySet

from linkcheck.models import Check, Checkpoint
from linkcheck.observations import Observation
from linkcheck.policy import advance
from linkcheck.states import DEFAULTS, LinkState, PolicySettings

_ROWS = 500


@dataclass(frozen=True)
class Folded:
    """What the checks of a link lead to; ``last`` is the newest that was read, of the given id."""

    link_id: int
    state: LinkState
    last_id: int
    last: Observation


Sight = Callable[[int, int, Observation], None]


def fold_checks(
    link_ids: Collection[int],
    *,
    before: datetime | None = None,
    on_check: Sight | None = None,
    rules: PolicySettings = DEFAULTS,
    is_whole: bool = False,
) -> Iterator[Folded]:
    """Fold the checks of each link, from its checkpoint on, in the order they were written.

    Links without such checks are left out; ``before`` stops at the first check that is not older.
    With ``is_whole`` a link of which no check is gone is folded from its first one.
    ``on_check(link_id, check_id, observation)`` is told of each that was read. Two queries, and
    one observation in memory at a time.
    """
    checkpoints = Checkpoint.objects.filter(link_id__in=link_ids)
    if is_whole:
        checkpoints = checkpoints.filter(thinned__gt=0)
    starts = dict(checkpoints.values_list("link_id", "state"))
    for link_id, rows in groupby(_read(link_ids, is_whole), key=attrgetter("link_id")):
        state, folded = LinkState.from_dict(starts.get(link_id, {})), None
        for row in rows:
            seen = Observation.from_dict(row.evidence)
            if before is not None and seen.at >= before:
                break
            state = advance(state, seen, rules)
            folded = Folded(link_id, state, row.pk, seen)
            if on_check is not None:
                on_check(link_id, row.pk, seen)
        if folded is not None:
            yield folded


def _read(link_ids: Collection[int], is_whole: bool) -> Iterator[Check]:
    is_later = Q(link__checkpoint__isnull=True) | Q(pk__gt=F("link__checkpoint__check_id"))
    if is_whole:
        is_later |= Q(link__checkpoint__thinned=0)
    checks: QuerySet[Check] = (
        Check.objects.filter(link_id__in=link_ids)
        .filter(is_later)
        .only("link_id", "evidence")
        .order_by("link_id", "pk")
    )
    return checks.iterator(_ROWS)
