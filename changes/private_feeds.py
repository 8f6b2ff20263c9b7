"""Private feeds over HTTP: by a key in the address, kept by nobody on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.mail import find_mail_language
from accounts.models import User
from changes.feed_formats import FORMATS, ChangeFeed, Entry
from changes.feed_tokens import find_feed_reader
from changes.feed_views import sandboxed
from changes.feeds import absolute, make_feed, tag_uri
from changes.notification_kinds import find_kind, may_hear
from changes.notification_models import Notification

ENTRIES: Final = 50


def answer_private(
    request: HttpRequest, token: str, format: str, build: Callable[[User], ChangeFeed | None]
) -> HttpResponse:
    """What ``build`` gives for the person whose key it is, in their language; 404 otherwise.

    ``build`` asks what they may read, and returns None where they may not: it looks like an address
    that is not there.
    """
    reader = find_feed_reader(token)
    if reader is None:
        raise Http404
    with translation.override(find_mail_language(reader)):
        feed = build(reader)
        if feed is None:
            raise Http404
        kind = FORMATS[format]
        body = kind.write(feed).encode()
    response = HttpResponse(body, content_type=kind.content_type)
    response.headers["ETag"] = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    answer = get_conditional_response(request, response.headers["ETag"], response=response)
    return _unshared(sandboxed(answer or response))


def _unshared(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def make_private_feed(
    name: str, *, reader: User, title: str, home: str, address: str, entries: Sequence[Entry]
) -> ChangeFeed:
    """A feed of one page; ``home`` and ``address`` are addresses on this site."""
    return make_feed(
        tag_uri(f"{name}/{reader.pk}"),
        title=title,
        subtitle=_("For %(name)s alone.") % {"name": reader.label},
        address=address,
        home_url=home,
        entries=entries,
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )


@require_safe
def notification_feed(request: HttpRequest, token: str, format: str) -> HttpResponse:
    """What somebody was told, the newest first."""

    def build(reader: User) -> ChangeFeed:
        rows = Notification.objects.of(reader)[:ENTRIES]
        return make_private_feed(
            "notifications",
            reader=reader,
            title=_("Notifications"),
            home=reverse("changes:notification_list"),
            address=request.path,
            entries=[_entry(row) for row in rows if may_hear(reader, row.kind)],
        )

    return answer_private(request, token, format, build)


def _entry(row: Notification) -> Entry:
    sentence = find_kind(row.kind).tell(row)
    url = absolute(row.url)
    return Entry(
        id=tag_uri(f"notification/{row.pk}"),
        title=sentence,
        url=url,
        at=row.at,
        author=row.actor_label or settings.SITE_NAME,
        author_url=None,
        categories=[row.kind],
        summary=sentence,
        html=format_html('<p><a href="{}">{}</a></p>', url, sentence),
    )
