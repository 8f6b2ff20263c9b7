"""Asking for a look right now, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.limits import count
from accounts.permissions import refuse_blocked
from changes.nudging import nudge_after_commit
from linkcheck.models import Link
from linkcheck.tasks import check_urgent_links

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def request_check(*, link: Link, actor: User) -> None:
    """Have ``link`` looked at before all others.

    Raises BlockedError or :class:`accounts.limits.LimitReachedError`.
    """
    refuse_blocked(actor)
    count("check", actor=actor)
    Link.objects.filter(pk=link.pk).update(is_urgent=True, next_check_at=timezone.now())
    nudge_after_commit(check_urgent_links)
