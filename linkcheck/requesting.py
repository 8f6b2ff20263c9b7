"""Asking for a look right now, within limits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.models import User as UserModel
from changes.nudging import nudge_after_commit
from linkcheck.models import CheckRequest, Link
from linkcheck.tasks import check_urgent_links

if TYPE_CHECKING:
    from accounts.models import User

#: RELIABILITY §4, "check-now": so many for each user in an hour.
REQUESTS_AN_HOUR = 10
_HOUR = timedelta(hours=1)


class TooManyRequestsError(Exception):
    """The user asked for too many looks; ``wait`` is how long until the next is granted."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


@transaction.atomic
def request_check(*, link: Link, actor: User) -> None:
    """Have ``link`` looked at before all others. Raises :class:`TooManyRequestsError`.

    Counted under the lock of the user's row: exact, however many requests come at once.
    """
    now = timezone.now()
    UserModel.objects.select_for_update().get(pk=actor.pk)
    recent = CheckRequest.objects.filter(user=actor)
    recent.filter(at__lte=now - _HOUR).delete()
    times = list(recent.order_by("at").values_list("at", flat=True))
    if len(times) >= REQUESTS_AN_HOUR:
        raise TooManyRequestsError(times[-REQUESTS_AN_HOUR] + _HOUR - now)
    CheckRequest.objects.create(user=actor, link=link, at=now)
    Link.objects.filter(pk=link.pk).update(is_urgent=True, next_check_at=now)
    nudge_after_commit(check_urgent_links)
