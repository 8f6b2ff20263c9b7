"""When the standing of whom is reviewed: after each edit that counts, and all once a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from accounts.roles import EDITORS, MODERATORS
from changes.models import Change
from changes.patrolling import hear_patrols
from changes.recording import listen
from moderation.log_models import Decision
from moderation.proposal_models import Proposal
from moderation.standing import review_standing
from moderation.track_record import find_authors_of


def register_reviews() -> None:
    """Called once by ``ModerationConfig.ready``."""
    listen(_hear_change)
    hear_patrols(review_later)


def review_later(user_ids: Collection[int]) -> None:
    """Have a worker review the standing of some people after the commit.

    A nudge and no more: where it is lost, the sweep of the day finds them.
    """
    from moderation.tasks import review_standings

    ids = sorted(set(user_ids))
    if ids and settings.TRUST_AUTOMATIC:
        transaction.on_commit(lambda: review_standings.delay(ids), robust=True)


def _hear_change(change: Change) -> None:
    review_later(find_authors_of(change))


def review_standings(user_ids: Collection[int]) -> list[Decision]:
    """Review some people, each in a transaction of its own; the steps that were due."""
    decisions = (review_standing(user_id=user_id) for user_id in user_ids)
    return [decision for decision in decisions if decision is not None]


def sweep_standings() -> int:
    """Review everybody whose edits may have come to count by time alone; how many steps there were.

    Those who wrote or proposed something in the time that any of the rules looks at.
    """
    trust = settings.TRUST
    days = max(
        trust["WINDOW_DAYS"],
        trust["UNDISPUTED_DAYS"] + 7,
        trust["CONTRIBUTOR_AGE_DAYS"] + 7,
        trust["TRUSTED_AGE_DAYS"] + 7,
    )
    since = timezone.now() - timedelta(days=days)
    wrote = Change.objects.filter(actor=OuterRef("pk"), at__gt=since)
    proposed = Proposal.objects.filter(author=OuterRef("pk"), updated_at__gt=since)
    people = User.objects.filter(
        Exists(wrote) | Exists(proposed), is_active=True, is_bot=False, is_superuser=False
    ).exclude(groups__name__in=[EDITORS, MODERATORS])
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    return len(review_standings(ids))
