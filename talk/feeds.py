"""The newest posts about an object as Atom, RSS and JSON Feed."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from changes.feed_formats import FORMATS, Entry
from changes.feeds import absolute, make_feed, tag_uri
from talk.models import Post, ThreadQuerySet
from talk.references import thread_url
from talk.rendering import link_mentions

POSTS_IN_FEED: Final = 30


def write_talk_feed(
    name: str, threads: ThreadQuerySet, obj: Any, *, address: str, key: str
) -> tuple[str, str]:
    """The feed in the format of that name, in the site's language, and its type.

    ``threads`` are those about ``obj``, ``key`` names it among all feeds.
    """
    posts = Post.objects.shown().filter(thread__in=threads.shown()).order_by("-id")
    rows = list(posts.select_related("author", "thread")[:POSTS_IN_FEED])
    htmls = link_mentions([post.html for post in rows], site_url=settings.SITE_URL)
    kind = FORMATS[name]
    with translation.override(settings.LANGUAGE_CODE):
        title = _("Talk about “%(title)s”") % {"title": obj.title}
        feed = make_feed(
            tag_uri(f"talk/{key}"),
            title=title,
            subtitle=_("What people say about it, the newest first."),
            address=address,
            home_url=f"{obj.get_absolute_url()}talk/",
            entries=[
                _entry(post, html, obj.get_absolute_url())
                for post, html in zip(rows, htmls, strict=True)
            ],
        )
        return kind.write(feed), kind.content_type


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
