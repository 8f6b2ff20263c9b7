"""Mass reverts: whose changes since when are taken back, and what came of it for each object."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import ObjectType


class MassRevertQuerySet(models.QuerySet["MassRevert"]):
    def with_progress(self) -> MassRevertQuerySet:
        """Each with how many objects it has (``total``), ``waiting`` ones, ``failed`` ones."""
        states = MassRevertItem.State
        return self.annotate(
            total=Count("items"),
            waiting=Count("items", filter=Q(items__state=states.WAITING)),
            failed=Count("items", filter=Q(items__state=states.FAILED)),
            done=Count("items", filter=Q(items__state=states.DONE)),
            settled=Count("items", filter=~Q(items__state=states.WAITING)),
        )


class MassRevert(models.Model):
    """One decision to take back what some accounts did; a worker carries it out, group by group.

    ``names`` are those of the accounts as they were. ``up_to`` is the newest change that the
    moderator had seen; ``undoes`` the run that this one takes back.
    """

    accounts = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="mass_reverts")
    names = models.JSONField(default=list)
    since = models.DateTimeField()
    up_to = models.BigIntegerField(default=0)
    kinds = models.JSONField(default=list)
    reason = models.TextField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    queued_at = models.DateTimeField(default=timezone.now)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")

    objects = MassRevertQuerySet.as_manager()

    class Meta:
        permissions = [("mass_revert", _("Can take back everything that an account did"))]

    def __str__(self) -> str:
        return f"{self.title} since {self.since:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:mass_revert_detail", args=[self.pk])

    @property
    def title(self) -> str:
        """Whose changes."""
        return ", ".join(self.names)


class MassRevertItem(models.Model):
    """One object of a mass revert: the runs of revisions taken back, and what came of it.

    Objects of a ``group`` are restored together or not at all, group after group. ``runs`` are
    pairs of versions before and after; ``version_before`` and ``version_after`` those of the
    revision that restored it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        DONE = "done", _("restored")
        UNCHANGED = "unchanged", _("nothing to do")
        FAILED = "failed", _("left for a person")

    mass_revert = models.ForeignKey(MassRevert, models.CASCADE, related_name="items")
    group = models.PositiveIntegerField()
    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=2000)
    runs = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.TextField(blank=True)
    version_before = models.PositiveIntegerField(null=True)
    version_after = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["group", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["mass_revert", "object_type", "object_id"], name="mass_revert_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["mass_revert", "group"],
                condition=Q(state="waiting"),
                name="mass_revert_queue",
            )
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.title}"
