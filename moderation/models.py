"""One queue of cases for moderators, and the public log of what they decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        """Cases that wait for a decision, the most urgent and oldest first."""
        return self.filter(state=Case.State.OPEN).order_by("-priority", "opened_at", "id")


class Case(models.Model):
    """Something that a moderator should look at.

    There is one row for a target and a kind: a case that comes back is opened again, never doubled.
    The apps that open cases of a kind register a handler (:mod:`moderation.handlers`).
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DECIDED = "decided", _("decided")
        RESOLVED = "resolved", _("closed by itself")

    kind = models.CharField(max_length=24)
    target_type = models.CharField(max_length=12)
    target_id = models.BigIntegerField()
    title = models.CharField(max_length=2000)
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    # Compared and swapped at each decision: two moderators never decide the same case twice.
    version = models.PositiveIntegerField(default=1)
    times_opened = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    closing_note = models.CharField(max_length=200, blank=True)  # why it closed by itself
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        permissions = [("decide_case", _("Can decide cases of the review queue"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target_type", "target_id"], name="case_one_a_target_and_kind"
            )
        ]
        indexes = [
            models.Index(
                fields=["-priority", "opened_at", "id"],
                condition=models.Q(state="open"),
                name="case_queue",
            ),
            models.Index(fields=["target_type", "target_id"], name="case_target"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:case_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class Decision(models.Model):
    """What a moderator did and why: public, and never edited."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="decisions"
    )
    actor_label = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=24)  # of the case
    title = models.CharField(max_length=2000)  # of the case, as it was
    action = models.CharField(max_length=24)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.title}"
