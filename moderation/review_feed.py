"""The review queue as a private feed of those who decide it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from changes.feed_formats import ChangeFeed, Entry
from changes.feeds import absolute, tag_uri
from changes.private_feeds import ENTRIES, answer_private, make_private_feed
from moderation.models import Case
from moderation.presenting import CaseCard, present_cases
from moderation.scope import find_scope, may_review


@require_safe
def review_feed(request: HttpRequest, token: str, format: str) -> HttpResponse:
    """Cases that wait for whoever has the key, the newest first; 404 once they decide none."""

    def build(reader: User) -> ChangeFeed | None:
        if not may_review(reader):
            return None
        waiting = find_scope(reader).narrow(Case.objects.waiting())
        cases = list(waiting.order_by("-opened_at", "-pk")[:ENTRIES])
        return make_private_feed(
            "review",
            reader=reader,
            title=_("Review queue"),
            home=reverse("moderation:case_list"),
            address=request.path,
            entries=[_entry(card) for card in present_cases(cases, viewer=reader)],
        )

    return answer_private(request, token, format, build)


def _entry(card: CaseCard) -> Entry:
    """Its kind and what it is about; the evidence is read on the site."""
    case, kind = card.case, str(card.handler.label)
    url = absolute(case.get_absolute_url())
    title = _("%(kind)s: %(title)s") % {"kind": kind, "title": card.title or _("untitled")}
    return Entry(
        id=tag_uri(f"case/{case.pk}/{case.times_opened}"),
        title=title,
        url=url,
        at=case.opened_at,
        author=settings.SITE_NAME,
        author_url=None,
        categories=[case.kind],
        summary=title,
        html=format_html('<p><a href="{}">{}</a></p>', url, title),
    )
