"""Celery's shells around the computing of figures."""

from celery import shared_task

from insights import figures, weeks


@shared_task
def refresh_insights() -> None:
    """Compute what is out of date; posted each minute, and mostly there is nothing to do."""
    figures.refresh()
    weeks.write_missing_weeks()
