"""What the community should look at next, and the badge of the links."""

from datetime import date
from typing import Any

from django.urls import path, register_converter

import changes.converters  # noqa: F401  (makes <feed_format:…> known)
from insights import redirect_views, views


class DayConverter:
    """A day as 2026-11-23."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: Any) -> str:
        return value if isinstance(value, str) else value.isoformat()


register_converter(DayConverter, "day")

app_name = "insights"
urlpatterns = [
    path("insights/", views.insights_overview, name="insights_overview"),
    path("insights/weeks/", views.week_list, name="week_list"),
    path("insights/weeks/<day:monday>/", views.week_detail, name="week_detail"),
    path("insights/weeks.<feed_format:format>", views.week_feed, name="week_feed"),
    path("insights/badge/", views.badge_help, name="badge_help"),
    path(
        "insights/double-redirects/straighten/",
        redirect_views.redirects_straighten,
        name="redirects_straighten",
    ),
    path("insights/<slug:gap>/", views.gap_list, name="gap_list"),
    path("badge.svg", views.badge, name="badge"),
    path("sections/<str:slug>/badge.svg", views.section_badge, name="section_badge"),
]
