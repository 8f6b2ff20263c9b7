"""Who reviews what belongs to a section, besides the moderators of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class ReviewerQuerySet(models.QuerySet["SectionReviewer"]):
    """Reviewers by the questions that are asked."""

    def of(self, user: User) -> ReviewerQuerySet:
        """What one person reviews: in their own name, or as a member of a group."""
        return self.filter(Q(user=user) | Q(group__in=user.groups.all()))


class SectionReviewer(models.Model):
    """A person, or all of a group, who decide the cases of a section and of those inside it.

    Written by :mod:`moderation.reviewing`, which gives them the permission with it.
    """

    section_id = models.BigIntegerField(db_index=True)  # this app does not know the catalog
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="reviewed_sections"
    )
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = ReviewerQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        permissions = [
            ("appoint_reviewers", _("Can say who reviews a section")),
            # That somebody reviews anything at all: where, the rows say.
            ("review_sections", _("Can decide the cases of the sections that are theirs")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None) ^ Q(group=None), name="reviewer_person_or_group"
            ),
            models.UniqueConstraint(fields=["user", "section_id"], name="reviewer_person_once"),
            models.UniqueConstraint(fields=["group", "section_id"], name="reviewer_group_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What the person or the group is called."""
        return self.user.label if self.user else str(self.group)
