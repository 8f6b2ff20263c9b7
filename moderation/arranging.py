"""Putting the queue in order: a case is put off, given to somebody, or becomes more urgent.

Each leaves a line among the notes between moderators; none of them changes what is decided.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.cases import StaleCaseError
from moderation.forms import MAX_REASON
from moderation.models import Case, Note
from moderation.notes import write_note
from moderation.scope import may_decide, require_decide

if TYPE_CHECKING:
    from accounts.models import User

#: Priorities that moderators give; those of kinds lie between them.
LOWEST, HIGHEST = -100, 100
MAX_SNOOZE_DAYS: Final = 366


@transaction.atomic
def snooze_case(*, case_id: int, until: datetime, actor: User, text: str = "") -> Case:
    """Take a case out of sight until a time in the next year; then it is back by itself.

    Raises PermissionDenied, ``Case.DoesNotExist``, :class:`StaleCaseError` where it is closed, or
    ValidationError for the field ``until``.
    """
    case = _hold_open(case_id, actor)
    now = timezone.now()
    if until <= now:
        raise ValidationError({"until": _("This time has passed.")})
    if (until - now).days > MAX_SNOOZE_DAYS:
        raise ValidationError({"until": _("A year at most.")})
    case.snoozed_until = until
    case.claimed_by = case.claimed_until = None
    case.save(update_fields=["snoozed_until", "claimed_by", "claimed_until"])
    _note(case, actor, Note.Kind.SNOOZED, text, until=until.isoformat())
    return case


@transaction.atomic
def wake_case(*, case_id: int, actor: User) -> Case:
    """Bring a case back that was put off; nothing happens where it was not."""
    case = _hold_open(case_id, actor)
    if case.is_snoozed:
        case.snoozed_until = None
        case.save(update_fields=["snoozed_until"])
        _note(case, actor, Note.Kind.WOKEN, "")
    return case


@transaction.atomic
def assign_case(*, case_id: int, assignee: User | None, actor: User, text: str = "") -> Case:
    """Give a case to a moderator, or to nobody in particular; the others may decide it still.

    Raises ValidationError for the field ``assignee`` where that person cannot decide it; the rest
    as :func:`snooze_case`.
    """
    case = _hold_open(case_id, actor)
    if assignee is not None and not (assignee.is_active and may_decide(assignee, case)):
        message = _("%(name)s may not decide this case.") % {"name": assignee.label}
        raise ValidationError({"assignee": message})
    if case.assigned_to_id == (assignee and assignee.pk):
        return case
    case.assigned_to = assignee
    case.save(update_fields=["assigned_to"])
    _note(case, actor, Note.Kind.ASSIGNED, text, to=assignee.label if assignee else "")
    return case


@transaction.atomic
def set_priority(*, case_id: int, priority: int, text: str, actor: User) -> Case:
    """Move a case up or down in the queue, and say why; newer evidence does not move it back.

    Raises ValidationError by field; the rest as :func:`snooze_case`.
    """
    case = _hold_open(case_id, actor)
    if not LOWEST <= priority <= HIGHEST:
        limits = {"lowest": LOWEST, "highest": HIGHEST}
        message = _("A number from %(lowest)d to %(highest)d.") % limits
        raise ValidationError({"priority": message})
    if not text.strip():
        raise ValidationError({"text": _("Say why, in a few words.")})
    before, case.priority = case.priority, priority
    case.is_priority_set = True
    case.save(update_fields=["priority", "is_priority_set"])
    details = {"from": before, "to": priority}
    _note(case, actor, Note.Kind.PRIORITY, text, **details)
    return case


def _hold_open(case_id: int, actor: User) -> Case:
    case = Case.objects.select_for_update().get(pk=case_id)
    require_decide(actor, case)
    if not case.is_open:
        raise StaleCaseError(case)
    return case


def _note(case: Case, actor: User, kind: str, text: str, **details: Any) -> None:
    write_note(case=case, author=actor, text=text[:MAX_REASON], kind=kind, details=details)
