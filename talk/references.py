"""How threads and posts are called and reached: never by words that may be hidden one day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.translation import gettext as _

from changes.objects import ObjectRef, find_refs
from talk.models import Post, Thread

POST: Final = "post"


def thread_url(object_url: str, thread: Thread) -> str:
    """The address of a thread below that of its object."""
    return f"{object_url}talk/{thread.pk}/"


def find_post_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    """How posts are shown: by what they are about; a query more for each type of object."""
    posts = list(Post.objects.filter(pk__in=ids).select_related("thread").defer("text", "html"))
    about = find_refs((post.thread.object_type, post.thread.object_id) for post in posts)
    found = {}
    for post in posts:
        ref = about.get((post.thread.object_type, post.thread.object_id))
        if ref is None:
            continue
        found[post.pk] = ObjectRef(
            title=_("Talk about “%(title)s”") % {"title": ref.title},
            url=f"{thread_url(ref.url, post.thread)}#post-{post.pk}",
            is_public=ref.is_public and not post.is_hidden,
        )
    return found
