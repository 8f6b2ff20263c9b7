"""Whose standing a person decided about, so that the site leaves it alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class HeldStanding(models.Model):
    """That a moderator set somebody's standing by hand; it is kept until another lets go."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="held_standing"
    )
    reason = models.TextField()
    held_at = models.DateTimeField(default=timezone.now)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        default_permissions = ()
        permissions = [
            ("set_standing", _("Can set the standing of people who are no moderators")),
            ("appoint_moderators", _("Can make people moderators, and set their standing")),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.reason[:60]}"
