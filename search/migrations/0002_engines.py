"""The index of the database at hand: FTS5 and triggers on SQLite, a vector on PostgreSQL.

Whoever alters SearchDocument or SearchWord on SQLite makes their triggers anew: Django copies the
table then, and drops what hung on it.
"""

from typing import Any

from django.db import migrations

COLUMNS = ("title_terms", "label_terms", "heading_terms", "body_terms", "marks")


def _list(prefix: str = "") -> str:
    return ", ".join(f"{prefix}{column}" for column in COLUMNS)


# External content: the terms stand in the table alone, and the triggers keep the index to them,
# also when a test empties it (https://www.sqlite.org/fts5.html, 4.4.3).
_ADD = f"INSERT INTO search_index (rowid, {_list()}) VALUES (new.id, {_list('new.')});"
_TAKE = (
    f"INSERT INTO search_index (search_index, rowid, {_list()})"
    f" VALUES ('delete', old.id, {_list('old.')});"
)
_ADD_WORD = "INSERT INTO search_words (rowid, word) VALUES (new.id, '  ' || new.word || ' ');"
_TAKE_WORD = (
    "INSERT INTO search_words (search_words, rowid, word)"
    " VALUES ('delete', old.id, '  ' || old.word || ' ');"
)
SQLITE = (
    f"""CREATE VIRTUAL TABLE search_index USING fts5(
        {_list()}, content='search_searchdocument', content_rowid='id',
        tokenize='unicode61 remove_diacritics 0')""",
    f"""CREATE TRIGGER search_document_added AFTER INSERT ON search_searchdocument
        BEGIN {_ADD} END""",
    f"""CREATE TRIGGER search_document_removed AFTER DELETE ON search_searchdocument
        BEGIN {_TAKE} END""",
    f"""CREATE TRIGGER search_document_changed AFTER UPDATE OF {_list()} ON search_searchdocument
        BEGIN {_TAKE} {_ADD} END""",
    "CREATE VIRTUAL TABLE search_words USING fts5(word, content='', tokenize='trigram')",
    f"CREATE TRIGGER search_word_added AFTER INSERT ON search_searchword BEGIN {_ADD_WORD} END",
    f"CREATE TRIGGER search_word_removed AFTER DELETE ON search_searchword BEGIN {_TAKE_WORD} END",
)
SQLITE_BACK = (
    *(f"DROP TRIGGER search_document_{name}" for name in ("added", "removed", "changed")),
    *(f"DROP TRIGGER search_word_{name}" for name in ("added", "removed")),
    "DROP TABLE search_index",
    "DROP TABLE search_words",
)
POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "ALTER TABLE search_searchdocument ADD COLUMN vector tsvector",
    "CREATE INDEX search_vector ON search_searchdocument USING gin (vector)",
    "CREATE INDEX search_word_trigrams ON search_searchword USING gin (word gin_trgm_ops)",
)
POSTGRES_BACK = (
    "DROP INDEX search_word_trigrams",
    "ALTER TABLE search_searchdocument DROP COLUMN vector",
)


def make(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, POSTGRES, SQLITE)


def drop(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, POSTGRES_BACK, SQLITE_BACK)


def _run(schema_editor: Any, postgres: tuple[str, ...], sqlite: tuple[str, ...]) -> None:
    vendor = schema_editor.connection.vendor
    for statement in postgres if vendor == "postgresql" else sqlite:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("search", "0001_documents")]
    operations = [migrations.RunPython(make, drop)]
