"""What talk tells the lower apps about itself: posts in the log, in reports and notifications."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from changes.leading import attach
from changes.notification_kinds import NotificationKind, register_kind
from changes.objects import RevisionField, TrackedObject, register
from moderation.reporting import make_reportable
from talk.models import Post, Thread
from talk.moderating import register_hiding
from talk.posting import ANSWERED, MENTIONED, settle_threads
from talk.references import POST, find_post_refs


def register_talk() -> None:
    """Called once by ``TalkConfig.ready``."""
    register(
        TrackedObject(
            object_type=POST,
            find_refs=find_post_refs,
            fields=(
                RevisionField(name="title", label=gettext_lazy("Title")),
                RevisionField(name="text", label=gettext_lazy("Text"), is_prose=True),
            ),
        )
    )
    register_hiding()
    attach(Thread, settle=settle_threads)
    make_reportable(POST, _authors_of)
    register_kind(
        NotificationKind(
            name=MENTIONED,
            label=gettext_lazy("Somebody mentions me on a talk page"),
            sentence=gettext_lazy("%(actor)s mentioned you: %(title)s."),
        )
    )
    register_kind(
        NotificationKind(
            name=ANSWERED,
            label=gettext_lazy("Somebody answers in a thread that I opened"),
            sentence=gettext_lazy("%(actor)s answered in your thread: %(title)s."),
        )
    )


def _authors_of(post_id: int) -> list[int]:
    posts = Post.objects.filter(pk=post_id, author__isnull=False)
    return [pk for pk in posts.values_list("author_id", flat=True) if pk is not None]
