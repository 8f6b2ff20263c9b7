"""Who is looking at a case: a claim tells the others, binds nobody and ends by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from moderation.cases import StaleCaseError, require_free
from moderation.models import Case
from moderation.scope import require_decide, require_review

if TYPE_CHECKING:
    from accounts.models import User

_CLAIM = ["claimed_by", "claimed_until"]


@transaction.atomic
def claim_case(*, case_id: int, actor: User, takes_over: bool = False) -> Case:
    """Tell others that ``actor`` looks at a case, for REVIEW_CLAIM_MINUTES from now.

    Raises PermissionDenied, ``Case.DoesNotExist``, :class:`StaleCaseError` where it is closed, and
    :class:`ClaimedError` where another is looking at it, unless ``actor`` ``takes_over`` knowingly.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    require_decide(actor, case)
    if not case.is_open:
        raise StaleCaseError(case)
    if not takes_over:
        require_free(case, actor)
    case.claimed_by = actor
    case.claimed_until = timezone.now() + timedelta(minutes=settings.REVIEW_CLAIM_MINUTES)
    case.save(update_fields=_CLAIM)
    return case


@transaction.atomic
def release_case(*, case_id: int, actor: User) -> bool:
    """End the claim of ``actor``; whether there was one."""
    require_review(actor)
    mine = Case.objects.filter(pk=case_id, claimed_by=actor)
    return bool(mine.update(claimed_by=None, claimed_until=None))
