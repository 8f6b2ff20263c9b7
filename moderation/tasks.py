"""Celery's shells around the review queue and decisions about many objects."""

from celery import shared_task

from moderation import edit_cases, mass_reverting

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
