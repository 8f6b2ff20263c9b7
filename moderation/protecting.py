"""Protecting pages, resources and sections: each step stands in the public log with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from changes.cleaning import clean_reason
from changes.objects import get_tracked
from changes.recording import NothingChangedError
from moderation.forms import MAX_REASON
from moderation.handlers import Request
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind
from moderation.protection import PROTECT
from moderation.protection_models import Level, Protection

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.log_models import Decision

KIND: Final = "protection"
OPEN: Final = "open"


@dataclass(frozen=True, kw_only=True)
class ProtectionTerms:
    """Who may write, why and until when; ``level`` OPEN lifts, ``expires_at`` None is for good."""

    level: str
    reason: str
    expires_at: datetime | None = None


def register_protections() -> None:
    """Make protections known to the log."""
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Protection"),
            actions={
                "protect": gettext_lazy("Protected"),
                "change": gettext_lazy("Protection changed"),
                "lift": gettext_lazy("Protection lifted"),
            },
            describe=describe,
            undo=undo,
        )
    )


@transaction.atomic
def protect(
    *, object_type: str, object_id: int, terms: ProtectionTerms, by: User
) -> Protection | None:
    """Protect an object, change how it is protected, or open it again (None then).

    What belongs to a section is protected with it. Raises PermissionDenied, ``DoesNotExist`` of the
    object's model, NothingChangedError where all is so already, or ValidationError by field.
    """
    require(by, PROTECT)
    terms = _clean(terms)
    model: Any = get_tracked(object_type).model
    # The object's row is the lock: two who protect the same at once come one after the other.
    obj = model.objects.select_for_update(of=("self",)).get(pk=object_id)
    before = Protection.objects.filter(
        object_type=object_type, object_id=object_id, ended_at=None
    ).first()
    is_standing = before is not None and not _is_over(before)
    _refuse_same(before if is_standing else None, terms)
    if before is not None:
        before.ended_at = timezone.now() if is_standing else before.expires_at
        before.ended_by = by if is_standing else None
        before.save(update_fields=["ended_at", "ended_by"])
    made = None
    if terms.level != OPEN:
        made = Protection.objects.create(
            object_type=object_type,
            object_id=object_id,
            level=terms.level,
            reason=terms.reason,
            expires_at=terms.expires_at,
            made_by=by,
        )
    action = "lift" if made is None else "change" if is_standing else "protect"
    ids = {
        "made": made.pk if made else None,
        "ended": before.pk if before and is_standing else None,
    }
    _log(action, object_type, obj, terms, ids, by)
    return made


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """Put back how an object was protected before a decision, if that would hold still.

    Raises ValidationError where its protection was changed since, or the object is gone.
    """
    require(request.actor, PROTECT)
    about = {"object_type": decision.target_type, "object_id": decision.target_id}
    model: Any = get_tracked(decision.target_type).model
    if not model.objects.select_for_update(of=("self",)).filter(pk=decision.target_id).exists():
        raise ValidationError(_("What was protected is gone."))
    held = Protection.objects.filter(ended_at=None, **about)
    if made := decision.details.get("made"):
        if not held.filter(pk=made).exists():
            raise ValidationError(_("It was protected otherwise since."))
    elif held.exists():
        raise ValidationError(_("It was protected otherwise since."))
    now = timezone.now()
    held.update(ended_at=now, ended_by=request.actor)
    ended = Protection.objects.filter(pk=decision.details.get("ended") or 0, **about).first()
    if ended is not None and not _is_over(ended):
        ended.pk, ended.ended_at, ended.ended_by = None, None, None
        ended.made_at, ended.made_by = now, request.actor
        ended.save(force_insert=True)
    return {}


def describe(decision: Decision) -> str:
    """Who may write now and until when, in words."""
    level = decision.details.get("level", "")
    if level == OPEN:
        return _("Anyone who may edit can write there again.")
    labels = dict(Level.choices)
    until = parse_datetime(decision.details.get("until") or "")
    words = {"who": labels.get(level, level)}
    if until is None:
        return _("May be edited by %(who)s, until it is lifted.") % words
    when = date_format(until, "DATETIME_FORMAT")
    return _("May be edited by %(who)s, until %(when)s UTC.") % {**words, "when": when}


def _is_over(protection: Protection) -> bool:
    return protection.expires_at is not None and protection.expires_at <= timezone.now()


def _refuse_same(before: Protection | None, terms: ProtectionTerms) -> None:
    """Nothing is written where all is as it was; the log is no place for it."""
    if before is None and terms.level == OPEN:
        raise NothingChangedError
    if before is not None and (before.level, before.reason, before.expires_at) == (
        terms.level,
        terms.reason,
        terms.expires_at,
    ):
        raise NothingChangedError


def _clean(terms: ProtectionTerms) -> ProtectionTerms:
    unsaid = _("Say why: everyone can read it.")
    reason = clean_reason(terms.reason, max_length=MAX_REASON, unsaid=unsaid)
    if terms.level not in (OPEN, *Level.values):
        raise ValidationError({"level": _("This is not a level of protection.")})
    if terms.level == OPEN:
        return ProtectionTerms(level=OPEN, reason=reason)
    if terms.expires_at is not None and terms.expires_at <= timezone.now():
        raise ValidationError({"duration": _("It would be over already.")})
    return ProtectionTerms(level=terms.level, reason=reason, expires_at=terms.expires_at)


def _log(
    action: str,
    object_type: str,
    obj: Any,
    terms: ProtectionTerms,
    ids: dict[str, int | None],
    by: User,
) -> None:
    log_decision(
        kind=KIND,
        target_type=object_type,
        target_id=obj.pk,
        title=str(obj),
        action=action,
        actor=by,
        reason=terms.reason,
        details={
            "level": terms.level,
            "until": terms.expires_at.isoformat() if terms.expires_at else "",
            **ids,
        },
        permission=PROTECT,
    )
