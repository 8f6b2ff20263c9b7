"""Telling a worker that there is something to do, once the database says so."""

from __future__ import annotations

from typing import Any

from celery import Task
from django.db import transaction


def nudge_after_commit(task: Task[Any, Any]) -> None:
    """Publish ``task`` without arguments after the commit, once a transaction.

    A nudge and no more: the work stands in the database and a sweep of beat finds it, so a broker
    that cannot be reached is logged and the reader's request goes on.
    """
    callback = task.delay
    pending = (function for _ids, function, _robust in transaction.get_connection().run_on_commit)
    if callback not in pending:
        transaction.on_commit(callback, robust=True)
