"""The edits that rules matched: written down, marked as false alarms, forgotten in the end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.permissions import require
from changes.models import Change
from changes.recording import Subject
from moderation.log import DECIDE
from moderation.rules.attempts import edit_kind_of
from moderation.rules.evaluation import Match
from moderation.rules.models import RuleHit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A match that is to be written down, and the edit it is about.

    ``is_refused`` says so of an edit that could not wait, though its rule holds.
    """

    match: Match
    actor: User | AnonymousUser
    subject: Subject
    kind: str  # of change
    object_id: int | None = None
    change: Change | None = None
    is_refused: bool = False

    @property
    def outcome(self) -> str:
        """What became of the edit."""
        return RuleHit.Outcome.REFUSED if self.is_refused else self.match.rule.action


def write_hits(hits: Sequence[Hit]) -> None:
    """Write them down in one query."""
    RuleHit.objects.bulk_create([_row(hit) for hit in hits])


def _row(hit: Hit) -> RuleHit:
    change = hit.change
    actor = hit.actor if hit.actor.is_authenticated else None
    return RuleHit(
        rule_id=hit.match.rule.pk,
        rule_version=hit.match.rule.version,
        actor=actor,
        actor_label=actor.label if actor else "",
        object_type=hit.subject.object_type,
        object_id=change.object_id if change else hit.object_id,
        object_title=hit.subject.title[:2000],
        edit_kind=edit_kind_of(hit.kind),
        outcome=hit.outcome,
        change=change,
        findings=hit.match.stored_findings(),
    )


def find_marks(change_ids: Collection[int]) -> dict[int, str]:
    """Which rule marked each of some changes, as cases and the log name it; one query.

    The oldest of the rules where several did.
    """
    if not change_ids:
        return {}
    hits = RuleHit.objects.filter(change__in=change_ids).order_by("-rule", "-pk")
    return {pk: f"rule:{rule_id}" for pk, rule_id in hits.values_list("change_id", "rule_id") if pk}


@transaction.atomic
def mark_false_alarm(*, hit_id: int, is_false_alarm: bool, by: User) -> RuleHit:
    """Say that a rule should not have matched an edit, or take that back.

    Raises PermissionDenied or ``RuleHit.DoesNotExist``.
    """
    require(by, DECIDE)
    hit = RuleHit.objects.select_for_update().get(pk=hit_id)
    hit.is_false_alarm = is_false_alarm
    hit.marked_by, hit.marked_at = by, timezone.now()
    hit.save(update_fields=["is_false_alarm", "marked_by", "marked_at"])
    return hit


def forget_hits() -> int:
    """Delete what is older than ``RULE_HITS_KEEP_DAYS``; how many there were."""
    cutoff = timezone.now() - timedelta(days=settings.RULE_HITS_KEEP_DAYS)
    return RuleHit.objects.filter(at__lt=cutoff).delete()[0]
