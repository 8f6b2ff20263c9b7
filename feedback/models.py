"""Whether readers were helped, and what they missed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import ObjectType


class Vote(models.Model):
    """One person's answer to "Was this helpful?", the latest they gave.

    ``voter`` is a salted hash (:mod:`feedback.voting`): it tells one person from another, and
    nobody who they are.
    """

    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    voter = models.CharField(max_length=64)
    is_yes = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        permissions = [("see_votes", _("Can see how many people were helped by what"))]
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "voter"], name="vote_one_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{'yes' if self.is_yes else 'no'} for {self.object_type} {self.object_id}"


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
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits")
        DONE = "done", _("taken up")
        DISMISSED = "dismissed", _("dismissed")

    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
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
            models.Index(fields=["object_type", "object_id", "state"], name="suggestion_about")
        ]

    def __str__(self) -> str:
        return f"about {self.object_type} {self.object_id}"
