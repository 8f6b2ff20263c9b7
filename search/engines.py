"""Looking terms up in the database at hand: FTS5 of SQLite, ``tsvector`` of PostgreSQL.

Both keep the same terms (:mod:`search.analysis`) under the same weights, and both are asked the
same: which documents match, in which of four *tiers* (the title is what was typed; the title has it
all; title, labels and headings have it all; the text does), and how well within the tier. The
engine's own measure decides only within a tier, so that both put the same document first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection

from search.analysis import phrase_terms, query_terms
from search.queries import SearchQuery

COLUMNS: Final = ("title_terms", "label_terms", "heading_terms", "body_terms")
MAX_TITLE_HITS: Final = 300  # looked at for each query, however many there are
MAX_HITS: Final = 500
EXACT: Final = 3  # the tier of titles that are what was typed
IN_TITLE: Final = 2  # of those that have all the words
FEW_HITS: Final = 200  # up to so many are compared by how well they match

_PHRASE: Final = "d.words LIKE %s ESCAPE '!'"
_FIELDS: Final = (
    "d.id, d.object_type, d.kind, d.level, d.language, d.health, d.tags, d.liveliness,"
    " d.changed_at, d.title_words"
)


@dataclass(frozen=True)
class Hit:
    """One document that matches; ``rank`` is larger for a better one, within its ``tier``."""

    pk: int
    object_type: str
    kind: str
    level: str
    language: str
    health: str
    tags: list[str]
    liveliness: int
    changed_at: datetime | None
    title_length: int  # words
    tier: int
    rank: float


def mark_term(name: str, value: str) -> str:
    """The term under which a document keeps that an operator's value applies to it."""
    digest = hashlib.sha256(f"{name}={value}".encode()).hexdigest()
    return f"m{digest[:20]}"


def find_hits(query: SearchQuery, *, is_prefix: bool = False) -> list[Hit]:
    """The documents that match, in no order, at most MAX_HITS and those by their titles.

    One query on PostgreSQL, one a tier on SQLite.

    ``is_prefix`` lets the last word be the beginning of one.
    """
    if query.is_empty:
        return []
    find = _find_on_postgres if connection.vendor == "postgresql" else _find_on_sqlite
    return find(query, is_prefix)


def find_titles(
    query: SearchQuery, *, limit: int, object_type: str = ""
) -> list[tuple[int, str, str, str]]:
    """(id, title, url, type) of documents whose titles have the words, the last one begun.

    One query, which looks at MAX_TITLE_HITS of them and gives the shortest titles; of one
    ``object_type``, or of any.
    """
    if not query.words:
        return []
    expression = _expression(query, COLUMNS[:1], is_prefix=True)
    if connection.vendor == "postgresql":
        ids = "SELECT id FROM search_searchdocument WHERE vector @@ %s::tsquery LIMIT %s"
    else:
        ids = (
            "SELECT rowid FROM search_index WHERE search_index MATCH %s"
            " ORDER BY rowid DESC LIMIT %s"
        )
    sql = (
        "SELECT d.id, d.title, d.url, d.object_type FROM search_searchdocument d"
        f" WHERE d.id IN ({ids}) AND %s IN ('', d.object_type)"
        " ORDER BY d.liveliness DESC, length(d.title), d.title LIMIT %s"
    )
    return _rows(sql, [expression, MAX_TITLE_HITS, object_type, limit])


