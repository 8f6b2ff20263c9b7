"""Celery's shells around the search's operations."""

from celery import shared_task

from search import indexing


@shared_task
def index_stale_documents() -> None:
    """Make stale documents anew; nudged by writes, swept by beat."""
    indexing.index_stale_documents()
