"""The log of what moderators decided, for everyone: a page and its feed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.permissions import may
from changes.feed_formats import ChangeFeed
from changes.feed_views import answer_feed, refuse_feed
from moderation.log_feeds import build_log_feed
from moderation.log_filters import COUNTED, SEARCHED, LogFilterForm
from moderation.models import Decision
from moderation.presenting import present_decisions
from moderation.scope import DECIDE


@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """Every decision, newest first, as ``LogFilterForm`` asks; 400 where it asks nonsense."""
    form = LogFilterForm(request.GET)
    if not form.is_valid():
        return render(request, "moderation/decision_list.html", {"form": form}, status=400)
    is_moderator = may(request.user, DECIDE)
    query = form.query(sees_private=is_moderator)
    page = query.find_page()
    is_first = query.before is None
    is_all = is_first and page.next_before is None
    count = len(page.decisions) if is_all else query.count() if is_first else None
    context = {
        "form": form.without_page(),
        "query": query,
        "target_title": query.find_target_title(),
        "feed_query": query.query_string(),
        "feed_view": "moderation:decision_feed",
        "page": page,
        "searched": SEARCHED,
        "count": count,
        "counted": COUNTED,
        "is_count_capped": count is not None and count > COUNTED,
        "is_first_page": is_first,
        "lines": present_decisions(page.decisions, offers_undo=is_moderator),
    }
    return render(request, "moderation/decision_list.html", context)


@require_safe
def decision_feed(request: HttpRequest, format: str) -> HttpResponse:
    """The same answer as a feed; moderators too get what everyone may know."""
    form = LogFilterForm(request.GET)
    if not form.is_valid():
        return refuse_feed(form)
    query = form.query(sees_private=False)
    filters = query.query_string()
    log_url = reverse("moderation:decision_list")

    def build() -> ChangeFeed:
        address, home_url = f"{request.path}{filters}", f"{log_url}{filters}"
        return build_log_feed(query, address=address, home_url=home_url, log_url=log_url)

    # A name may leave the log without anything new coming to it: that of an erased account.
    nameless = Decision.objects.filter(actor=None).count()
    return answer_feed(request, format, rows=query.find(), build=build, also=f"-{nameless}")
