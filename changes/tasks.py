"""Celery's shells around telling people."""

from celery import shared_task

from changes import notifying


@shared_task
def forget_old() -> None:
    """Delete what was told long ago; swept by beat each day."""
    notifying.forget_notifications()
