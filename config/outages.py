"""What a person sees while the database is busy, full, restarting or away: 503, soon again.

Everything else that goes wrong stays what it is: a fault of ours, 500.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Callable

import psycopg
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import bad_request, server_error

from config.errors import find_typed_texts

logger = logging.getLogger(__name__)

RETRY_AFTER = 10  # seconds

# SQLite's primary result codes (https://www.sqlite.org/rescode.html).
_SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
    }
)
# PostgreSQL's classes and codes (https://www.postgresql.org/docs/current/errcodes-appendix.html):
# connection, insufficient resources, operator intervention (statement timeout, shutdown, not ready
# yet), system error; then lock timeout, deadlock, failed serialisation, idle in transaction.
_POSTGRES_CLASSES = ("08", "53", "57", "58")
_POSTGRES_CODES = frozenset({"55P03", "40P01", "40001", "25P03"})


def is_outage(error: BaseException | None) -> bool:
    """Whether the database, not the program, is why ``error`` was raised, and may soon be back."""
    if isinstance(error, SessionInterrupted | UpdateError):
        return is_outage(error.__context__)  # Django takes any refusal for a session that ended
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return _is_postgres_outage(error)  # a pool without a free connection, unwrapped
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.OperationalError):
        # The low byte is the primary code; what SQLite did not say itself has none.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_OUTAGES
    return isinstance(cause, psycopg.Error) and _is_postgres_outage(cause)


def _is_postgres_outage(error: psycopg.Error) -> bool:
    # Without a code it never came to an answer: no connection, or it broke.
    code = error.sqlstate
    return code is None or code.startswith(_POSTGRES_CLASSES) or code in _POSTGRES_CODES


def answer_outage(request: HttpRequest, error: BaseException) -> HttpResponse:
    """503 with what was typed, drawn without the database."""
    logger.warning("503 for %s %s: %s", request.method, request.path, error)
    typed = find_typed_texts(request)
    html = render_to_string("503.html", {"typed": typed, "was_sent": request.method == "POST"})
    return HttpResponse(html, status=503, headers={"Retry-After": str(RETRY_AFTER)})


class OutageMiddleware:
    """Answers for views that could not ask the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer_outage(request, error) if is_outage(error) else None


def handle_fault(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 where it was the database: ``handler500``.

    Here, or at the next one, arrives what is raised outside of views.
    """
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return answer_outage(request, error)
    return server_error(request)


def handle_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 503 where the session could not be saved: ``handler400``."""
    if is_outage(exception):
        return answer_outage(request, exception)
    return bad_request(request, exception)
