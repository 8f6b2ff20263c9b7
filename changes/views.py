"""Recent changes, their feeds, and people's contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.views import describe_profile, get_user_or_404
from changes.feed_views import refuse_feed, serve_feed
from changes.filters import ChangeFilterForm, ChangeQuery, Minor, Patrol, PlaceForm
from changes.hiding import shows_hidden
from changes.lines import ChangeLine, make_lines
from changes.models import Change, ObjectType
from changes.patrolling import may_patrol


@dataclass(frozen=True, kw_only=True)
class Day:
    """The changes of one day, the newest first."""

    date: date
    lines: Sequence[ChangeLine]


@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """What changed, the newest first, as ``ChangeFilterForm`` asks; 400 where it asks nonsense."""
    form = ChangeFilterForm(request.GET)
    if not form.is_valid():
        return render(request, "changes/change_list.html", {"form": form}, status=400)
    query = replace(form.query(), shows_hidden=shows_hidden(request))
    context = {
        "form": form.without_page(),
        "query": query,
        "object_title": query.find_object_title(),
        "feed_query": query.query_string(),
        **page_of(query),
        **describe_patrol(request, query),
    }
    return render(request, "changes/change_list.html", context)


@require_safe
def change_feed(request: HttpRequest, format: str) -> HttpResponse:
    """The same answer as a feed."""
    form = ChangeFilterForm(request.GET)
    if not form.is_valid():
        return refuse_feed(form)
    query = form.query()
    filters = query.query_string()
    return serve_feed(
        request,
        query,
        format,
        address=f"{request.path}{filters}",
        title=lambda: _title(query),
        home_url=f"{reverse('changes:change_list')}{filters}",
    )


@require_safe
def user_detail(request: HttpRequest, username: str) -> HttpResponse:
    """An account and what it contributed; ``accounts`` knows the first, this app the second."""
    profile = get_user_or_404(username)
    if profile.username != username:
        return redirect(profile, permanent=True)
    form = PlaceForm(request.GET)
    before = form.cleaned_data["before"] if form.is_valid() else None
    query = ChangeQuery(user=profile, before=before, shows_hidden=shows_hidden(request))
    context = {
        **describe_profile(profile, reader=request.user),
        "counts": _count_kinds(profile),
        "feed_query": query.query_string(),
        **page_of(query),
        **describe_patrol(request, query),
        "may_patrol": False,  # the boxes stand in recent changes
    }
    return render(request, "changes/user_detail.html", context)


def describe_patrol(request: HttpRequest, query: ChangeQuery) -> dict[str, Any]:
    """What ``changes/_patrol_form.html`` shows, to patrollers alone.

    Where one user or one object is asked for, all that waits of theirs can be marked together.
    """
    if not may_patrol(request.user):
        return {"may_patrol": False}
    is_narrow = query.user is not None or query.object_id is not None
    waiting = (
        replace(query, before=None).find().unpatrolled() if is_narrow else Change.objects.none()
    )
    newest = waiting.values_list("pk", flat=True).first()
    return {
        "may_patrol": True,
        "patrol_params": query.params(),
        "waiting": waiting.order_by().count() if newest else 0,
        "newest_waiting": newest,
    }


def page_of(query: ChangeQuery) -> dict[str, Any]:
    """What ``changes/_change_days.html`` shows of a query."""
    changes, next_before = query.find_page()
    days = groupby(make_lines(changes), key=lambda line: timezone.localdate(line.change.at))
    return {
        "days": [Day(date=day, lines=list(lines)) for day, lines in days],
        "next_before": next_before,
        "is_first_page": query.before is None,
    }


def _count_kinds(profile: User) -> list[tuple[str, str, int]]:
    """(kind, its name, how many) of what a person did, the most frequent first."""
    counts = Change.objects.by(profile).order_by().values_list("kind").annotate(n=Count("id"))
    names = dict(Change.Kind.choices)
    return [(kind, str(names[kind]), n) for kind, n in sorted(counts, key=lambda row: -row[1])]


def _title(query: ChangeQuery) -> str:
    """What the feed of a query is called; its filters in words."""
    names: list[str] = []
    if query.object_id is not None:
        names.append(query.find_object_title() or f"{query.object_type} {query.object_id}")
    elif query.object_type:
        names.append(str(ObjectType(query.object_type).label))
    if query.kind:
        names.append(str(Change.Kind(query.kind).label))
    if query.section:
        names.append(query.section.title)
    if query.user:
        names.append(query.user.label)
    if query.minor:
        names.append(str(Minor(query.minor).label))
    if query.patrolled:
        names.append(str(Patrol(query.patrolled).label))
    title = _("Recent changes")
    return f"{title}: {', '.join(names)}" if names else title
