"""People's word for what a wall hides from us: two who say "works for me" are enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import require
from changes.models import ObjectType
from linkcheck.kinds import UNVERIFIABLE
from linkcheck.models import Confirmation, Link, Mark
from linkcheck.repairing import set_override
from linkcheck.transitions import lock_cases
from linkcheck.verdicts import Override, Verdict
from moderation.cases import resolve_cases

if TYPE_CHECKING:
    from accounts.models import User

#: Issue 4: "a quorum of two from different people".
PEOPLE_NEEDED = 2
#: How long a click counts, and how long the word of two stands.
STANDS_FOR = timedelta(days=90)
PERMISSION = "linkcheck.add_confirmation"


@transaction.atomic
def confirm_link(*, link: Link, actor: User) -> int:
    """Count ``actor`` among those for whom ``link`` works; how many more people are needed.

    Whoever says it twice counts once. With the last one the word of people stands above the wall
    for 90 days and the case that asked for it closes. Raises PermissionDenied, or ValidationError
    where no wall hides the link.
    """
    require(actor, PERMISSION)
    lock_cases([link.pk])
    held = Link.objects.select_for_update().get(pk=link.pk)
    now = timezone.now()
    if not may_be_confirmed(held):
        raise ValidationError(_("We see this link ourselves: nobody has to vouch for it."))
    Confirmation.objects.update_or_create(link=held, user=actor, defaults={"at": now})
    recent = Confirmation.objects.filter(link=held, at__gt=now - STANDS_FOR)
    people = [one.user.label for one in recent.select_related("user").order_by("at", "pk")]
    if len(people) < PEOPLE_NEEDED:
        return PEOPLE_NEEDED - len(people)
    Confirmation.objects.filter(link=held).delete()
    names = ", ".join(people)
    set_override(held, Override.CONFIRMED, by=None, reason=names, until=now + STANDS_FOR)
    resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=[held.pk],
        note=_("It works, say two people."),
        kinds=[UNVERIFIABLE],
    )
    return 0


def may_be_confirmed(link: Link) -> bool:
    """Whether a person's click says more of ``link`` than our checks can."""
    return link.is_used and link.verdict == Verdict.BLOCKED and link.mark == Mark.UNSURE


def find_confirmers(link_ids: list[int], now: datetime) -> dict[int, set[int]]:
    """Ids of the users whose click counts at ``now``, by link; one query."""
    found: dict[int, set[int]] = {link_id: set() for link_id in link_ids}
    recent = Confirmation.objects.filter(link_id__in=link_ids, at__gt=now - STANDS_FOR)
    for link_id, user_id in recent.values_list("link_id", "user_id"):
        found[link_id].add(user_id)
    return found
