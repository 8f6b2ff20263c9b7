"""Voting on whether something was helpful: once a person, and changed as often as they like."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.addresses import limited_as
from accounts.limits import count
from accounts.permissions import refuse_blocked
from changes.leading import hold_end, made_on, move
from changes.models import ObjectType
from changes.objects import ObjectRef, find_refs
from feedback.models import Vote, VoteQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

#: What can be voted on.
VOTED_ON: Final = (ObjectType.PAGE, ObjectType.RESOURCE, ObjectType.PATH)
#: A share says nothing about fewer votes.
MIN_VOTES: Final = 5


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many were helped by something, and how many were not."""

    yes: int = 0
    no: int = 0

    @property
    def total(self) -> int:
        return self.yes + self.no

    @property
    def percent(self) -> int | None:
        """The share of those who were helped, once there are MIN_VOTES."""
        return self.yes * 100 // self.total if self.total >= MIN_VOTES else None


@transaction.atomic
def vote(*, object_type: str, object_id: int, is_yes: bool, by: User | AnonymousUser) -> Vote:
    """Note whether an object that readers see helped somebody; their last answer counts.

    Raises PermissionDenied (BlockedError), LimitReachedError, or ValidationError where there is
    no such object.
    """
    refuse_blocked(by)
    if find_voted_on(object_type, object_id) is None:
        raise ValidationError(_("There is nothing to be seen there any more."))
    count("feedback", actor=by)
    end = hold_end(object_type, object_id)
    voter = name_voter(by)
    moved = Vote.objects.about(object_type, end).filter(voter=voter, moved_from__isnull=False)
    moved.update(is_counted=False)
    made, _is_new = Vote.objects.update_or_create(
        object_type=object_type,
        object_id=end,
        voter=voter,
        moved_from=None,
        defaults={"is_yes": is_yes, "is_counted": True, "at": timezone.now()},
    )
    return made


def settle_votes(object_type: str, homes: Collection[int], at: int) -> None:
    """Have votes follow what they were given to, each person's latest counting where they stand.

    As :func:`changes.leading.attach` wants it; some queries, however many votes there are.
    """
    votes = Vote.objects.filter(object_type=object_type)
    concerned = votes.filter(made_on(homes))
    places = {at, *concerned.values_list("object_id", flat=True).distinct()}
    if not concerned.update(is_counted=False):
        return
    move(votes, homes, at)
    _count_latest(votes.filter(object_id__in=places))


def _count_latest(votes: VoteQuerySet) -> None:
    """Of each person's votes on one object the latest counts."""
    same = {name: OuterRef(name) for name in ("object_type", "object_id", "voter")}
    later = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    has_later = Exists(Vote.objects.filter(later, **same))
    votes.filter(has_later, is_counted=True).update(is_counted=False)
    votes.filter(~has_later, is_counted=False).update(is_counted=True)


def find_voted_on(object_type: str, object_id: int) -> ObjectRef | None:
    """How what is voted on is called and reached; None where readers do not see it."""
    if object_type not in VOTED_ON:
        return None
    ref = find_refs([(object_type, object_id)]).get((object_type, object_id))
    return ref if ref is not None and ref.is_public else None


def name_voter(user: User | AnonymousUser) -> str:
    """A hash that is another for each person: of who has no account for each address."""
    if user.is_authenticated:
        who = f"user {user.pk}"
    else:
        who = f"address {limited_as(getattr(user, 'client_address', ''))}"
    return salted_hmac("feedback.voting", who, algorithm="sha256").hexdigest()


def find_tally(object_type: str, object_id: int) -> Tally:
    """The votes about one object; one query."""
    votes = Vote.objects.about(object_type, object_id).counted()
    counts = votes.aggregate(yes=Count("pk", filter=Q(is_yes=True)), total=Count("pk"))
    return Tally(yes=counts["yes"], no=counts["total"] - counts["yes"])


def find_least_helpful(limit: int) -> list[tuple[ObjectRef, Tally]]:
    """What helped fewer than half of MIN_VOTES people or more, the worst first.

    One query, and one for each type of object among them.
    """
    rows = (
        Vote.objects.counted()
        .order_by()
        .values("object_type", "object_id")
        .annotate(yes=Count("pk", filter=Q(is_yes=True)), total=Count("pk"))
        .filter(total__gte=MIN_VOTES, total__gt=F("yes") * 2)
        .order_by(F("yes") * 100 / F("total"), "-total", "object_type", "object_id")
    )
    found = list(rows[:limit])
    refs = find_refs((row["object_type"], row["object_id"]) for row in found)
    shown = [
        (refs.get((row["object_type"], row["object_id"])), row["yes"], row["total"])
        for row in found
    ]
    return [
        (ref, Tally(yes=yes, no=total - yes)) for ref, yes, total in shown if ref and ref.is_public
    ]


def find_votes(user: User) -> list[Vote]:
    """What somebody voted, the first first."""
    return list(Vote.objects.filter(voter=name_voter(user)).order_by("pk"))


def forget_votes(user: User) -> int:
    """Delete what somebody voted; how often they did."""
    return Vote.objects.filter(voter=name_voter(user)).delete()[0]
