"""Pairs of entries that may be one and the same, and what was decided about them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DuplicatePair(models.Model):
    """Two entries that are alike; ``first`` is the older one.

    A pair that shall be kept (``KEPT``) is never asked about again; one that was dismissed is when
    either entry has changed since (``versions`` are theirs of that time). ``merged_into`` is where
    the other entry of a merged pair leads.
    """

    class Why(models.TextChoices):
        TARGET = "target", _("both lead to the same address")
        ADDRESS = "address", _("the same address but for the place on the page")
        TITLE = "title", _("the same title at the same host")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        KEPT = "kept", _("both are kept")
        MERGED = "merged", _("merged")
        DISMISSED = "dismissed", _("dismissed")

    first = models.ForeignKey("catalog.Resource", models.CASCADE, related_name="+")
    second = models.ForeignKey("catalog.Resource", models.CASCADE, related_name="+")
    why = models.CharField(max_length=8, choices=Why.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    versions = models.JSONField(default=list)
    merged_into = models.ForeignKey(
        "catalog.Resource", models.SET_NULL, null=True, related_name="merged_pairs"
    )
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.why}"

    @property
    def title(self) -> str:
        """Both titles, once where they are the same."""
        return " / ".join(dict.fromkeys((self.first.title, self.second.title)))
