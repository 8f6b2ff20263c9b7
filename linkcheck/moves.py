"""Trivial moves (a slash, https, www): gathered for one decision."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from changes.models import ObjectType
from linkcheck.kinds import TRIVIAL_MOVES
from linkcheck.models import Link, LinkQuerySet, Mark, Repair, RepairBatch
from linkcheck.repair_queue import NewRepair, queue_repairs
from moderation.models import Decision

if TYPE_CHECKING:
    from accounts.models import User

TARGET_TYPE = ObjectType.LINK
TARGET_ID = 0  # the case is about no single link
DISMISS = "dismiss"
_ROWS = 500


def find_trivial_moves() -> LinkQuerySet:
    """Used links that moved by a trifle, without those that wait to be followed.

    What stood there when a moderator last dismissed them all is left out for ever.
    """
    waiting = Repair.objects.filter(link=OuterRef("pk"), done_at__isnull=True)
    moves = Link.objects.used().filter(
        ~Exists(waiting), mark=Mark.MOVED, state__is_trivial_move=True
    )
    dismissed = Decision.objects.standing().filter(kind=TRIVIAL_MOVES, action=DISMISS)
    dismissed_at = dismissed.order_by("-at").values_list("at", flat=True).first()
    if dismissed_at is not None:
        moves = moves.filter(verdict_since__gt=dismissed_at)
    return moves.exclude(moved_to="").order_by("pk")


def queue_moves(
    *, actor: User, reason: str, link_ids: Collection[int] | None = None
) -> tuple[RepairBatch, int]:
    """Have all trivial moves followed, or those of ``link_ids``; the batch, and how many.

    ``batch`` is the name by which :func:`take_back_moves` finds them. Raises ValidationError where
    there are none.
    """
    moves = find_trivial_moves()
    if link_ids is not None:
        moves = moves.filter(pk__in=link_ids)
    if not moves.exists():
        raise ValidationError(_("None of them leads elsewhere any more: look again."))
    pairs = moves.values_list("pk", "moved_to").iterator(_ROWS)
    return queue_repairs(
        kind=RepairBatch.Kind.TRIVIAL_MOVES,
        repairs=[NewRepair(pk, new_url) for pk, new_url in pairs],
        reason=reason,
        actor=actor,
    )
