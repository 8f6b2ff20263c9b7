"""What talk holds of a person: handed out to them, and erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accounts.erasing import Erasure, keep_personal_data
from talk.models import Post

if TYPE_CHECKING:
    from accounts.models import User


def register_personal_data() -> None:
    """Called once by ``TalkConfig.ready``."""
    keep_personal_data(erase=erase, export=export)


def export(user: User) -> Mapping[str, Any]:
    """What they wrote, as readers see it."""
    posts = Post.objects.filter(author=user).order_by("pk").select_related("thread")
    return {
        "posts": [
            {
                "at": post.at,
                "edited_at": post.edited_at,
                "about": f"{post.thread.object_type}:{post.thread.object_id}",
                "text": post.text,
            }
            for post in posts.iterator()
        ]
    }


def erase(erasure: Erasure) -> None:
    """Their posts stay under the pseudonym: others answered them."""
