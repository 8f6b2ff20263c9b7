"""What is protected: who may write there, until when and why."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Subquery, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import CONTENT_TYPES, ObjectType


class Level(models.TextChoices):
    """Who may write on what is protected; without a protection, anyone who may write at all."""

    TRUSTED = "trusted", _("trusted people, editors and moderators")
    MODERATORS = "moderators", _("moderators only")


STRICTNESS: dict[str, int] = {level: rank for rank, level in enumerate(Level.values)}


class ProtectionQuerySet(models.QuerySet["Protection"]):
    """Protections by the questions that are asked."""

    def standing(self) -> ProtectionQuerySet:
        """Those that hold now: neither lifted nor over."""
        now = timezone.now()
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), ended_at=None)

    def of(self, object_type: str, ids: Collection[int]) -> ProtectionQuerySet:
        """Those of some objects themselves."""
        return self.filter(object_type=object_type, object_id__in=ids)

    def touching(self, object_type: str, object_id: int | None) -> ProtectionQuerySet:
        """Those of an object itself and of all sections: one of them may be around it."""
        own = Q(object_type=object_type, object_id=object_id or 0)
        return self.filter(own | Q(object_type=ObjectType.SECTION))

    def newest(self) -> Subquery:
        """The number of the newest, as a column beside others; None where there never was one."""
        return Subquery(self.order_by("-pk").values("pk")[:1])

    def count_held(self) -> Subquery:
        """How many were not ended by anybody, as a column beside others; None for none."""
        held = self.filter(ended_at=None).order_by().annotate(one=Value(1)).values("one")
        return Subquery(held.annotate(n=Count("pk")).values("n"))


class Protection(models.Model):
    """A page, a resource, a section or a learning path where not everybody may write for a while.

    That of a section holds for what belongs to it as well, down to the sections inside it. Written
    by :mod:`moderation.protecting` and never deleted: one that is over tells its story.
    """

    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    level = models.CharField(_("who may edit"), max_length=12, choices=Level.choices)
    reason = models.TextField()
    expires_at = models.DateTimeField(null=True)  # never, where there is none
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)  # lifted, or replaced by a newer one
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = ProtectionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("protect", _("Can protect pages, resources and sections, and write on all of them")),
            ("edit_protected", _("Can write on what is protected for trusted people")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id"],
                condition=Q(ended_at=None),
                name="protection_one_an_object",
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="protection_level_known"
            ),
            models.CheckConstraint(
                condition=Q(object_type__in=[str(kind) for kind in CONTENT_TYPES]),
                name="protection_of_what_is_written",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}: {self.level}"
