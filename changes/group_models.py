"""Revisions that one operation made of several objects."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ChangeGroup(models.Model):
    """One operation that wrote several objects: shown together, and taken back as a whole.

    ``change_ids`` are those of its changes, each of which names the group in its ``details``.
    ``undoes`` is the group that this one took back.
    """

    class Kind(models.TextChoices):
        RENAME = "rename", _("Renaming")
        RELINK = "relink", _("Leading links on")
        REDIRECTS = "redirects", _("Leading redirects on")
        MERGE = "merge", _("Merging")
        UNDO = "undo", _("Taking back")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    change_ids = models.JSONField(default=list)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("changes:group_detail", args=[self.pk])

    @property
    def is_undone(self) -> bool:
        return hasattr(self, "undone_by")
