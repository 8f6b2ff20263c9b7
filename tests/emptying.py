"""Between tests that commit: every table as the migrations left it.

Django would empty all tables by TRUNCATE and make what migrations wrote anew from a text. On
PostgreSQL that took three seconds for each such test and left thousands of new files, for which
a checkpoint holds up whoever commits, up to the lock timeout on a slow disk. Here the rows that a
test left are deleted, which most tables have none of.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

from moderation.log_guard import TABLE

Rows = list[tuple[Any, ...]]
_kept: dict[str, Rows] = {}  # what migrations wrote, by table


def keep_first_rows() -> None:
    """Remember what the tables hold: after the migrations, before any test."""
    with connection.cursor() as cursor:
        for table in _list_tables():
            if rows := _read(cursor, table):
                _kept[table] = rows


def restore_first_rows(*_test_case: object) -> None:
    """Have the tables hold that again, and nothing else."""
    with transaction.atomic(), connection.cursor() as cursor:
        filled = _list_filled(cursor)
        with _unguarded(cursor, TABLE in filled):
            for table in sorted({*filled, *_kept}):
                first = _kept.get(table, [])
                if first and _read(cursor, table) == first:
                    continue
                cursor.execute(f"DELETE FROM {_quote(table)}")
                _write(cursor, table, first)


def empty_in_our_way() -> None:
    """Let every test of this process that commits be cleaned up after so."""
    TransactionTestCase._fixture_teardown = restore_first_rows  # type: ignore[method-assign]


@contextmanager
def _unguarded(cursor: CursorWrapper, is_filled: bool) -> Iterator[None]:
    """Take away the triggers that keep the public log, where there is any of it."""
    if not is_filled:
        yield
    elif connection.vendor == "postgresql":
        cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")
    else:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE]
        )
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {_quote(name)}")
        yield
        for _name, sql in triggers:
            cursor.execute(sql)


def _list_tables() -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(tables)


def _list_filled(cursor: CursorWrapper) -> list[str]:
    tables = _list_tables()
    one_by_one = [
        f"SELECT {n} WHERE EXISTS (SELECT 1 FROM {_quote(t)})" for n, t in enumerate(tables)
    ]
    cursor.execute(" UNION ALL ".join(one_by_one))
    return [tables[number] for (number,) in cursor.fetchall()]


def _read(cursor: CursorWrapper, table: str) -> Rows:
    cursor.execute(f"SELECT * FROM {_quote(table)}")
    return sorted(cursor.fetchall(), key=repr)


def _write(cursor: CursorWrapper, table: str, rows: Rows) -> None:
    if rows:
        places = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"INSERT INTO {_quote(table)} VALUES ({places})", rows)


def _quote(table: str) -> str:
    return connection.ops.quote_name(table)
