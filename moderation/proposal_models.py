"""Changes that wait for a moderator: what is proposed, by whom, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import ObjectType

if TYPE_CHECKING:
    from accounts.models import User

#: The kind of a case in which proposals wait.
PROPOSAL: Final = "proposal"


class ProposalQuerySet(models.QuerySet["Proposal"]):
    """How proposals are asked for."""

    def waiting(self) -> ProposalQuerySet:
        """Those that a moderator has to look at, the oldest first."""
        return self.filter(state=Proposal.State.WAITING).order_by("created_at", "id")

    def open(self) -> ProposalQuerySet:
        """Those that may still be published: waiting, or to be revised by their authors."""
        return self.filter(state__in=Proposal.OPEN_STATES)

    def approved(self) -> ProposalQuerySet:
        """Those that were published."""
        return self.filter(state=Proposal.State.APPROVED)

    def declined(self) -> ProposalQuerySet:
        """Those that a moderator declined."""
        return self.filter(state=Proposal.State.DECLINED)

    def by(self, user: User) -> ProposalQuerySet:
        """What one person proposed, the newest first."""
        return self.filter(author=user).order_by("-id")

    def about(self, object_type: str, object_id: int) -> ProposalQuerySet:
        """Proposals for one object."""
        return self.filter(object_type=object_type, object_id=object_id)


class Proposal(models.Model):
    """An edit, or a new object, that waits for a moderator; never public.

    Written by :mod:`moderation.proposing` and :mod:`moderation.proposal_cases`. ``fields`` has the
    values of the operation's fields that differ from the revision ``base_version``, of a new object
    all of them. ``key`` is what makes two new objects the same (an address, a slug). ``version`` is
    compared and swapped: an author who revises and a moderator who decides never miss each other.
    """

    class Intent(models.TextChoices):
        EDIT = "edit", _("edit")
        CREATE = "create", _("new")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for a moderator")
        CHANGES_REQUESTED = "changes", _("changes asked for")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        SUPERSEDED = "superseded", _("not needed any more")

    OPEN_STATES: Final = (State.WAITING, State.CHANGES_REQUESTED)

    # None for somebody who was not signed in.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="proposals"
    )
    author_label = models.CharField(max_length=150, blank=True)
    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField(null=True)  # of a new object once it is made
    title = models.CharField(max_length=2000)  # of the object; of a new one as it is proposed
    section_id = models.BigIntegerField(null=True)  # where it belongs: this app knows no catalog
    intent = models.CharField(max_length=8, choices=Intent.choices)
    fields = models.JSONField(default=dict)
    base_version = models.PositiveIntegerField(null=True)
    key = models.CharField(max_length=2000, blank=True)
    summary = models.TextField(blank=True)
    is_minor = models.BooleanField(default=False)
    labels = models.JSONField(default=list)  # of the rules that would mark it
    # The rule or guard that held an edit of somebody who may publish, and what it said of it.
    rule = models.CharField(max_length=100, blank=True)
    held_reason = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    version = models.PositiveIntegerField(default=1)
    case = models.ForeignKey(
        "moderation.Case", models.SET_NULL, null=True, related_name="proposals"
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # The revision that an approval made.
    result_version = models.PositiveIntegerField(null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("add",)  # "may propose"
        constraints = [
            models.CheckConstraint(
                condition=Q(intent="create")
                | Q(intent="edit", object_id__isnull=False, base_version__isnull=False),
                name="proposal_edit_has_base",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "changes"], decided_at=None)
                | ~Q(state__in=["waiting", "changes"]) & Q(decided_at__isnull=False),
                name="proposal_closed_has_time",
            ),
            # Who edits again revises what waits.
            models.UniqueConstraint(
                fields=["author", "object_type", "object_id"],
                condition=Q(intent="edit", state__in=["waiting", "changes"]),
                name="proposal_one_open_an_author",
            ),
        ]
        indexes = [
            models.Index(fields=["author", "-id"], name="proposal_author"),
            models.Index(fields=["author", "state", "decided_at"], name="proposal_record"),
            models.Index(
                fields=["object_type", "object_id"],
                condition=Q(state__in=["waiting", "changes"]),
                name="proposal_open",
            ),
            models.Index(fields=["key"], condition=~Q(key=""), name="proposal_key"),
        ]

    def __str__(self) -> str:
        return f"{self.intent} {self.object_type} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:proposal_detail", args=[self.pk])

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def is_new(self) -> bool:
        """Whether it would make an object that is not there yet."""
        return self.intent == self.Intent.CREATE


class ProposalEvent(models.Model):
    """What happened to a proposal and what was said of it, for its author and moderators."""

    class Kind(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        REVISED = "revised", _("revised")
        SAID = "said", _("said")
        CHANGES_REQUESTED = "changes", _("asked for changes")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrew it")
        SUPERSEDED = "superseded", _("found it not needed any more")
        UNDONE = "undone", _("took the decision back")

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    actor_label = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.actor_label} {self.kind}"
