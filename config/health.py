"""Two addresses for machines: ``/healthz`` (this process answers) and ``/readyz`` (it can work).

They are answered by a middleware because a load balancer asks by address, with a host name that
``ALLOWED_HOSTS`` does not know and without TLS.
"""

import logging
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import kombu
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from psycopg_pool import PoolTimeout

from config.celery import app

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 2  # seconds


class NotReady(Exception):  # noqa: N818 (a state, not a fault of the program)
    """Something that the site needs does not answer; the message may be shown to anyone."""


def find_pending_migrations() -> list[str]:
    """Return the names of the migrations that the database still lacks, in order.

    :raises django.db.DatabaseError: the database does not answer.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def check_database() -> None:
    """Ask the database for anything, and whether it is migrated."""
    try:
        pending = find_pending_migrations()
    except (DatabaseError, PoolTimeout) as error:
        logger.warning("the database does not answer: %s", error)
        raise NotReady("does not answer") from error
    if pending:
        raise NotReady(f"lacks {len(pending)} migrations")


def open_broker_connection() -> kombu.Connection:
    """Connect to the broker, in ``CONNECT_TIMEOUT`` seconds, trying once.

    :raises NotReady: it cannot be reached, or its folder cannot be written.
    """
    folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("data_folder_in")
    if folder is not None and not os.access(folder, os.W_OK):
        raise NotReady(f"cannot write its folder {Path(folder).name}")
    broker = app.connection_for_write(connect_timeout=CONNECT_TIMEOUT)
    try:
        broker.ensure_connection(max_retries=1, timeout=CONNECT_TIMEOUT)
    except kombu.exceptions.OperationalError as error:
        broker.release()
        logger.warning("the broker does not answer: %s", error)
        raise NotReady("does not answer") from error
    return broker


def check_broker() -> None:
    """Open a connection to the broker and close it again."""
    open_broker_connection().release()


def is_worker_running() -> bool:
    """Whether a Celery worker answers a ping within a second."""
    try:
        with closing(open_broker_connection()) as broker:
            return bool(app.control.ping(timeout=1.0, connection=broker))
    except NotReady:
        return False


CHECKS: dict[str, Callable[[], None]] = {"database": check_database, "broker": check_broker}


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all."""
    return _answer(200, "ok\n")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 with a line for each thing that the site needs, or 503 saying what is missing."""
    status, lines = 200, []
    for name, check in CHECKS.items():
        try:
            check()
        except NotReady as problem:
            status, words = 503, str(problem)
        else:
            words = "ok"
        lines.append(f"{name}: {words}\n")
    return _answer(status, "".join(lines))


def _answer(status: int, text: str) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


class HealthMiddleware:
    """Answers the two addresses before host names, sessions and rights are looked at."""

    views = {"/healthz": healthz, "/readyz": readyz}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = self.views.get(request.path_info)
        if view is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return view(request)
