"""Posts as a reader of a thread sees them: with what they may do about each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString

from changes.hiding import shows_hidden
from talk.models import HiddenText, Post, Thread
from talk.posting import may_edit_post
from talk.rendering import link_mentions, render_post

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True, kw_only=True)
class ShownPost:
    """One post; ``html`` is "" of what is hidden, but for who may see it and asks for it."""

    post: Post
    html: SafeString
    may_edit: bool


def show_posts(posts: Iterable[Post], thread: Thread, request: HttpRequest) -> list[ShownPost]:
    """Posts of ``thread`` in their order; three queries."""
    rows = list(posts)
    hidden = {}
    if shows_hidden(request):
        wanted = [post.pk for post in rows if post.is_hidden]
        hidden = dict(HiddenText.objects.filter(pk__in=wanted).values_list("pk", "text"))
    last = thread.posts.shown().order_by("-id").values_list("pk", flat=True).first()
    htmls = [render_post(hidden[post.pk]) if post.pk in hidden else post.html for post in rows]
    return [
        ShownPost(
            post=post,
            html=html,
            may_edit=may_edit_post(request.user, post, is_answered=post.pk != last),
        )
        for post, html in zip(rows, link_mentions(htmls), strict=True)
    ]
