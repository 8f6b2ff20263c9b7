"""What may happen to cases: they are opened, close by themselves, or are decided by a moderator."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from changes.cleaning import clean_reason
from changes.taking_back import collecting, read_taken, to_json
from moderation.forms import MAX_REASON
from moderation.handlers import Request, get_handler
from moderation.log import log_case_decision
from moderation.log import log_decision as log_decision
from moderation.models import Case, CaseQuerySet, Decision
from moderation.scope import require_decide

if TYPE_CHECKING:
    from accounts.models import User


class StaleCaseError(Exception):
    """The case is not as the moderator saw it: another was first, or it closed by itself.

    ``case`` is the case as it stands; nothing was written.
    """

    def __init__(self, case: Case) -> None:
        super().__init__(f"case {case.pk} is {case.state} at version {case.version}")
        self.case = case


class ClaimedError(Exception):
    """Someone else is looking at the case; nothing was written. ``case`` has ``claimed_by``."""

    def __init__(self, case: Case) -> None:
        super().__init__(f"case {case.pk} is claimed by {case.claimed_by_id}")
        self.case = case


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """A reason to look at something; ``evidence`` is JSON-able and belongs to the kind.

    ``section_id`` is where the target belongs, if that is known.
    """

    target_id: int
    title: str
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    section_id: int | None = None


def open_case(
    *,
    kind: str,
    target_type: str,
    target_id: int,
    title: str,
    reason: str,
    evidence: dict[str, Any] | None = None,
    priority: int = 0,
    section_id: int | None = None,
) -> Case:
    """Have a moderator look at one target; see :func:`open_cases`."""
    case = NewCase(
        target_id=target_id,
        title=title,
        reason=reason,
        evidence=evidence or {},
        priority=priority,
        section_id=section_id,
    )
    open_cases(kind=kind, target_type=target_type, cases=[case])
    return Case.objects.get(kind=kind, target_type=target_type, target_id=target_id)


@transaction.atomic
def open_cases(*, kind: str, target_type: str, cases: Iterable[NewCase]) -> None:
    """Have moderators look at some targets: a constant number of queries.

    There is one row for a target and a kind: a closed one is opened again (``times_opened``
    counts), an open one takes the newer evidence. Safe against others who do the same at the same
    time, by the unique constraint.
    """
    wanted = {case.target_id: case for case in cases}
    existing = list(
        Case.objects.select_for_update()
        .filter(kind=kind, target_type=target_type, target_id__in=wanted)
        .order_by("pk")
    )
    for case in existing:
        _renew(case, wanted[case.target_id])
    Case.objects.bulk_update(existing, _RENEWED)
    missing = wanted.keys() - {case.target_id for case in existing}
    Case.objects.bulk_create(
        [
            Case(
                kind=kind,
                target_type=target_type,
                target_id=target_id,
                title=wanted[target_id].title[:2000],
                reason=wanted[target_id].reason,
                evidence=wanted[target_id].evidence,
                priority=wanted[target_id].priority,
                section_id=wanted[target_id].section_id,
            )
            for target_id in sorted(missing)
        ],
        ignore_conflicts=True,
    )


_RENEWED = [
    "title",
    "reason",
    "evidence",
    "priority",
    "section_id",
    "state",
    "version",
    "times_opened",
    "opened_at",
    "closed_at",
    "closing_note",
    "claimed_by",
    "claimed_until",
    "snoozed_until",
    "is_priority_set",
]


def _renew(case: Case, new: NewCase) -> None:
    case.title, case.reason, case.evidence = new.title[:2000], new.reason, new.evidence
    case.section_id = new.section_id or case.section_id
    if not (case.is_open and case.is_priority_set):
        case.priority = new.priority
    if case.is_open:
        return
    reopen(case)
    case.times_opened += 1
    case.opened_at, case.is_priority_set = timezone.now(), False


def reopen(case: Case) -> None:
    """Set what an open case is, not saved yet; nobody holds it and nothing puts it off."""
    case.state = Case.State.OPEN
    case.version += 1
    case.closed_at, case.closing_note = None, ""
    case.claimed_by, case.claimed_until, case.snoozed_until = None, None, None


def resolve_cases(
    *,
    target_type: str,
    target_ids: Collection[int],
    note: str,
    kinds: Collection[str] | None = None,
) -> int:
    """Close the open cases of some targets by themselves; how many there were. One query.

    ``note`` says to people why (at most 200 characters); ``kinds`` narrows it, all otherwise.
    """
    if not target_ids:
        return 0
    cases = Case.objects.filter(
        state=Case.State.OPEN, target_type=target_type, target_id__in=target_ids
    )
    if kinds is not None:
        cases = cases.filter(kind__in=kinds)
    return resolve(cases, note=note)


def resolve(cases: CaseQuerySet, *, note: str) -> int:
    """Close open cases by themselves, as :func:`resolve_cases`; one query."""
    return cases.filter(state=Case.State.OPEN).update(
        state=Case.State.RESOLVED,
        version=F("version") + 1,
        closed_at=timezone.now(),
        closing_note=note[:200],
    )


@transaction.atomic
def decide(
    *,
    case_id: int,
    version: int,
    action: str,
    reason: str,
    actor: User,
    params: Mapping[str, Any] | None = None,
    takes_over: bool = True,
) -> Decision:
    """Carry out a moderator's decision, write it into the public log and close the case.

    It stays open where its handler says that something is left to decide (``goes_on``). All of it
    or nothing. ``version`` is that of the case as the moderator saw it; ``params`` are the values
    that the action needs, by the name of their field. The revisions that were made on the way stand
    in the decision's ``details``, to be taken back. Raises PermissionDenied, ``Case.DoesNotExist``,
    :class:`StaleCaseError`, ValidationError by field where the action cannot be done so, or
    :class:`ClaimedError` where someone else is looking at the case, unless ``actor`` ``takes_over``
    knowingly.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    require_decide(actor, case)
    if not case.is_open or case.version != version:
        raise StaleCaseError(case)
    if not takes_over:
        require_free(case, actor)
    handler = get_handler(case.kind)
    if action not in {known.name for known in handler.all_actions()}:
        raise ValidationError({"action": _("This cannot be decided about a case of this kind.")})
    unsaid = _("Say why.") if action in handler.reasoned else ""
    reason = clean_reason(reason, max_length=MAX_REASON, unsaid=unsaid)
    request = Request(action=action, params=dict(params or {}), reason=reason, actor=actor)
    with collecting() as change_ids:
        details = handler.apply(case, request)
    if taken := read_taken(change_ids):
        details = {**details, "revisions": to_json(taken)}
    case.version += 1
    if handler.goes_on is None or not handler.goes_on(case):
        case.state = Case.State.DECIDED
        case.closed_at = timezone.now()
        case.claimed_by = case.claimed_until = None
    case.save(update_fields=["state", "version", "closed_at", "claimed_by", "claimed_until"])
    return log_case_decision(case=case, request=request, details=details)


def require_free(case: Case, actor: User) -> None:
    """Raise :class:`ClaimedError` where someone else is looking at ``case``."""
    if case.is_claimed_by_other(actor.pk):
        raise ClaimedError(case)
