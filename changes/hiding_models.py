"""What was hidden of which revision, by whom and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.veils import AUTHOR, SUMMARY, TEXT


class HiddenRevision(models.Model):
    """One part of one revision that readers do not see; no history of its own.

    The truth that ``hidden`` of histories and changes (:mod:`changes.veils`) is derived from.
    """

    class Part(models.TextChoices):
        TEXT = "text", _("text")
        SUMMARY = "summary", _("summary")
        AUTHOR = "author", _("author")

        @property
        def letter(self) -> str:
            return {"text": TEXT, "summary": SUMMARY, "author": AUTHOR}[self.value]

    object_type = models.CharField(max_length=12)
    object_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    part = models.CharField(max_length=8, choices=Part.choices)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_label = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions = [
            ("hide_revision", _("Can hide text, summary or author of revisions")),
            ("see_hidden", _("Can see what is hidden of revisions")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "version", "part"], name="hidden_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.part} of {self.object_type} {self.object_id} at {self.version}"
