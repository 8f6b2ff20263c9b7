"""Celery's shells around the wiki's operations."""

from celery import shared_task

from wiki import rendering


@shared_task
def render_stale_pages() -> None:
    """Render what became stale; nudged by writes, swept by beat."""
    rendering.render_stale_pages()
