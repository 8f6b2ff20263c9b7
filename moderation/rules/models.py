"""Rules on edits, their earlier revisions, and the edits that they matched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import Change, ObjectType

MAX_NAME: Final = 100
MAX_LABEL: Final = 40
MAX_TEXT: Final = 2000


class Standing(models.TextChoices):
    """Whom a rule is about, by the rights of the account."""

    ANONYMOUS = "anonymous", _("people without an account")
    NEWCOMER = "newcomer", _("newcomers")
    CONTRIBUTOR = "contributor", _("contributors and editors")
    TRUSTED = "trusted", _("trusted people")
    MODERATOR = "moderator", _("moderators and administrators")


class EditKind(models.TextChoices):
    """What an edit does to its object."""

    CREATE = "create", _("something new")
    EDIT = "edit", _("an edit")
    RENAME = "rename", _("a rename")
    REVERT = "revert", _("a revert")
    REMOVE = "remove", _("taking something away")


class EditRuleQuerySet(models.QuerySet["EditRule"]):
    """How rules are asked for."""

    def enabled(self) -> EditRuleQuerySet:
        """Those that look at edits now."""
        return self.filter(is_enabled=True)

    def with_hits(self) -> EditRuleQuerySet:
        """With how many edits each matched of late, and how many of those were false alarms."""
        now = timezone.now()
        month = Q(hits__at__gt=now - timedelta(days=30))
        return self.annotate(
            hits_of_a_day=Count("hits", filter=Q(hits__at__gt=now - timedelta(days=1))),
            hits_of_a_month=Count("hits", filter=month),
            false_alarms=Count("hits", filter=month & Q(hits__is_false_alarm=True)),
        )


class EditRule(models.Model):
    """Conditions on an edit, and what becomes of one that meets them.

    Written by :mod:`moderation.rules.editing`; ``conditions`` are read by
    :mod:`moderation.rules.conditions`. ``version`` is the number of the newest
    :class:`EditRuleRevision`. The counters at the end are of that version alone.
    """

    class Action(models.TextChoices):
        TAG = "tag", _("mark it with a label")
        HOLD = "hold", _("hold it for a moderator")
        REFUSE = "refuse", _("refuse it")

    class Match(models.TextChoices):
        ALL = "all", _("all of these")
        ANY = "any", _("any of these")

    #: What a revision keeps of it.
    CONTENT: Final = (
        *("name", "description", "notes", "match", "conditions", "action", "label", "message"),
        *("standings", "object_types", "edit_kinds"),
    )
    #: Of that what decides which edits it matches and what becomes of them.
    EFFECT: Final = ("match", "conditions", "action", "standings", "object_types", "edit_kinds")

    name = models.CharField(_("name"), max_length=MAX_NAME, unique=True)
    description = models.TextField(_("what it is for"), max_length=MAX_TEXT, blank=True)
    notes = models.TextField(_("notes"), max_length=MAX_TEXT, blank=True)  # never public
    match = models.CharField(max_length=3, choices=Match.choices, default=Match.ALL)
    conditions = models.JSONField(default=list)
    action = models.CharField(max_length=6, choices=Action.choices, default=Action.TAG)
    label = models.CharField(max_length=MAX_LABEL, blank=True)  # of what it tags
    message = models.TextField(max_length=MAX_TEXT, blank=True)  # to the author
    standings = models.JSONField(default=list)
    object_types = models.JSONField(default=list)
    edit_kinds = models.JSONField(default=list)

    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)
    is_enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField(null=True)  # since when it is on
    off_reason = models.TextField(blank=True)  # why it was switched off
    is_off_by_itself = models.BooleanField(default=False)
    # What the last try against past edits found, and of which version.
    tried_version = models.PositiveIntegerField(null=True)
    tried_at = models.DateTimeField(null=True)
    tried_edits = models.PositiveIntegerField(default=0)
    tried_matches = models.PositiveIntegerField(default=0)
    # What it costs, in bulk (:mod:`moderation.rules.costs`).
    edits_seen = models.PositiveBigIntegerField(default=0)
    cost_ns = models.PositiveBigIntegerField(default=0)
    edits_left_out = models.PositiveBigIntegerField(default=0)  # the time for an edit was over

    objects = EditRuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        default_permissions = ("view",)
        permissions = [("manage_rules", _("Can write rules on edits and switch them"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_enabled=True, enabled_at__isnull=False)
                | Q(is_enabled=False, enabled_at=None),
                name="rule_enabled_since",
            ),
            models.CheckConstraint(
                condition=~Q(action="tag") | ~Q(label=""), name="rule_tags_with_a_label"
            ),
            models.CheckConstraint(
                condition=Q(action="tag") | ~Q(message=""), name="rule_tells_the_author"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("moderation:rule_detail", args=[self.pk])

    @property
    def mark(self) -> str:
        """How the log, errors and cases name it."""
        return f"rule:{self.pk}"

    @property
    def stops_edits(self) -> bool:
        """Whether what it matches is not published at once."""
        return self.action != self.Action.TAG

    @property
    def is_tried(self) -> bool:
        """Whether it was tried against past edits as it is now."""
        return self.tried_version == self.version

    @property
    def cost_ms(self) -> float | None:
        """Mean milliseconds for an edit; None where it has not looked at any."""
        return self.cost_ns / self.edits_seen / 1e6 if self.edits_seen else None

    def content(self) -> dict[str, Any]:
        """What a revision keeps."""
        return {name: getattr(self, name) for name in self.CONTENT}


class EditRuleRevision(models.Model):
    """A rule as somebody saved it; never changed."""

    rule = models.ForeignKey(EditRule, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    author_label = models.CharField(max_length=150, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    content = models.JSONField()

    class Meta:
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} revision {self.number}"


class RuleHit(models.Model):
    """One edit that a rule matched; kept for ``RULE_HITS_KEEP_DAYS``.

    ``findings`` say what was found, with short quotes (:mod:`moderation.rules.findings`). What was
    tagged has a ``change``; what was held or refused was not written.
    """

    class Outcome(models.TextChoices):
        TAGGED = "tag", _("marked")
        HELD = "hold", _("held")
        REFUSED = "refuse", _("refused")

    rule = models.ForeignKey(EditRule, models.CASCADE, related_name="hits")
    rule_version = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    actor_label = models.CharField(max_length=150, blank=True)
    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField(null=True)  # None: it would have been new
    object_title = models.CharField(max_length=2000)
    edit_kind = models.CharField(max_length=6, choices=EditKind.choices)
    outcome = models.CharField(max_length=6, choices=Outcome.choices)
    change = models.ForeignKey(Change, models.CASCADE, null=True, related_name="rule_hits")
    findings = models.JSONField(default=list)
    is_false_alarm = models.BooleanField(default=False)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    marked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["rule", "-id"], name="rule_hit_list"),
            models.Index(fields=["rule", "at"], name="rule_hit_counts"),
            # What stopped edits of late: whether a rule does so too often.
            models.Index(fields=["-id"], condition=~Q(outcome="tag"), name="rule_hit_stopped"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.outcome} {self.object_title}"
