"""The newest posts about an object as Atom, RSS and JSON Feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from changes.feed_formats import ChangeFeed, Entry
from changes.feed_views import answer_state, digest
from changes.feeds import absolute, make_feed, tag_uri
from moderation.models import Decision
from talk.models import Post, ThreadQuerySet
from talk.references import POST, thread_url
from talk.rendering import link_mentions

POSTS_IN_FEED: Final = 30


def answer_talk_feed(
    request: HttpRequest, format: str, threads: ThreadQuerySet, obj: Any, *, key: str
) -> HttpResponse:
    """The posts of ``threads``, which are about ``obj``; 304 where the reader has them already.

    Whether it has depends on all that an entry is made of: a post that is edited or hidden, a
    thread that comes or goes, a name that is erased makes it another feed. ``key`` names it among
    all feeds.
    """
    posts = Post.objects.shown().filter(thread__in=threads.shown()).order_by("-id")
    rows = list(posts.select_related("author", "thread")[:POSTS_IN_FEED])
    htmls = link_mentions([post.html for post in rows], site_url=settings.SITE_URL)

    def build() -> ChangeFeed:
        title = _("Talk about “%(title)s”") % {"title": obj.title}
        pairs = zip(rows, htmls, strict=True)
        return make_feed(
            tag_uri(f"talk/{key}"),
            title=title,
            subtitle=_("What people say about it, the newest first."),
            address=request.path,
            home_url=f"{obj.get_absolute_url()}talk/",
            entries=[_entry(post, html, obj.get_absolute_url()) for post, html in pairs],
        )

    return answer_state(
        request,
        format,
        state=digest(obj.title, obj.get_absolute_url(), htmls, [_facts(post) for post in rows]),
        times=(obj.updated_at, *_find_times(threads)),
        build=build,
    )


def _facts(post: Post) -> Sequence[Any]:
    name = post.author.username if post.author else ""
    return post.pk, post.edited_at or post.at, post.author_label, name, post.thread.title


def _find_times(threads: ThreadQuerySet) -> Sequence[datetime | None]:
    """When anything was written, and when any post was hidden or shown again; two queries."""
    times = Post.objects.filter(thread__in=threads).aggregate(at=Max("at"), edited=Max("edited_at"))
    decided = Decision.objects.filter(kind=POST).order_by("-id").values_list("at", flat=True)
    return times["at"], times["edited"], decided.first()


def _entry(post: Post, html: str, object_url: str) -> Entry:
    author = post.author
    title = post.thread.title or _("A thread whose title is hidden")
    return Entry(
        id=tag_uri(f"post/{post.pk}"),
        title=title,
        url=absolute(f"{thread_url(object_url, post.thread)}#post-{post.pk}"),
        at=post.edited_at or post.at,
        author=post.author_label,
        author_url=absolute(author.get_absolute_url()) if author else None,
        categories=["talk"],
        summary=title,
        html=html,
    )
