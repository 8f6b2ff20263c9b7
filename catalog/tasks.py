"""Celery's shells around the list of resources."""

from celery import shared_task

from catalog import duplicates


@shared_task
def find_duplicates() -> None:
    """Look for entries that are one and the same; nudged by new entries, swept by beat hourly."""
    duplicates.sweep_duplicates()
