"""Who wrote an object: edits by month, and of each author how many and what stands today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Max, Min
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from changes.blaming import Blame
from changes.charts import BarChart, draw_bars
from changes.models import Change
from changes.objects import TrackedObject
from changes.veils import AUTHOR, hidden_word

MOST_MONTHS: Final = 60
FEWEST_MONTHS: Final = 12  # drawn, so that a bar is a bar
MOST_AUTHORS: Final = 200
_AT_ONCE: Final = 500

HIDDEN, GONE = "hidden", "gone"  # in the place of an account
Who = int | str


@dataclass(frozen=True, kw_only=True)
class Contributor:
    """One author; ``user`` is None for those whom one cannot tell apart any more (``label``)."""

    user: User | None
    label: str
    edits: int
    first_at: datetime
    last_at: datetime
    lines: int


def find_contributors(tracked: TrackedObject, obj: Any, standing: Blame) -> list[Contributor]:
    """The authors of an object, who edited most first; a constant number of queries.

    Authors that are hidden are one, as are accounts that are gone.
    """
    revisions = Change.objects.of_object(tracked.object_type, obj.pk).filter(
        version_after__isnull=False
    )
    rows = (
        revisions.order_by()
        .values_list("actor_id", "hidden")
        .annotate(n=Count("pk"), first=Min("at"), last=Max("at"))
    )
    found: dict[Who, tuple[int, datetime, datetime]] = {}
    for actor_id, hidden, edits, first, last in rows:
        who = _who(actor_id, hidden)
        known, since, until = found.get(who, (0, first, last))
        found[who] = known + edits, min(since, first), max(until, last)
    lines = _lines_of_each(revisions, standing)
    users = User.objects.in_bulk([who for who in found if isinstance(who, int)])
    contributors = [
        Contributor(
            user=users.get(who) if isinstance(who, int) else None,
            label=_label(who),
            edits=edits,
            first_at=first,
            last_at=last,
            lines=lines[who],
        )
        for who, (edits, first, last) in found.items()
    ]
    contributors.sort(key=lambda one: (-one.edits, -one.lines, one.label))
    return contributors[:MOST_AUTHORS]


def draw_months(tracked: TrackedObject, obj: Any) -> BarChart | None:
    """Edits a month up to the last one, of a year at least, of five at most; one query."""
    rows = (
        Change.objects.of_object(tracked.object_type, obj.pk)
        .filter(version_after__isnull=False)
        .order_by()
        .annotate(month=TruncMonth("at"))
        .values_list("month")
        .annotate(n=Count("pk"))
        .order_by("month")
    )
    counts = {month.date().replace(day=1): n for month, n in rows}
    months = _months_between(counts.keys())[-MOST_MONTHS:]
    return draw_bars([(date_format(month, "F Y"), counts.get(month, 0)) for month in months])


def _months_between(known: Iterable[date]) -> Sequence[date]:
    months = sorted(known)
    if not months:
        return []
    first, last = months[0], months[-1]
    span = (last.year - first.year) * 12 + last.month - first.month
    end = last.year * 12 + last.month
    start = end - max(span + 1, FEWEST_MONTHS)
    return [date(n // 12, n % 12 + 1, 1) for n in range(start, end)]


def _who(actor_id: int | None, hidden: str) -> Who:
    if AUTHOR in hidden:
        return HIDDEN
    return GONE if actor_id is None else actor_id


def _label(who: Who) -> str:
    if who == HIDDEN:
        return hidden_word()
    return _("accounts that are gone") if who == GONE else ""


def _lines_of_each(revisions: Any, standing: Blame) -> Counter[Who]:
    """How many lines of today's text each author wrote."""
    lines = Counter(owner for owner in standing.owners if owner is not None)
    found: Counter[Who] = Counter()
    numbers = sorted(lines)
    for start in range(0, len(numbers), _AT_ONCE):
        rows = revisions.filter(version_after__in=numbers[start : start + _AT_ONCE])
        for version, actor_id, hidden in rows.values_list("version_after", "actor_id", "hidden"):
            found[_who(actor_id, hidden)] += lines[version]
    return found
