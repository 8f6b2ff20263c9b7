"""What is known of links from elsewhere than their own server: help for repairs, repositories.

Derived, so without history; part of :mod:`linkcheck.models`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from linkcheck.forges import Forge, repository_url

_DAYS_A_MONTH = 30.44
#: From this age on the last commit is said in lists ("no commits for 14 months").
QUIET_MONTHS = 12


class RepairHelp(models.Model):
    """What may help with a dead link; looked for once it died, and anew if it dies again.

    ``suggested_url`` is where the link may stand today: ``support`` others of its domain moved
    from ``old_words`` to ``new_words``, and the address answered ``suggestion_status`` when it was
    asked. The archived copy stands on the link itself, since readers see it.
    """

    link = models.OneToOneField("linkcheck.Link", models.CASCADE, related_name="help")
    died_at = models.DateTimeField()  # the death that it is about
    attempts = models.PositiveSmallIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True)  # None: it is found, or given up
    archive_asked_at = models.DateTimeField(null=True)
    suggested_url = models.CharField(max_length=2000, blank=True)
    old_words = models.CharField(max_length=2100, blank=True)
    new_words = models.CharField(max_length=2100, blank=True)
    support = models.PositiveIntegerField(default=0)
    suggestion_status = models.PositiveSmallIntegerField(null=True)
    suggestion_checked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=models.Q(next_look_at__isnull=False),
                name="repairhelp_due",
            )
        ]

    def __str__(self) -> str:
        return f"help for link {self.link_id}"


class Repository(models.Model):
    """What a forge says of the repository whose own page a link is (rule 17).

    ``path`` is its name in the link, ``full_name`` what it is called today. Without
    ``seen_at`` nothing is known: the forge was not asked yet, or never knew it.
    """

    class State(models.TextChoices):
        UNKNOWN = "", _("not known")
        PRESENT = "present", _("there")
        MISSING = "missing", _("deleted or private")
        WITHHELD = "withheld", _("withheld by the forge")

    link = models.OneToOneField("linkcheck.Link", models.CASCADE, related_name="repository")
    forge = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Forge])
    path = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State.choices, blank=True)
    full_name = models.CharField(max_length=500, blank=True)
    is_archived = models.BooleanField(default=False)
    pushed_at = models.DateTimeField(null=True)
    license = models.CharField(max_length=200, blank=True)  # an SPDX identifier
    stars = models.PositiveIntegerField(default=0)
    etag = models.CharField(max_length=200, blank=True)
    seen_at = models.DateTimeField(null=True)  # when the forge last knew it
    asked_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "repositories"
        indexes = [models.Index(fields=["forge", "next_check_at"], name="repository_due")]

    def __str__(self) -> str:
        return f"{self.forge}: {self.path}"

    @property
    def is_known(self) -> bool:
        """Whether the forge knew it when it was last asked."""
        return self.state == self.State.PRESENT

    @property
    def is_gone(self) -> bool:
        """Whether the forge knew it once and does not any more."""
        return self.state == self.State.MISSING and self.seen_at is not None

    @property
    def is_renamed(self) -> bool:
        return self.is_known and self.full_name.lower() != self.path.lower()

    @property
    def url(self) -> str:
        """Where people find it today."""
        return repository_url(Forge(self.forge), self.full_name or self.path)

    def quiet_months(self, now: datetime) -> int:
        """For how many whole months nothing was pushed; 0 where that is not long, or not known."""
        if not self.is_known or self.pushed_at is None:
            return 0
        months = int((now - self.pushed_at).days / _DAYS_A_MONTH)
        return months if months >= QUIET_MONTHS else 0
