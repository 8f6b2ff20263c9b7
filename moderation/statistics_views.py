"""How the queue is doing, for moderators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.permissions import require
from changes.charts import draw_bars
from moderation.queue import count_waiting
from moderation.scope import DECIDE, Scope
from moderation.statistics import PERIODS, SHOWN_BY_DAY, find_backlog, find_statistics

DEFAULT = "30"


@require_safe
def queue_statistics(request: HttpRequest) -> HttpResponse:
    """What was decided in the last ``?days=``, how fast and by whom, and what waited; 400 for
    a period that there is none of."""
    require(request.user, DECIDE)
    periods = {str(days): days for days in PERIODS}
    asked = request.GET.get("days", DEFAULT)
    days = periods.get(asked, periods[DEFAULT])
    waiting = sum(count_waiting(Scope(None)).values())
    backlog = find_backlog(days, waiting=waiting)
    context = {
        "days": days,
        "periods": PERIODS,
        "is_refused": asked not in periods,
        "statistics": find_statistics(days),
        "waiting": waiting,
        "backlog": draw_bars([(date_format(day), number) for day, number in backlog]),
        "row_head": _("Day") if days <= SHOWN_BY_DAY else _("Last day counted in a week"),
    }
    status = 400 if asked not in periods else None
    return render(request, "moderation/queue_statistics.html", context, status=status)
