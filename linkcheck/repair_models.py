"""Decisions about many links at once: what is to be done for each, and what came of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RepairBatchQuerySet(models.QuerySet["RepairBatch"]):
    def with_progress(self) -> RepairBatchQuerySet:
        """Each with how many repairs it has (``total``), are ``done``, and ``failed`` of those."""
        done = Q(repairs__done_at__isnull=False)
        return self.annotate(
            total=Count("repairs"),
            done=Count("repairs", filter=done),
            failed=Count("repairs", filter=done & ~Q(repairs__problem="")),
        )


class RepairBatch(models.Model):
    """One decision about many links, carried out by a worker, one object after the other.

    ``host`` is the one that it is about, if it is about one; ``undoes`` the batch that it takes
    back.
    """

    class Kind(models.TextChoices):
        TRIVIAL_MOVES = "trivial_moves", _("trivial moves followed")
        HOST_MOVES = "host_moves", _("moves of a host followed")
        HOST_RENAMED = "host_renamed", _("name of a host replaced")
        HOST_RETIRED = "host_retired", _("entries of a host retired")
        UNDONE = "undone", _("taken back")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    host = models.ForeignKey("linkcheck.Host", models.CASCADE, null=True, related_name="batches")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reason = models.TextField(blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")

    objects = RepairBatchQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} of {self.queued_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("linkcheck:batch_detail", args=[self.pk])


class Repair(models.Model):
    """What is to be done about one link: waiting, done, or failed and why.

    ``changed`` has the type and id of each object that it changed: what is undone, if it is.
    ``only`` has those that it may change; empty for all in which the link stands.
    """

    class Action(models.TextChoices):
        REPLACE = "replace", _("replace")
        RETIRE = "retire", _("retire")
        RESTORE = "restore", _("restore")

    batch = models.ForeignKey(RepairBatch, models.CASCADE, related_name="repairs")
    link = models.ForeignKey("linkcheck.Link", models.CASCADE, related_name="+")
    action = models.CharField(max_length=8, choices=Action.choices, default=Action.REPLACE)
    new_url = models.CharField(max_length=4000, blank=True)
    only = models.JSONField(default=list, blank=True)
    changed = models.JSONField(default=list, blank=True)
    done_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)  # why it was not done

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["link"], condition=Q(done_at__isnull=True), name="repair_one_waits"
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(done_at__isnull=True), name="repair_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.link_id} {self.new_url}"
