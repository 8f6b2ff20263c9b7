"""What people follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User

_SECTION = "section"


class WatchQuerySet(models.QuerySet["Watch"]):
    """Watches by the questions that are asked."""

    def of(self, user: User) -> WatchQuerySet:
        """What one person watches, the newest first."""
        return self.filter(user=user).order_by("-pk")

    def on(self, object_type: str, object_id: int) -> WatchQuerySet:
        """Those of one object."""
        return self.filter(object_type=object_type, object_id=object_id)

    def concerned_by(
        self, object_type: str, object_id: int, section_id: int | None
    ) -> WatchQuerySet:
        """Those of an object, or of the section that it is part of."""
        wanted = Q(object_type=object_type, object_id=object_id)
        if section_id is not None:
            wanted |= Q(object_type=_SECTION, object_id=section_id)
        return self.filter(wanted)

    def as_condition(self) -> Q:
        """The changes that these are about, for a query of :class:`changes.models.Change`.

        One query here, so that each part of the other is answered by an index: of an object, and of
        a section with all that is part of it.
        """
        ids: dict[str, list[int]] = {}
        for object_type, object_id in self.order_by().values_list("object_type", "object_id"):
            ids.setdefault(object_type, []).append(object_id)
        found = Q(pk__in=[])
        for object_type, numbers in sorted(ids.items()):
            found |= Q(object_type=object_type, object_id__in=numbers)
        if _SECTION in ids:
            found |= Q(section_id__in=ids[_SECTION])
        return found


class Watch(models.Model):
    """One person follows one object; of a section also what is part of it.

    ``through`` is another object that they watch and that leads to this one (it was merged into
    it): while it does, they follow this one as well (:func:`changes.watching.settle_watches`).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    object_type = models.CharField(max_length=12)
    object_id = models.BigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)
    through = models.BigIntegerField(null=True)

    objects = WatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "object_type", "object_id"], name="watch_once")
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="watch_object"),
            models.Index(
                fields=["through"], condition=Q(through__isnull=False), name="watch_through"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"
