"""How the queue is doing: how long decisions take, what is accepted, who decides, what waits.

What was taken back does not count, nor does taking it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from moderation.backlog_models import Backlog
from moderation.log_kinds import find_log_kind
from moderation.models import Case, Decision, EditRule
from moderation.new_links import HELD_RULE

if TYPE_CHECKING:
    from moderation.log_models import DecisionQuerySet

PERIODS: Final = (7, 30, 90, 365)  # days
#: Of longer periods the backlog is shown by week.
SHOWN_BY_DAY: Final = 30


@dataclass(frozen=True, kw_only=True)
class Group:
    """Decisions that have something in common.

    Of ``judged`` ones it is a question whether what was asked for was granted. ``median`` is how
    long half of the cases had waited at most, None where nothing had waited.
    """

    decisions: int
    judged: int
    accepted: int
    label: str = ""
    url: str = ""
    user: User | None = None
    median: timedelta | None = None

    @property
    def accepted_percent(self) -> float | None:
        """None where that is no question."""
        return self.accepted / self.judged * 100 if self.judged else None


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What was decided in a period, most first in each list."""

    total: Group
    kinds: list[Group]
    rules: list[Group]
    moderators: list[Group]


def find_statistics(days: int, now: datetime | None = None) -> Statistics:
    """What was decided in the last ``days``; seven queries, however much that was."""
    since = (now or timezone.now()) - timedelta(days=days)
    decisions = Decision.objects.standing().filter(at__gte=since)
    kinds = _group_by_kind(decisions)
    total = Group(
        decisions=sum(group.decisions for group in kinds),
        judged=sum(group.judged for group in kinds),
        accepted=sum(group.accepted for group in kinds),
        median=find_medians(decisions).get(None),
    )
    return Statistics(
        total=total,
        kinds=kinds,
        rules=_group_by_rule(decisions.exclude(rule="")),
        moderators=_group_by_moderator(decisions.exclude(actor__is_bot=True)),
    )


def find_medians(decisions: DecisionQuerySet, by: str | None = None) -> dict[Any, timedelta]:
    """How long the cases had waited that were decided: the median, by a column or of all (None).

    One query, which answers with the one or two decisions in the middle of each group.
    """
    group = F(by) if by else None
    waited = decisions.filter(waited_s__isnull=False).order_by()
    placed = waited.annotate(
        place=Window(RowNumber(), partition_by=group, order_by=["waited_s", "pk"]),
        members=Window(Count("pk"), partition_by=group),
    )
    middle = placed.filter(place__gte=(F("members") + 1) / 2, place__lte=F("members") / 2 + 1)
    found: dict[Any, list[int]] = {}
    for row in middle.values("waited_s", *([by] if by else [])):
        found.setdefault(row[by] if by else None, []).append(row["waited_s"])
    return {name: timedelta(seconds=sum(pair) / len(pair)) for name, pair in found.items()}


def _count_by(decisions: DecisionQuerySet, *columns: str) -> list[dict[str, Any]]:
    """One row for each value of ``columns``, most decisions first; one query."""
    rows = decisions.order_by().values(*columns)
    counted = rows.annotate(
        decisions=Count("pk"),
        judged=Count("is_accepted"),
        accepted=Count("pk", filter=Q(is_accepted=True)),
    )
    return list(counted.order_by("-decisions", *columns))


def _group_by_kind(decisions: DecisionQuerySet) -> list[Group]:
    medians = find_medians(decisions, "kind")
    groups = []
    for row in _count_by(decisions, "kind"):
        kind = row.pop("kind")
        label = str(find_log_kind(kind).label)
        groups.append(Group(**row, label=label, url=f"kind={kind}", median=medians.get(kind)))
    return groups


def _group_by_rule(decisions: DecisionQuerySet) -> list[Group]:
    rows = _count_by(decisions, "rule")
    marks = [row["rule"].partition(":") for row in rows]
    numbers = [int(pk) for name, _colon, pk in marks if name == "rule" and pk.isdecimal()]
    known = {rule.mark: rule for rule in EditRule.objects.filter(pk__in=numbers)}
    names = {HELD_RULE: _("Links of newcomers")}
    groups = []
    for row in rows:
        mark = row.pop("rule")
        rule = known.get(mark)
        label = rule.name if rule else names.get(mark, mark)
        groups.append(Group(**row, label=label, url=rule.get_absolute_url() if rule else ""))
    return groups


def _group_by_moderator(decisions: DecisionQuerySet) -> list[Group]:
    """By account; those whose account is gone together."""
    rows = _count_by(decisions, "actor")
    users = User.objects.in_bulk([row["actor"] for row in rows if row["actor"]])
    groups = []
    for row in rows:
        user = users.get(row.pop("actor"))
        groups.append(Group(**row, user=user, label="" if user else _("accounts that are gone")))
    return groups


def count_backlog(now: datetime | None = None) -> None:
    """Write down how many cases wait; the last count of a day is what stays."""
    day = (now or timezone.now()).date()
    waiting = Case.objects.waiting().count()
    Backlog.objects.update_or_create(day=day, defaults={"waiting": waiting})


def find_backlog(
    days: int, *, waiting: int, now: datetime | None = None
) -> Sequence[tuple[date, int]]:
    """(day, how many cases waited) in the last ``days`` up to now, when ``waiting`` do.

    Each day that was counted, or the last one of each week where that would be too many.
    """
    today = (now or timezone.now()).date()
    known = Backlog.objects.filter(day__gt=today - timedelta(days=days), day__lt=today)
    counts = [*known.order_by("day").values_list("day", "waiting"), (today, waiting)]
    if days <= SHOWN_BY_DAY:
        return counts
    return list({day.isocalendar()[:2]: (day, number) for day, number in counts}.values())
