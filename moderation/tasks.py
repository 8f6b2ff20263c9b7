"""Celery's shells around the review queue, decisions about many objects, and standing."""

from celery import shared_task

from moderation import digest, edit_cases, mass_reverting, standing_reviews, statistics
from moderation.rules import hits

#: So many groups are restored well within the time of a task.
GROUPS_AT_ONCE = 100


@shared_task
def carry_out_mass_reverts() -> None:
    """Restore what waits, some groups at a time; nudged by decisions, swept by beat."""
    if mass_reverting.carry_out_mass_reverts(GROUPS_AT_ONCE) == GROUPS_AT_ONCE:
        carry_out_mass_reverts.delay()


@shared_task
def sweep_edits() -> None:
    """Open and close cases about edits; nudged by marked edits, swept by beat each minute."""
    edit_cases.sweep_edit_cases()


@shared_task
def review_standings(user_ids: list[int]) -> None:
    """Review the standing of some people, whose edits were looked at or taken back."""
    standing_reviews.review_standings(user_ids)


@shared_task
def sweep_standings() -> None:
    """Review the standing of everybody who wrote lately; swept by beat each day."""
    standing_reviews.sweep_standings()


@shared_task
def forget_rule_hits() -> None:
    """Delete what rules on edits matched long ago; swept by beat each day."""
    hits.forget_hits()


@shared_task
def plan_digests() -> None:
    """Plan the digests of the queue that are due; swept by beat every five minutes."""
    digest.plan_digests()


@shared_task
def count_backlog() -> None:
    """Write down how many cases wait, for the statistics; swept by beat each hour."""
    statistics.count_backlog()
