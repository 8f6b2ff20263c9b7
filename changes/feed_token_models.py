"""The keys of private feeds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class FeedToken(models.Model):
    """The key of one person's private feeds: a digest of it, for whoever reads the database."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"made at {self.made_at}"
