"""What beat has done about accounts: shells of the operations."""

from __future__ import annotations

from celery import shared_task

from accounts import limits


@shared_task
def forget_old_counts() -> None:
    """Delete counts whose window is over."""
    limits.forget_old_counts()