def store_vectors(documents: Sequence[Any]) -> None:
    """On PostgreSQL: the vectors of documents that were just written; SQLite's triggers do it."""
    if connection.vendor != "postgresql" or not documents:
        return
    values = [[document.pk, _vector(document)] for document in documents]
    places = ", ".join(["(%s, %s)"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE search_searchdocument d SET vector = v.terms::tsvector"
            f" FROM (VALUES {places}) AS v (id, terms) WHERE d.id = v.id::bigint",
            [item for row in values for item in row],
        )


def find_similar_words(word: str, *, limit: int) -> list[tuple[str, int]]:
    """Words of the vocabulary that share most trigrams with ``word``, with how often they stand."""
    if connection.vendor == "postgresql":
        sql = (
            "SELECT word, documents FROM search_searchword WHERE word %% %s"
            " ORDER BY similarity(word, %s) DESC, documents DESC LIMIT %s"
        )
        return _rows(sql, [word, word, limit])
    padded = f"  {word} "
    trigrams = {padded[at : at + 3] for at in range(len(padded) - 2)}
    expression = " OR ".join(_quoted(trigram) for trigram in sorted(trigrams))
    sql = (
        "SELECT w.word, w.documents FROM search_words JOIN search_searchword w"
        " ON w.id = search_words.rowid WHERE search_words MATCH %s"
        " ORDER BY search_words.rank, w.documents DESC LIMIT %s"
    )
    return _rows(sql, [expression, limit])


def _rows(sql: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


# --- What is asked, in the language of the engine -------------------------------------------------


def _expression(query: SearchQuery, columns: Sequence[str], *, is_prefix: bool = False) -> str:
    """The whole question with its words in ``columns``; marks and exclusions everywhere."""
    engine = _Postgres if connection.vendor == "postgresql" else _Fts5
    needed = [engine.word(w, columns, is_prefix and w == query.words[-1]) for w in query.words]
    needed += [engine.phrase(phrase, columns) for phrase in query.phrases]
    needed += [engine.mark(mark_term(*mark)) for mark in query.marks]
    refused = [engine.word(word, COLUMNS, False) for word in query.excluded_words]
    refused += [engine.mark(mark_term(*mark)) for mark in query.excluded_marks]
    return engine.all_but(needed, refused)


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""'))


class _Fts5:
    """MATCH expressions (https://www.sqlite.org/fts5.html, 3)."""

    @staticmethod
    def word(word: str, columns: Sequence[str], is_prefix: bool) -> str:
        groups = query_terms(word)
        if len(groups) > 1:  # the pairs of a run of Chinese stand side by side
            found = _quoted(" ".join(forms[0] for forms in groups))
        elif is_prefix or _is_single_sign(word):
            found = " OR ".join([*map(_quoted, groups[0]), f"{_quoted(word)} *"])
        else:
            found = " OR ".join(map(_quoted, groups[0]))
        return f"({{{' '.join(columns)}}} : ({found}))"

    @staticmethod
    def phrase(words: Sequence[str], columns: Sequence[str]) -> str:
        rows = (_quoted(" ".join(terms)) for terms in phrase_terms(words))
        return f"({{{' '.join(columns)}}} : ({' OR '.join(rows)}))"

    @staticmethod
    def mark(term: str) -> str:
        return f"(marks : {_quoted(term)})"

    @staticmethod
    def all_but(needed: Sequence[str], refused: Sequence[str]) -> str:
        found = " AND ".join(needed)
        return f"({found}) NOT ({' OR '.join(refused)})" if refused else found


class _Postgres:
    """``tsquery`` in its text form (PostgreSQL's manual, 8.11.2)."""

    WEIGHTS: Final = dict(zip(COLUMNS, "ABCD", strict=True))

    @classmethod
    def word(cls, word: str, columns: Sequence[str], is_prefix: bool) -> str:
        weights = "".join(cls.WEIGHTS[column] for column in columns)
        groups = query_terms(word)
        if len(groups) > 1:
            return "({})".format(" <-> ".join(cls._lexeme(f[0], weights) for f in groups))
        found = [cls._lexeme(form, weights) for form in groups[0]]
        if is_prefix or _is_single_sign(word):
            found.append(cls._lexeme(word, f"*{weights}"))
        return "({})".format(" | ".join(found))

    @classmethod
    def phrase(cls, words: Sequence[str], columns: Sequence[str]) -> str:
        weights = "".join(cls.WEIGHTS[column] for column in columns)
        rows = (
            " <-> ".join(cls._lexeme(term, weights) for term in terms)
            for terms in phrase_terms(words)
        )
        return "({})".format(" | ".join(f"({row})" for row in rows))

    @classmethod
    def mark(cls, term: str) -> str:
        return cls._lexeme(term, "")

    @staticmethod
    def all_but(needed: Sequence[str], refused: Sequence[str]) -> str:
        return " & ".join([*needed, *(f"!{part}" for part in refused)])

    @staticmethod
    def _lexeme(term: str, suffix: str) -> str:
        quoted = "'{}'".format(term.replace("\\", "\\\\").replace("'", "''"))
        return f"{quoted}:{suffix}" if suffix else quoted


def _is_single_sign(word: str) -> bool:
    """One sign of Chinese is in the index only as part of pairs."""
    return len(word) == 1 and ord(word) > 0x2E7F


def _phrases(query: SearchQuery) -> tuple[str, list[str]]:
    """The condition that phrases put on documents that have all their words, and its values."""
    conditions = [_PHRASE for _ in query.phrases] + [
        f"NOT {_PHRASE}" for _ in query.excluded_phrases
    ]
    patterns = [_pattern(phrase) for phrase in (*query.phrases, *query.excluded_phrases)]
    return "".join(f" AND {condition}" for condition in conditions), patterns


def _pattern(words: Iterable[str]) -> str:
    escaped = " ".join(words).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"% {escaped} %"


# --- SQLite ---------------------------------------------------------------------------------------

_BM25: Final = "-bm25(search_index, 10.0, 5.0, 3.0, 1.0, 0.0)"
_JOINED: Final = "FROM search_index JOIN search_searchdocument d ON d.id = search_index.rowid"


def _find_on_sqlite(query: SearchQuery, is_prefix: bool) -> list[Hit]:
    """The newest documents of each tier, from the top: one keeps the first tier it is found in.

    Each statement walks the index from its end and stops at the limit. How well they match is asked
    only where there are few: ``bm25`` reads every document that has one of the words, and where
    hundreds match it says nothing.
    """
    ask_all, ask_upper, ask_title = _three_questions(query, is_prefix)
    tiers = [(0, ask_all, MAX_HITS)]
    if query.asks_for_words:
        tiers = [(IN_TITLE, ask_title, MAX_TITLE_HITS), (1, ask_upper, MAX_HITS), *tiers]
    phrases, patterns = _phrases(query)
    title = " ".join(query.all_words)
    rows: dict[int, list[Any]] = {}
    for tier, question, limit in tiers:
        sql = (
            f"SELECT {_FIELDS} {_JOINED} WHERE search_index MATCH %s{phrases}"
            " ORDER BY search_index.rowid DESC LIMIT %s"
        )
        for row in _rows(sql, [question, *patterns, limit]):
            is_title = tier == IN_TITLE and row[-1] == title
            rows.setdefault(row[0], [*row, EXACT if is_title else tier])
    ranks = _rank_on_sqlite(ask_all) if 1 < len(rows) < FEW_HITS else {}
    return [_hit([*row, ranks.get(pk, 0.0)]) for pk, row in rows.items()]


def _rank_on_sqlite(question: str) -> dict[int, float]:
    sql = f"SELECT rowid, {_BM25} FROM search_index WHERE search_index MATCH %s"
    return dict(_rows(sql, [question]))


# --- PostgreSQL -----------------------------------------------------------------------------------


def _find_on_postgres(query: SearchQuery, is_prefix: bool) -> list[Hit]:
    ask_all, ask_upper, ask_title = _three_questions(query, is_prefix)
    phrases, patterns = _phrases(query)
    match = f"SELECT d.id FROM search_searchdocument d WHERE d.vector @@ %s::tsquery{phrases}"
    parts, params = [f"({match} LIMIT {MAX_HITS})"], [ask_all, *patterns]
    if query.asks_for_words:
        parts.append(f"({match} LIMIT {MAX_TITLE_HITS})")
        params += [ask_title, *patterns]
    sql = (
        f"WITH hits AS ({' UNION '.join(parts)}) SELECT {_FIELDS},"
        " CASE WHEN NOT %s THEN 0 WHEN d.title_words = %s THEN 3"
        " WHEN d.vector @@ %s::tsquery THEN 2 WHEN d.vector @@ %s::tsquery THEN 1 ELSE 0 END,"
        f" CASE WHEN (SELECT count(*) FROM hits) < {FEW_HITS}"
        " THEN ts_rank('{0.05, 0.15, 0.25, 0.5}', d.vector, %s::tsquery, 1) ELSE 0 END"
        " FROM search_searchdocument d JOIN hits ON hits.id = d.id"
    )
    title = " ".join(query.all_words)
    return [
        _hit(row)
        for row in _rows(sql, [*params, query.asks_for_words, title, ask_title, ask_upper, ask_all])
    ]


def _vector(document: Any) -> str:
    """A document's vector in the text form of ``tsvector``: terms with places and weights."""
    entries: dict[str, list[str]] = {}
    place = 0
    for column, weight in _Postgres.WEIGHTS.items():
        for term in getattr(document, column).split():
            place = min(place + 1, 16_383)  # PostgreSQL counts no further
            places = entries.setdefault(term, [])
            if len(places) < 256:
                places.append(f"{place}{weight}")
        place = min(place + 10, 16_383)  # nothing stands side by side across fields
    for term in document.marks.split():
        entries[term] = []
    return " ".join(
        f"{_Postgres._lexeme(term, ','.join(dict.fromkeys(places)))}"
        for term, places in entries.items()
    )


def _three_questions(query: SearchQuery, is_prefix: bool) -> tuple[str, str, str]:
    return (
        _expression(query, COLUMNS, is_prefix=is_prefix),
        _expression(query, COLUMNS[:3], is_prefix=is_prefix),
        _expression(query, COLUMNS[:1], is_prefix=is_prefix),
    )


def _hit(row: Sequence[Any]) -> Hit:
    pk, object_type, kind, level, language, health, tags, liveliness, *more = row
    changed_at, title_words, tier, rank = more
    return Hit(
        pk=pk,
        object_type=object_type,
        kind=kind,
        level=level,
        language=language,
        health=health,
        tags=json.loads(tags) if isinstance(tags, str) else tags,
        liveliness=liveliness,
        changed_at=_moment(changed_at),
        title_length=title_words.count(" ") + 1,
        tier=int(tier),
        rank=float(rank),
    )


def _moment(value: datetime | None) -> datetime | None:
    """SQLite's times are in UTC and do not say so."""
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
