"""The mails that wait to be sent, and how each person wants to be told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.notification_models import Rhythm

if TYPE_CHECKING:
    from accounts.models import User

#: The hour of somebody's morning at which summaries are made, of a week on Monday.
SUMMARY_HOUR: Final = 8


class Preferences(models.Model):
    """How one person wants to be told; who never chose has no row, and the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preferences"
    )
    mails_nothing = models.BooleanField(default=False)
    summary_rhythm = models.CharField(
        max_length=8, choices=Rhythm.choices, default=Rhythm.DAILY, db_default=Rhythm.DAILY
    )
    # Of those who decide cases: how often they are mailed what waits in the queue.
    review_rhythm = models.CharField(
        max_length=8, choices=Rhythm.choices, default=Rhythm.NEVER, db_default=Rhythm.NEVER
    )
    review_covered_at = models.DateTimeField(null=True)  # what came since stands in the next one
    time_zone = models.CharField(max_length=64, default="UTC")
    watches_edits = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.summary_rhythm}, {self.time_zone}"

    @classmethod
    def of(cls, user: User) -> Preferences:
        """Those of ``user``; not saved where there were none."""
        return cls.objects.filter(user=user).first() or cls(user=user)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; UTC where this machine does not know that of the row."""
        return find_zone(self.time_zone)


def find_zone(name: str) -> ZoneInfo:
    """The time zone of that name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")


def find_slot(rhythm: str, zone: ZoneInfo, now: datetime) -> datetime:
    """When a summary was due last: at eight in the morning of ``zone``, of a week on Monday."""
    local = now.astimezone(zone)
    slot = local.replace(hour=SUMMARY_HOUR, minute=0, second=0, microsecond=0)
    if slot > local:
        slot -= timedelta(days=1)
    return slot - timedelta(days=slot.weekday()) if rhythm == Rhythm.WEEKLY else slot


class MailQuerySet(models.QuerySet["Mail"]):
    """Mails by the questions that the worker asks."""

    def waiting(self) -> MailQuerySet:
        """Those whose time has come, the oldest first."""
        due = self.filter(state=Mail.State.WAITING, due_at__lte=timezone.now())
        return due.order_by("due_at", "pk")

    def held_since(self, moment: datetime) -> MailQuerySet:
        """Those that a worker took before ``moment`` and has not ended."""
        return self.filter(state=Mail.State.SENDING, claimed_at__lt=moment)


class Mail(models.Model):
    """One mail to one person: what it is about, not its text, which is written as it is sent.

    ``sort`` is a name of :mod:`changes.letters`. A row is handed to a mail server by the one worker
    whose update took it from WAITING to SENDING (:mod:`changes.mailing` says what that promises).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("nothing left to say, or nobody to say it to")
        FAILED = "failed", _("given up")
        UNCERTAIN = "uncertain", _("perhaps sent")

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sort = models.CharField(max_length=12)
    since = models.DateTimeField(null=True)  # of a digest: what happened from then on
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="mail_waiting"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="mail_held"),
        ]

    def __str__(self) -> str:
        return f"{self.sort} {self.pk}: {self.state}"
