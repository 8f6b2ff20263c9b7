"""Texts that somebody began and did not save: one for each person and place."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Draft(models.Model):
    """What stood in an edit form when it was left, as it was typed; seen by its author alone.

    ``object_id`` is 0 for something new. ``place`` is the anchor of a heading whose part is
    edited, or the address of the form of something new. ``fields`` has the texts by the form's
    fields, ``base_version`` the revision that the form was filled from.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    object_type = models.CharField(max_length=24)
    object_id = models.PositiveBigIntegerField(default=0)
    place = models.CharField(max_length=200, blank=True)
    base_version = models.PositiveIntegerField(default=0)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "object_type", "object_id", "place"], name="draft_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.object_type} {self.object_id} {self.place}"
