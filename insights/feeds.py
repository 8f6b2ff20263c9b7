"""The weeks as Atom, RSS and JSON Feed."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from changes.feed_formats import ChangeFeed, Entry
from changes.feed_views import answer_state, digest
from changes.feeds import absolute, make_feed, tag_uri
from changes.hiding import with_hiding_state
from changes.models import Change
from insights.models import Week
from insights.weeks import DescribedWeek, describe_weeks

WEEKS_IN_FEED: Final = 12


def answer_weeks_feed(request: HttpRequest, format: str) -> HttpResponse:
    """The last weeks; 304 where the reader has them already, by the names of today.

    What is renamed, deleted or hidden makes it another feed at once.
    """
    weeks = describe_weeks(Week.objects.all()[:WEEKS_IN_FEED])
    changes = with_hiding_state(Change.objects.order_by("-id"))
    times = changes.values_list("at", "hidden_at").first() or ()

    def build() -> ChangeFeed:
        return make_feed(
            tag_uri("weeks"),
            title=_("Week by week"),
            subtitle=_("What happened in each week."),
            address=request.path,
            home_url=reverse("insights:week_list"),
            entries=[_entry(week) for week in weeks],
        )

    return answer_state(
        request,
        format,
        state=digest([(w.week.pk, w.figures, w.created, w.most_edited) for w in weeks]),
        times=(*times, *(week.week.computed_at for week in weeks)),
        build=build,
    )


def _entry(described: DescribedWeek) -> Entry:
    week = described.week
    title = _("The week of %(day)s") % {"day": date_format(week.monday)}
    # A feed is read elsewhere: its addresses are whole.
    context = {**described.as_context(), "base": settings.SITE_URL}
    return Entry(
        id=tag_uri(f"week/{week.monday.isoformat()}"),
        title=title,
        url=absolute(reverse("insights:week_detail", args=[week.monday])),
        at=week.computed_at,
        author=settings.SITE_NAME,
        author_url=None,
        categories=["week"],
        summary=title,
        html=render_to_string("insights/_week.html", context),
    )
