"""Insights: the figures, the lists behind them, the weeks, the badge."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.permissions import may
from catalog.models import Kind, Section
from changes.charts import draw_bars, draw_line
from changes.feed_views import sandboxed
from insights.badges import make_badge
from insights.feeds import answer_weeks_feed
from insights.figures import find_latest, find_year, section_titles
from insights.gaps import GAPS
from insights.models import Week
from insights.weeks import WeekFigures, describe_weeks

PER_PAGE: Final = 50
WEEKS_A_PAGE: Final = 26
BADGE_SECONDS: Final = 3600


@require_safe
def insights_overview(request: HttpRequest) -> HttpResponse:
    """Curation at a glance, from figures that a worker computed; five queries."""
    latest = find_latest()
    if latest is None:
        return render(request, "insights/insights_overview.html", {"figures": None})
    figures, computed_at = latest
    sections = section_titles([int(share.name) for share in figures.by_section])
    kinds = dict(Kind.choices)
    context = {
        "figures": figures,
        "computed_at": computed_at,
        "gaps": [(gap, figures.gaps[name]) for name, gap in GAPS.items() if name in figures.gaps],
        "sections": [
            (sections[int(share.name)], share)
            for share in figures.by_section
            if int(share.name) in sections
        ],
        "kinds": [(kinds.get(share.name) or _("no kind"), share) for share in figures.by_kind],
        "ages": [(_age_label(share.name), share) for share in figures.by_age],
        "year": draw_line(find_year(timezone.now())),
        "edits": draw_bars([(_day(monday), edits) for monday, edits, _n in figures.weeks]),
        "decisions": draw_bars([(_day(monday), n) for monday, _edits, n in figures.weeks]),
        "topics": [_topic_label(name) for name in figures.missing_topics],
    }
    return render(request, "insights/insights_overview.html", context)


def _day(monday: str) -> str:
    return date_format(date.fromisoformat(monday), "j M Y")


def _age_label(name: str) -> str:
    labels = {
        "months": _("listed within three months"),
        "year": _("listed within a year"),
        "years": _("listed within three years"),
        "older": _("listed longer ago"),
    }
    return labels.get(name, name)


def _topic_label(name: str) -> str:
    labels = {
        "security": _("Nothing here is about security: no section and no page."),
        "migration": _("Nothing here is about migration: no section and no page."),
    }
    return labels.get(name, name)


@require_safe
def gap_list(request: HttpRequest, gap: str) -> HttpResponse:
    """The list behind one number, as it is now."""
    if gap not in GAPS:
        raise Http404
    rows = GAPS[gap].find(timezone.now())
    context = {
        "gap": GAPS[gap],
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "template": _ROW_TEMPLATES.get(gap, "insights/_page_row.html"),
        "may_straighten": gap == "double-redirects" and may(request.user, "wiki.rename_page"),
    }
    return render(request, "insights/gap_list.html", context)


_ROW_TEMPLATES: Final = {
    "unverified": "catalog/_entry.html",
    "undescribed": "catalog/_entry.html",
    "thin-sections": "insights/_section_row.html",
    "wanted-pages": "insights/_wanted_row.html",
    "double-redirects": "insights/_redirect_row.html",
    "broken-paths": "insights/_path_row.html",
    "least-helpful": "insights/_helpful_row.html",
}


@require_safe
def week_list(request: HttpRequest) -> HttpResponse:
    """The weeks that are over, the newest first."""
    page = Paginator(Week.objects.all(), WEEKS_A_PAGE).get_page(request.GET.get("page"))
    weeks = [(week, WeekFigures.from_json(week.figures)) for week in page]
    return render(request, "insights/week_list.html", {"page": page, "weeks": weeks})


@require_safe
def week_detail(request: HttpRequest, monday: date) -> HttpResponse:
    """What happened in one week."""
    week = get_object_or_404(Week, monday=monday)
    (described,) = describe_weeks([week])
    return render(request, "insights/week_detail.html", described.as_context())


@require_safe
def week_feed(request: HttpRequest, format: str) -> HttpResponse:
    """The weeks as a feed, in the site's language."""
    return answer_weeks_feed(request, format)


@require_safe
@cache_control(max_age=BADGE_SECONDS, public=True)
def badge(request: HttpRequest) -> HttpResponse:
    """How many of all links were verified, as an image for a README."""
    latest = find_latest()
    return _draw_badge(request, latest[0].all if latest else None)


@require_safe
@cache_control(max_age=BADGE_SECONDS, public=True)
def section_badge(request: HttpRequest, slug: str) -> HttpResponse:
    """The same of one section."""
    section = get_object_or_404(Section.objects.existing(), slug=slug)
    latest = find_latest()
    return _draw_badge(request, latest[0].of_section(section.pk) if latest else None)


def _draw_badge(request: HttpRequest, share: Any) -> HttpResponse:
    with translation.override(settings.LANGUAGE_CODE):
        context = {"badge": make_badge(share)}
        response = render(request, "insights/badge.svg", context, content_type="image/svg+xml")
    return sandboxed(response)


@require_safe
def badge_help(request: HttpRequest) -> HttpResponse:
    """How to show the badge in a README."""
    sections = Section.objects.existing().in_order().only("title", "slug")
    address = f"{settings.SITE_URL}{reverse('insights:badge')}"
    context = {
        "snippet": f"[![links]({address})]({settings.SITE_URL}/)",
        "sections": [
            (s, f"{settings.SITE_URL}{reverse('insights:section_badge', args=[s.slug])}")
            for s in sections
        ],
    }
    return render(request, "insights/badge_help.html", context)
