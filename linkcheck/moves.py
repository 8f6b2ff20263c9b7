"""Trivial moves (a slash, https, www): gathered for one decision, followed one by one afterwards.

The decision puts them into a queue that stands in the database; a worker follows each in a
transaction of its own, so that one which fails takes nothing with it and a worker that dies is
taken over where it stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from changes.models import ObjectType
from linkcheck.kinds import TRIVIAL_MOVES
from linkcheck.models import Link, LinkQuerySet, Mark, MoveRepair
from linkcheck.repairing import replace_link
from moderation.models import Decision

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

TARGET_TYPE = ObjectType.LINK
TARGET_ID = 0  # the case is about no single link
DISMISS = "dismiss"
_ROWS = 500


def find_trivial_moves() -> LinkQuerySet:
    """Used links that moved by a trifle, without those that wait to be followed.

    What stood there when a moderator last dismissed them all is left out for ever.
    """
    waiting = MoveRepair.objects.filter(link=OuterRef("pk"), done_at__isnull=True)
    moves = Link.objects.used().filter(
        ~Exists(waiting), mark=Mark.MOVED, state__is_trivial_move=True
    )
    dismissed = Decision.objects.filter(kind=TRIVIAL_MOVES, action=DISMISS)
    dismissed_at = dismissed.order_by("-at").values_list("at", flat=True).first()
    if dismissed_at is not None:
        moves = moves.filter(verdict_since__gt=dismissed_at)
    return moves.exclude(moved_to="").order_by("pk")


@transaction.atomic
def queue_moves(*, actor: User, reason: str, link_ids: Collection[int] | None = None) -> int:
    """Have all trivial moves followed, or those of ``link_ids``; how many there are.

    Raises ValidationError where there are none.
    """
    moves = find_trivial_moves()
    if link_ids is not None:
        moves = moves.filter(pk__in=link_ids)
    rows = [
        MoveRepair(link_id=pk, new_url=new_url, actor=actor, reason=reason)
        for pk, new_url in moves.values_list("pk", "moved_to").iterator(_ROWS)
    ]
    if not rows:
        raise ValidationError(_("None of them leads elsewhere any more: look again."))
    MoveRepair.objects.bulk_create(rows, batch_size=_ROWS, ignore_conflicts=True)
    return len(rows)


def follow_moves(limit: int) -> int:
    """Follow up to ``limit`` queued moves; how many were taken on. Not inside a transaction.

    Several workers may do this at once: each move is taken by one of them.
    """
    for taken in range(limit):
        if not _follow_next():
            return taken
    return limit


@transaction.atomic
def _follow_next() -> bool:
    waiting = MoveRepair.objects.filter(done_at__isnull=True).order_by("pk")
    repair = waiting.select_for_update(skip_locked=True).first()
    if repair is None:
        return False
    repair.problem = _follow(repair)
    repair.done_at = timezone.now()
    repair.save(update_fields=["problem", "done_at"])
    return True


def _follow(repair: MoveRepair) -> str:
    """Replace one link wherever it stands; why that was not done, "" where it was."""
    try:
        with transaction.atomic():
            return _replace(repair)
    except ValidationError as error:
        return " ".join(error.messages)
    except PermissionDenied as error:
        return str(error)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # it stays in the queue
    except Exception:
        # Not one bad page before all the others: it comes back to moderators, and to the log.
        logger.exception("link %d could not be replaced by %s", repair.link_id, repair.new_url)
        return _("Something went wrong: edit by hand.")


def _replace(repair: MoveRepair) -> str:
    link = Link.objects.get(pk=repair.link_id)
    if not link.is_used or link.mark != Mark.MOVED or link.moved_to != repair.new_url:
        raise ValidationError(_("It does not lead there any more."))
    details = replace_link(
        link=link, new_url=repair.new_url, reason=repair.reason, actor=repair.actor
    )
    if not details["left"]:
        return ""
    return _("It still stands in: %(titles)s.") % {"titles": ", ".join(details["left"])}


def find_problems(link_ids: Collection[int]) -> dict[int, str]:
    """Why following these links failed the last time, by link; one query."""
    failed = MoveRepair.objects.filter(link_id__in=link_ids).exclude(problem="")
    return dict(failed.order_by("pk").values_list("link_id", "problem"))
