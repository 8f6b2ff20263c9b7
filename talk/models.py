"""Threads about objects, and the posts in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import ObjectType

#: For so long, and until somebody answers, people change what they wrote.
EDITABLE_FOR: Final = timedelta(minutes=15)


class ThreadQuerySet(models.QuerySet["Thread"]):
    def about(self, object_type: str, object_id: int) -> ThreadQuerySet:
        """Threads about one object."""
        return self.filter(object_type=object_type, object_id=object_id)

    def shown(self) -> ThreadQuerySet:
        """Threads in which there is anything to read."""
        return self.filter(is_hidden=False)

    def open(self) -> ThreadQuerySet:
        """Those that are neither resolved nor hidden."""
        return self.shown().filter(resolved_at=None)

    def count_open(self, object_type: str) -> Coalesce:
        """How many are open about each object of the query around it, as a column beside others."""
        about = self.open().filter(object_type=object_type, object_id=models.OuterRef("pk"))
        counts = about.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk"))
        return Coalesce(Subquery(counts.values("n")), 0)


class Thread(models.Model):
    """A question or a proposal about an object, and what people answered.

    It is resolved by who opened it or by who may write on the site, and can be opened again. It is
    hidden while all of its posts are. ``moved_from`` is what it was opened about where that was
    merged into the object (:mod:`changes.leading`). Written by :mod:`talk.posting` and
    :mod:`talk.moderating`.
    """

    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    moved_from = models.BigIntegerField(null=True)
    title = models.CharField(max_length=150)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    last_post_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    is_hidden = models.BooleanField(default=False)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("resolve_thread", _("Can resolve threads and open them again"))]
        ordering = ["-last_post_at", "-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-last_post_at"], name="thread_about"),
            models.Index(fields=["-last_post_at"], name="thread_recent"),
            models.Index(
                fields=["moved_from"], condition=Q(moved_from__isnull=False), name="thread_moved"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_resolved(self) -> bool:
        return self.resolved_at is not None


class PostQuerySet(models.QuerySet["Post"]):
    def shown(self) -> PostQuerySet:
        """Posts that everybody reads."""
        return self.filter(hidden_at=None)


class Post(models.Model):
    """What one person wrote in a thread; ``html`` is derived from ``text``.

    Of a hidden post text and HTML are empty here: they stand in :class:`HiddenText`, so that no
    road to a post leads to them.
    """

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="posts")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="posts"
    )
    author_label = models.CharField(max_length=150)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        default_permissions = ("add",)
        permissions = [("hide_post", _("Can hide posts and show them again"))]
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-id"], condition=Q(hidden_at=None), name="post_shown"),
            models.Index(fields=["author", "-id"], name="post_author"),
        ]

    def __str__(self) -> str:
        return f"{self.author_label} in {self.thread_id}"

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None


class HiddenText(models.Model):
    """What a hidden post said, and the title of the thread that it opened: for administrators."""

    post = models.OneToOneField(Post, models.CASCADE, primary_key=True, related_name="+")
    text = models.TextField()
    title = models.CharField(max_length=150, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"of post {self.post_id}"
