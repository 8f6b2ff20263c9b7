"""Writing into the public log of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from accounts.permissions import require
from changes.people import USER
from moderation.handlers import find_handler
from moderation.log_models import Decision
from moderation.models import Case

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.handlers import Request

DECIDE = "moderation.decide_case"


@transaction.atomic
def log_decision(
    *,
    kind: str,
    target_type: str,
    target_id: int | None,
    title: str,
    action: str,
    actor: User,
    reason: str = "",
    details: dict[str, Any] | None = None,
    permission: str = DECIDE,
) -> Decision:
    """Write into the public log what was decided outside the queue.

    A page is protected, an account blocked, an earlier decision taken back. ``kind`` is that of a
    case handler or of a :class:`moderation.log_kinds.LogKind`; a case of that kind and target,
    where there is one, shows the decision too. ``target_type`` is one of ``changes.objects`` where
    the log shall lead to the target. ``details`` (JSON-able) are what the kind's ``describe``
    reads; everyone can see what it says of them. ``permission`` is the one that the calling
    operation asks for; raises PermissionDenied without it.
    """
    require(actor, permission)
    target = {"target_type": target_type, "target_id": target_id}
    case = None
    if target_id is not None:
        case = Case.objects.filter(kind=kind, **target).first()
    return Decision.objects.create(
        case=case,
        actor=actor,
        actor_label=actor.label,
        kind=kind,
        title=_stored_title(target_type, title),
        action=action,
        reason=reason.replace("\0", "").strip(),
        details=details or {},
        **target,
    )


def _still_about(decision: Decision) -> dict[str, Any]:
    return {name: decision.details[name] for name in ("about",) if name in decision.details}


def _stored_title(target_type: str, title: str) -> str:
    """The log keeps no names of whom it is about (:class:`moderation.log_models.Decision`)."""
    return "" if target_type == USER else title[:2000]


def log_case_decision(*, case: Case, request: Request, details: dict[str, Any]) -> Decision:
    """Write into the public log what was decided about an open case, with how long it waited.

    To be called in the transaction that closes the case. ``details["title"]`` is what the target
    is called where the case has no name for it, and is taken out.
    """
    handler = find_handler(case.kind)
    details = dict(details)
    title = _stored_title(case.target_type, str(details.pop("title", case.title)))
    return Decision.objects.create(
        case=case,
        actor=request.actor,
        actor_label=request.actor.label,
        kind=case.kind,
        target_type=case.target_type,
        target_id=case.target_id,
        title=title,
        action=request.action,
        reason=request.reason,
        details=details,
        waited_s=max(0, int((timezone.now() - case.opened_at).total_seconds())),
        is_accepted=None if handler is None else handler.accepts(request.action),
        rule=str(case.evidence.get("rule", ""))[:100],
    )


def log_undoing(
    *, decision: Decision, case: Case | None, request: Request, details: dict[str, Any]
) -> Decision:
    """Write into the public log that ``decision`` was taken back.

    To be called in the transaction that does so. The database lets that happen once.
    """
    return Decision.objects.create(
        case=case,
        actor=request.actor,
        actor_label=request.actor.label,
        kind=decision.kind,
        target_type=decision.target_type,
        target_id=decision.target_id,
        title=decision.title,
        action=request.action,
        reason=request.reason,
        details={**_still_about(decision), **details, "undone": decision.action},
        undoes=decision,
    )
