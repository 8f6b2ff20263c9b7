"""Celery's shells around the wiki's operations."""

from celery import shared_task

from wiki import rendering
from wiki.paths.rendering import render_stale_paths


@shared_task
def render_stale_pages() -> None:
    """Render what became stale; nudged by writes, swept by beat."""
    rendering.render_stale_pages()
    render_stale_paths()
