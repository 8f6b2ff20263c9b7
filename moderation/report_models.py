"""What people tell moderators about an object: never public, nor shown to whom it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class ReportQuerySet(models.QuerySet["Report"]):
    """How reports are asked for."""

    def open(self) -> ReportQuerySet:
        """Those that wait for a moderator."""
        return self.filter(state=Report.State.OPEN)

    def about(self, target_type: str, target_id: int) -> ReportQuerySet:
        """Those about one object, whichever of its revisions."""
        return self.filter(target_type=target_type, target_id=target_id)

    def by(self, user: User) -> ReportQuerySet:
        """What one person reported."""
        return self.filter(reporter=user)


class Report(models.Model):
    """One person's report about an object, or with ``revision`` about one of its revisions.

    While it is open there is one a person and object. All of an object are one case of the kind
    ``report`` (:mod:`moderation.reporting`). ``reporter`` None is somebody without an account.
    """

    class Reason(models.TextChoices):
        VANDALISM = "vandalism", _("vandalism")
        SPAM = "spam", _("spam or advertising")
        OUTDATED = "outdated", _("wrong or outdated")
        COPYRIGHT = "copyright", _("copyright")
        PERSONAL_DATA = "personal_data", _("personal data")
        HARASSMENT = "harassment", _("harassment")
        BROKEN_LINK = "broken_link", _("broken link")
        OTHER = "other", _("something else")

    class State(models.TextChoices):
        OPEN = "open", _("waits")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")
        ABUSIVE = "abusive", _("dismissed as abusive")

    target_type = models.CharField(max_length=24)
    target_id = models.BigIntegerField()
    revision = models.PositiveIntegerField(null=True)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reports"
    )
    reason = models.CharField(max_length=16, choices=Reason.choices)
    text = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)

    objects = ReportQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "target_type", "target_id"],
                condition=Q(state="open", reporter__isnull=False),
                name="report_one_open_a_person",
            )
        ]
        indexes = [
            models.Index(fields=["target_type", "target_id", "state"], name="report_target"),
            models.Index(fields=["reporter", "state"], name="report_record"),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.target_type} {self.target_id}"

    @property
    def is_private(self) -> bool:
        """Whether not even the log may say what it was about."""
        return self.reason == self.Reason.PERSONAL_DATA
