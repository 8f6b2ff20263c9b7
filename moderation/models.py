"""One queue of cases for moderators, and the public log of what they decided."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.backlog_models import Backlog as Backlog
from moderation.link_models import BlockedLink as BlockedLink
from moderation.log_models import Decision as Decision
from moderation.mass_revert_models import MassRevert as MassRevert
from moderation.mass_revert_models import MassRevertItem as MassRevertItem
from moderation.proposal_models import Proposal as Proposal
from moderation.proposal_models import ProposalEvent as ProposalEvent
from moderation.protection_models import Protection as Protection
from moderation.report_models import Report as Report
from moderation.reviewer_models import SectionReviewer as SectionReviewer
from moderation.rules.models import EditRule as EditRule
from moderation.rules.models import EditRuleRevision as EditRuleRevision
from moderation.rules.models import RuleHit as RuleHit
from moderation.standing_models import HeldStanding as HeldStanding


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        """Cases that wait for a decision, the most urgent and oldest first."""
        return self.filter(state=Case.State.OPEN).order_by("-priority", "opened_at", "id")

    def awake(self, now: datetime | None = None) -> CaseQuerySet:
        """Those that nobody put off, or whose time has come again."""
        moment = now or timezone.now()
        return self.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=moment))

    def snoozed(self, now: datetime | None = None) -> CaseQuerySet:
        """Open cases that come back later."""
        return self.filter(state=Case.State.OPEN, snoozed_until__gt=now or timezone.now())

    def by_kind(self) -> models.QuerySet[Case, tuple[str, int]]:
        """Each kind with how many of these there are."""
        return self.order_by().values_list("kind").annotate(count=models.Count("*"))

    def waiting(self) -> CaseQuerySet:
        """What the queue shows and the header counts: open and not put off."""
        return self.open().awake()


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
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True)
    # Set by a moderator: newer evidence leaves it alone for as long as the case is open.
    is_priority_set = models.BooleanField(default=False, db_default=False)
    section_id = models.BigIntegerField(null=True)  # where its target belongs, if that is known

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
            # The list of one kind, and the counts of all: none of them reads the cases for it.
            models.Index(
                fields=["kind", "-priority", "opened_at", "id"],
                condition=models.Q(state="open"),
                name="case_queue_of_kind",
            ),
            models.Index(
                fields=["kind", "snoozed_until"],
                condition=models.Q(state="open"),
                name="case_counts",
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

    @property
    def is_snoozed(self) -> bool:
        """Whether it is put off at this moment."""
        return self.snoozed_until is not None and self.snoozed_until > timezone.now()

    @property
    def is_claimed(self) -> bool:
        """Whether someone is looking at it at this moment."""
        return (
            self.claimed_by_id is not None
            and self.claimed_until is not None
            and self.claimed_until > timezone.now()
        )

    def is_claimed_by_other(self, user_id: int | None) -> bool:
        """Whether someone else than ``user_id`` is looking at it at this moment."""
        return self.is_claimed and self.claimed_by_id != user_id


class Note(models.Model):
    """What moderators say to each other about a case, and how they put it in order: not public."""

    class Kind(models.TextChoices):
        NOTE = "note", _("note")
        SNOOZED = "snoozed", _("put off")
        WOKEN = "woken", _("brought back")
        ASSIGNED = "assigned", _("assigned")
        PRIORITY = "priority", _("priority")

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    author_label = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NOTE)
    text = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.author_label}: {self.text[:60]}"
