"""The history of any tracked object: its list of revisions, one of them, two compared.

Apps include :func:`history_patterns` below the address of their objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.dateparse import parse_date
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import changes.converters  # noqa: F401  (makes <feed_format:…> known)
from changes.comparing import compare
from changes.feed_views import refuse_feed, serve_feed
from changes.filters import ChangeQuery, PlaceForm
from changes.hiding import shows_hidden
from changes.line_views import DayForm, object_at, object_blame, object_contributors
from changes.models import Change
from changes.objects import TrackedObject, get_tracked
from changes.patrol_panel import find_panel
from changes.patrolling import may_patrol
from changes.revert_views import object_revert
from changes.revisions import (
    NumberedRevisions,
    RevisionLine,
    find_revision_lines,
    read_number,
    render_history_page,
)
from changes.veils import unveil

REVISIONS_A_PAGE = 50
VIEWS = ("inline", "split")
VIEW_COOKIE = "diff_view"
_YEAR = 365 * 24 * 60 * 60

Loader = Callable[[HttpRequest, str], Any]


@require_safe
def object_history(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """The list of revisions, the newest first."""
    rows = obj.history.select_related("history_user", "accepted_by")
    prose = [field.name for field in tracked.fields if field.is_prose]
    numbered = NumberedRevisions(rows.defer(*prose), obj.version)
    page = Paginator(numbered, REVISIONS_A_PAGE).get_page(request.GET.get("page"))
    numbers = [row.version for row in page]
    about = Change.objects.of_object(tracked.object_type, obj.pk)
    by_number = {change.version_after: change for change in about.filter(version_after__in=numbers)}
    if shows_hidden(request):
        unveil([*page, *by_number.values()])
    lines = [
        RevisionLine(
            row=row, is_current=row.version == obj.version, change=by_number.get(row.version)
        )
        for row in page
    ]
    context = {
        "may_patrol": may_patrol(request.user),
        "revisions": page,
        "has_hidden": any(row.hidden for row in page),
        "lines": lines,
        "chosen_from": numbers[1] if len(numbers) > 1 else None,
        "chosen_to": numbers[0] if numbers else None,
        "day_form": DayForm(),
    }
    return render_history_page(request, "object_history", tracked, obj, context)


@require_safe
def object_revision(
    request: HttpRequest, *, tracked: TrackedObject, obj: Any, number: int
) -> HttpResponse:
    """One revision as today's renderer shows it, and its fields as they were written."""
    lines = find_revision_lines(obj, [number], shows_hidden=shows_hidden(request))
    line = lines[number]
    values = [
        (field, field.texts_of([value])[0])
        for field in tracked.fields
        if not line.is_veiled and (value := getattr(line.row, field.name)) is not None
    ]
    is_drawn = tracked.render is not None and not line.is_veiled
    context = {
        "line": line,
        "day": _read_day(request),
        "html": SafeString(tracked.render(line.row)) if is_drawn and tracked.render else "",
        "facts": [(field.label, text) for field, text in values if text and not field.is_prose],
        "texts": [(field.label, text) for field, text in values if field.is_prose],
        "patrol": find_panel(request, tracked, obj, number - 1, number) if number == 1 else None,
    }
    return render_history_page(request, "object_revision", tracked, obj, context)


@require_safe
def object_compare(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """What changed between revisions ``?from=`` and ``?to=``; ``?view=`` is inline or split.

    The view that was chosen last is that of the next comparison, too. Without ``to`` the newest,
    without ``from`` the one before it. The older one comes first.
    """
    given_to, given_from = read_number(request, "to"), read_number(request, "from")
    last = obj.version if given_to is None else given_to
    first = max(last - 1, 1) if given_from is None else given_from
    first, last = sorted((first, last))
    lines = find_revision_lines(obj, [first, last], shows_hidden=shows_hidden(request))
    context = {
        "compared": [lines[first], lines[last]] if first != last else [lines[first]],
        "old": lines[first],
        "new": lines[last],
        "fields": compare(tracked, lines[first].row, lines[last].row),
        "between": last - first - 1,
        "is_veiled": lines[first].is_veiled or lines[last].is_veiled,
        "view": _chosen_view(request),
        "patrol": find_panel(request, tracked, obj, first, last),
    }
    response = render_history_page(request, "object_compare", tracked, obj, context)
    if request.GET.get("view") in VIEWS:
        response.set_cookie(
            VIEW_COOKIE,
            request.GET["view"],
            max_age=_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _chosen_view(request: HttpRequest) -> str:
    asked = (request.GET.get("view"), request.COOKIES.get(VIEW_COOKIE))
    return next((view for view in asked if view in VIEWS), VIEWS[0])


def _read_day(request: HttpRequest) -> Any:
    """The day by which the reader asked for a revision, None without one."""
    try:
        return parse_date(request.GET.get("at", ""))
    except ValueError:
        return None


def object_feed(
    request: HttpRequest, *, tracked: TrackedObject, obj: Any, format: str
) -> HttpResponse:
    """The changes of one object as a feed."""
    form = PlaceForm(request.GET)
    if not form.is_valid():
        return refuse_feed(form)
    before = form.cleaned_data["before"]
    query = ChangeQuery(object_type=tracked.object_type, object_id=obj.pk, before=before)
    home_url = f"{obj.get_absolute_url()}history/"
    return serve_feed(
        request,
        query,
        format,
        address=request.path,
        title=lambda: _("History of “%(title)s”") % {"title": obj.title},
        home_url=home_url,
    )


def history_patterns(prefix: str, load: Loader) -> list[URLPattern]:
    """Addresses of the history of "page", "resource" or "section", to include below a slug.

    ``history/``, ``history.<atom|rss|json>``, ``compare/``, ``revisions/<number>/``, ``revert/``,
    ``blame/``, ``contributors/``, ``at/``, named ``page_history``, ``page_feed``, ``page_compare``,
    ``page_revision``, ``page_revert``, ``page_blame``, ``page_contributors``, ``page_at``.
    ``prefix`` is the object type too. ``load(request, slug)`` returns the object or raises Http404;
    it decides who sees the history of what is deleted::

        path("<str:slug>/", include(history_patterns("page", load_page)))
    """

    views: list[tuple[str, Callable[..., HttpResponse], str]] = [
        ("history/", object_history, "history"),
        ("history.<feed_format:format>", object_feed, "feed"),
        ("compare/", object_compare, "compare"),
        ("revisions/<int:number>/", object_revision, "revision"),
        ("revert/", object_revert, "revert"),
        ("blame/", object_blame, "blame"),
        ("contributors/", object_contributors, "contributors"),
        ("at/", object_at, "at"),
    ]
    return [
        path(address, below_slug(view, prefix, load), name=f"{prefix}_{name}")
        for address, view, name in views
    ]


def below_slug(
    view: Callable[..., HttpResponse], prefix: str, load: Loader
) -> Callable[..., HttpResponse]:
    """``view`` of any tracked object as the view of those of one kind, by their slugs."""

    def of_slug(request: HttpRequest, slug: str, **values: Any) -> HttpResponse:
        return view(request, tracked=get_tracked(prefix), obj=load(request, slug), **values)

    of_slug.__name__ = view.__name__.replace("object", prefix)
    of_slug.__doc__ = view.__doc__
    return of_slug
