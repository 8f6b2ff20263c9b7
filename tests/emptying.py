"""Emptying the tables of SQLite between tests, past the triggers that keep the public log."""

from typing import Any

from django.db.backends.sqlite3.base import DatabaseWrapper

from moderation.log_guard import TABLE

_OPERATIONS: Any = DatabaseWrapper.ops_class
_flush = _OPERATIONS.sql_flush


def flush_guarded(operations: Any, *args: Any, **options: Any) -> list[str]:
    """Django's statements, between those that take the log's triggers away and bring them back.

    PostgreSQL empties tables by TRUNCATE, which meets no trigger of rows.
    """
    with operations.connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE]
        )
        triggers = cursor.fetchall()
    away = [f'DROP TRIGGER "{name}"' for name, _sql in triggers]
    return [*away, *_flush(operations, *args, **options), *(sql for _name, sql in triggers)]


def empty_past_triggers() -> None:
    """Let every flush of this process be such a one."""
    _OPERATIONS.sql_flush = flush_guarded
