"""Taking a decision back: what it did is put right, its case opens again, and the log says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import require
from changes.cleaning import clean_reason
from moderation.cases import reopen
from moderation.forms import MAX_REASON
from moderation.handlers import UNDO, CaseHandler, Request
from moderation.log import log_undoing
from moderation.log_kinds import LogKind, find_undoer
from moderation.models import Case, Decision
from moderation.scope import DECIDE, require_decide, require_review

if TYPE_CHECKING:
    from accounts.models import User


def undo_decision(*, decision_id: int, actor: User, reason: str = "") -> Decision:
    """Take a decision back and open its case again; the decision that says so in the log.

    All of it or nothing, and once: the latest decision about a target first. Raises
    PermissionDenied, ``Decision.DoesNotExist``, or ValidationError with words for people where it
    was taken back before, or what it did is not there any more.
    """
    require_review(actor)
    reason = clean_reason(reason, max_length=MAX_REASON)
    decision = Decision.objects.get(pk=decision_id)
    request = Request(action=UNDO, params={}, reason=reason, actor=actor)
    try:
        return _undo(decision, request)
    except IntegrityError:  # two at the same moment, where no case is there to be locked
        if Decision.objects.filter(undoes=decision).exists():
            raise ValidationError(_("This decision was taken back already.")) from None
        raise


@transaction.atomic
def _undo(decision: Decision, request: Request) -> Decision:
    case = _hold_case(decision)
    if case is None:
        require(request.actor, DECIDE)
    else:
        require_decide(request.actor, case)
    handler = _require_undoable(decision)
    details = handler.undo(decision, request) if handler.undo else {}
    undo = log_undoing(decision=decision, case=case, request=request, details=details)
    if case is not None:
        _open_again(case, handler)
    return undo


def find_undoable(decisions: Sequence[Decision]) -> set[int]:
    """Ids of those that can be taken back as far as the log knows; one query.

    Only the latest decision of a kind about a target, for it stands on what the earlier ones did.
    """
    rows = Decision.objects.standing().filter(
        kind__in={decision.kind for decision in decisions},
        target_id__in={decision.target_id for decision in decisions},
    )
    columns = ("kind", "target_type", "target_id", "pk")
    standing = {tuple(about): pk for *about, pk in rows.order_by("pk").values_list(*columns)}
    return {
        decision.pk
        for decision in decisions
        if _is_known(decision)
        and standing.get((decision.kind, decision.target_type, decision.target_id)) == decision.pk
    }


def _is_known(decision: Decision) -> bool:
    handler = find_undoer(decision.kind)
    return handler is not None and handler.can_undo(decision.action)


def _hold_case(decision: Decision) -> Case | None:
    """The case of the decision's kind and target, if there ever was one: locked."""
    about = {"target_type": decision.target_type, "target_id": decision.target_id or 0}
    return Case.objects.select_for_update().filter(kind=decision.kind, **about).first()


def _require_undoable(decision: Decision) -> CaseHandler | LogKind:
    """The handler that takes it back; ValidationError where nothing can."""
    handler = find_undoer(decision.kind)
    if decision.undoes_id is not None:
        raise ValidationError(_("This takes a decision back already: decide the case again."))
    if Decision.objects.filter(undoes=decision).exists():
        raise ValidationError(_("This decision was taken back already."))
    if handler is None or not handler.can_undo(decision.action):
        raise ValidationError(_("A decision of this kind cannot be taken back."))
    about = {"target_type": decision.target_type, "target_id": decision.target_id}
    later = Decision.objects.standing().filter(kind=decision.kind, pk__gt=decision.pk, **about)
    if later.exists():
        raise ValidationError(
            _("The case was decided again since: take the later decision back first.")
        )
    return handler


def _open_again(case: Case, handler: CaseHandler | LogKind) -> None:
    """The case as it was before, unless nothing is left to decide about it.

    What the handler did may have opened or closed it meanwhile.
    """
    case.refresh_from_db()
    if not case.is_open:
        reopen(case)
    settled = getattr(handler, "settled", None)
    note = settled(case) if settled else ""
    if note:
        case.state, case.closed_at = Case.State.RESOLVED, timezone.now()
        case.closing_note = note[:200]
    case.save()
