"""The weeks as Atom, RSS and JSON Feed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from changes.feed_formats import FORMATS, Entry
from changes.feeds import absolute, make_feed, tag_uri
from insights.models import Week

WEEKS_IN_FEED: Final = 12


def write_weeks_feed(
    name: str, *, describe: Callable[[Week], dict[str, Any]], address: str
) -> tuple[str, str]:
    """The feed in the format of that name (:data:`changes.feed_formats.FORMATS`) and its type.

    ``describe`` gives what is said of a week, ``address`` is the feed's own.
    """
    weeks = list(Week.objects.all()[:WEEKS_IN_FEED])
    kind = FORMATS[name]
    feed = make_feed(
        tag_uri("weeks"),
        title=_("Week by week"),
        subtitle=_("What happened in each week."),
        address=address,
        home_url=reverse("insights:week_list"),
        entries=[_entry(week, describe(week)) for week in weeks],
    )
    return kind.write(feed), kind.content_type


def _entry(week: Week, context: dict[str, Any]) -> Entry:
    title = _("The week of %(day)s") % {"day": date_format(week.monday)}
    links = {"base": settings.SITE_URL}  # a feed is read elsewhere: its addresses are whole
    return Entry(
        id=tag_uri(f"week/{week.monday.isoformat()}"),
        title=title,
        url=absolute(reverse("insights:week_detail", args=[week.monday])),
        at=week.computed_at,
        author=settings.SITE_NAME,
        author_url=None,
        categories=["week"],
        summary=title,
        html=render_to_string("insights/_week.html", {**context, **links}),
    )
