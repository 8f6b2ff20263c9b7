"""What keeps the public log append-only: triggers, so that no code and no console gets past them.

A row of ``moderation_decision`` is neither deleted nor changed. Erasing an account alone may take
its name off: ``actor`` becomes NULL, and ``actor_label`` may become a pseudonym by the same
statement. Whoever tries anything else gets an IntegrityError.

TRUNCATE on PostgreSQL and DROP TABLE are for who owns the tables, and meet no trigger.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

TABLE = "moderation_decision"
MIGRATION = ("moderation", "0024_append_only_log")
_ERASABLE = {"actor_id", "actor_label"}
_REFUSAL = "the public log is append-only"

_POSTGRES = (
    f"""CREATE OR REPLACE FUNCTION moderation_keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF OLD.actor_id IS NOT NULL AND NEW.actor_id IS NULL
                AND to_jsonb(NEW) - 'actor_id' - 'actor_label'
                    = to_jsonb(OLD) - 'actor_id' - 'actor_label'
            THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    f"DROP TRIGGER IF EXISTS moderation_log_kept ON {TABLE}",
    f"""CREATE TRIGGER moderation_log_kept BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION moderation_keep_log()""",
)
_POSTGRES_AWAY = (
    f"DROP TRIGGER IF EXISTS moderation_log_kept ON {TABLE}",
    "DROP FUNCTION IF EXISTS moderation_keep_log()",
)
_SQLITE_AWAY = tuple(
    f"DROP TRIGGER IF EXISTS moderation_log_{name}" for name in ("deleted", "changed", "erased")
)


def guard_log(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers, or make them anew; for a migration."""
    if connection.vendor == "postgresql":
        _execute(connection, _POSTGRES)
    else:
        _execute(connection, (*_SQLITE_AWAY, *_write_for_sqlite(connection)))


def unguard_log(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away; for a migration that goes back, or that must change rows."""
    _execute(connection, _POSTGRES_AWAY if connection.vendor == "postgresql" else _SQLITE_AWAY)


def guard_again(*, using: str, **_signal: Any) -> None:
    """After migrations on SQLite, where altering a table remakes it and loses its triggers."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    if MIGRATION in MigrationRecorder(connection).applied_migrations():
        guard_log(connection)


def _write_for_sqlite(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, TABLE)
    kept = ", ".join(f'"{column.name}"' for column in described if column.name not in _ERASABLE)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    erased = (
        f"CREATE TRIGGER moderation_log_erased BEFORE UPDATE OF actor_id, actor_label ON {TABLE}"
    )
    return (
        f"CREATE TRIGGER moderation_log_deleted BEFORE DELETE ON {TABLE} {refuse}",
        f"CREATE TRIGGER moderation_log_changed BEFORE UPDATE OF {kept} ON {TABLE} {refuse}",
        f"{erased} WHEN OLD.actor_id IS NULL OR NEW.actor_id IS NOT NULL {refuse}",
    )


def _execute(connection: BaseDatabaseWrapper, statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
