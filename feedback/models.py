"""Whether readers were helped, and what they missed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import ObjectType


class VoteQuerySet(models.QuerySet["Vote"]):
    def about(self, object_type: str, object_id: int) -> VoteQuerySet:
        """Those that stand with one object, counted or not."""
        return self.filter(object_type=object_type, object_id=object_id)

    def counted(self) -> VoteQuerySet:
        """One a person and object."""
        return self.filter(is_counted=True)


class Vote(models.Model):
    """One person's answer to "Was this helpful?", the latest they gave.

    ``voter`` is a salted hash (:mod:`feedback.voting`): it tells one person from another, and
    nobody who they are. ``moved_from`` is what they voted on where that was merged into the object
    (:mod:`changes.leading`). Of several that a person has there by that, only the latest
    ``is_counted``.
    """

    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    moved_from = models.BigIntegerField(null=True)
    voter = models.CharField(max_length=64)
    is_yes = models.BooleanField()
    is_counted = models.BooleanField(default=True, db_default=True)
    at = models.DateTimeField(default=timezone.now)

    objects = VoteQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("see_votes", _("Can see how many people were helped by what"))]
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "voter"],
                condition=Q(is_counted=True),
                name="vote_one_counts_a_person",
            )
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id", "voter"], name="vote_of_a_person"),
            models.Index(
                fields=["moved_from"], condition=Q(moved_from__isnull=False), name="vote_moved"
            ),
        ]

    def __str__(self) -> str:
        return f"{'yes' if self.is_yes else 'no'} for {self.about}"

    @property
    def about(self) -> str:
        """What it was given to, as "page:12"."""
        return f"{self.object_type}:{self.moved_from or self.object_id}"


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def open(self) -> SuggestionQuerySet:
        """Those that wait for a moderator."""
        return self.filter(state=Suggestion.State.OPEN)

    def about(self, object_type: str, object_id: int) -> SuggestionQuerySet:
        """Those about one object."""
        return self.filter(object_type=object_type, object_id=object_id)


class Suggestion(models.Model):
    """What somebody missed on an object: for who reviews it, never public.

    All of an object are one case of the kind ``suggestion`` (:mod:`feedback.suggesting`).
    ``moved_from`` is what it was made on where that was merged into the object.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits")
        DONE = "done", _("taken up")
        DISMISSED = "dismissed", _("dismissed")

    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    moved_from = models.BigIntegerField(null=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="suggestions"
    )
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "state"], name="suggestion_about"),
            models.Index(
                fields=["moved_from"],
                condition=Q(moved_from__isnull=False),
                name="suggestion_moved",
            ),
        ]

    def __str__(self) -> str:
        return f"about {self.object_type} {self.object_id}"
