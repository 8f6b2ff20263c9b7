"""What people are told, how they want to be told, and the mails that wait to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class Channel(models.TextChoices):
    """How somebody hears of something; by e-mail means on the site as well."""

    SITE = "site", _("on this site")
    MAIL = "mail", _("by e-mail at once")
    DIGEST = "digest", _("in a summary by e-mail")
    OFF = "off", _("not at all")


class Rhythm(models.TextChoices):
    """How often a summary is sent."""

    NEVER = "never", _("never")
    DAILY = "daily", _("every day")
    WEEKLY = "weekly", _("every week")


class NotificationQuerySet(models.QuerySet["Notification"]):
    """How notifications are asked for; every answer is newest first."""

    def of(self, user: User) -> NotificationQuerySet:
        """What one person was told."""
        return self.filter(recipient=user).order_by("-at", "-id")

    def unread(self) -> NotificationQuerySet:
        """What was not marked as read."""
        return self.filter(read_at__isnull=True)

    def to_mail(self, channel: Channel) -> NotificationQuerySet:
        """What waits to be mailed by that channel: nothing that was read on the site meanwhile."""
        return self.unread().filter(channel=channel, mailed_at__isnull=True)


class Notification(models.Model):
    """Something that one person is told: its kind and what the sentence needs, not the sentence.

    The same kind about the same object is one row while it is unread: ``count`` says how often.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=40)
    object_type = models.CharField(max_length=24)
    object_id = models.BigIntegerField()
    object_title = models.CharField(max_length=2000)
    url = models.CharField(max_length=2000)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    actor_label = models.CharField(max_length=150, blank=True)
    params = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    count = models.PositiveIntegerField(default=1)
    read_at = models.DateTimeField(null=True)
    # Recipient, kind and object while it is unread: what a second one is merged by. What is read
    # has none, and only null is no value to a unique column.
    unread_key = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.SITE)
    mailed_at = models.DateTimeField(null=True)
    # The mail it was put into when ``mailed_at`` was set.
    mail = models.ForeignKey(
        "changes.Mail", models.SET_NULL, null=True, related_name="notifications"
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["recipient", "-at", "-id"], name="notification_list"),
            models.Index(
                fields=["recipient"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
            models.Index(
                fields=["channel", "id"],
                condition=Q(read_at__isnull=True, mailed_at__isnull=True),
                name="notification_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_title}"

    @property
    def is_unread(self) -> bool:
        return self.read_at is None


class NotificationChoice(models.Model):
    """How one person wants to hear of one kind, where that is not as usual."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, choices=Channel.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notification_one_choice_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.channel}"
