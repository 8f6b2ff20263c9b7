"""Looking terms up in the database at hand: FTS5 of SQLite, ``tsvector`` of PostgreSQL.

Both keep the same terms (:mod:`search.analysis`) under the same weights, and both are asked the
same: which documents match, in which of four *tiers* (the title is what was typed; the title has it
all; title, labels and headings have it all; the text does), and how well within the tier. The
engine's own measure decides only within a tier, so that both put the same document first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple
from zlib import crc32

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


class Hit(NamedTuple):
    """One document that matches, as the database says it: nothing is worked out for each row.

    ``tags`` are JSON, ``changed_at`` is in seconds since 1970. ``rank`` is larger for a better one,
    within its ``tier``.
    """

    pk: int
    object_type: str
    kind: str
    level: str
    language: str
    health: str
    tags: str
    liveliness: int
    changed_at: float | None
    title_length: int  # words
    tier: int
    rank: float


def mark_term(name: str, value: str) -> str:
    """The term under which a document keeps that an operator's value applies to it."""
    digest = hashlib.sha256(f"{name}={value}".encode()).hexdigest()
    return f"m{digest[:20]}"


def find_hits(query: SearchQuery) -> list[Hit]:
    """The documents that match, in no order: of hundreds, those of the upper tiers.

    A query for each tier, from the top, until there are MAX_HITS: a document keeps the first one
    that it is found in. How well they match is asked only where there are few: that reads every
    document that is found, and where hundreds match it says nothing.
    """
    if query.is_empty:
        return []
    title = " ".join(query.all_words)
    tiers: list[tuple[int, tuple[str, ...], int]] = [(0, COLUMNS, MAX_HITS)]
    if query.asks_for_words:
        tiers = [(IN_TITLE, COLUMNS[:1], MAX_TITLE_HITS), (1, COLUMNS[:3], MAX_HITS), *tiers]
    hits: dict[int, Hit] = {}
    for tier, columns, limit in tiers:
        if len(hits) >= MAX_HITS:
            break
        for *values, is_title in _find_rows(query, columns, title, limit):
            is_exact = tier == IN_TITLE and is_title
            hit = Hit._make([*values, EXACT if is_exact else tier, 0.0])
            hits.setdefault(hit.pk, hit)
    if query.asks_for_words and 1 < len(hits) < FEW_HITS:
        ranks = _rank(query, list(hits))
        return [hit._replace(rank=ranks.get(pk, 0.0)) for pk, hit in hits.items()]
    return list(hits.values())


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
    values = [[document.pk, _Postgres.vector(document)] for document in documents]
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


def _expression(query: SearchQuery, columns: tuple[str, ...], *, is_prefix: bool = False) -> str:
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
    """``tsquery`` in its text form (PostgreSQL's manual, 8.11.2).

    The index knows no weights and no places: whatever asks for one has every document that may
    match read and looked through. So what is asked most has a term of its own, beside that which
    is kept with its places: ``^`` before the terms of a title, ``~`` before those of title, labels
    and headings, and one for two words that stand side by side.
    """

    WEIGHTS: Final = dict(zip(COLUMNS, "ABCD", strict=True))
    SIGNS: Final = {COLUMNS[:1]: "^", COLUMNS[:3]: "~", COLUMNS: ""}

    @classmethod
    def word(cls, word: str, columns: tuple[str, ...], is_prefix: bool) -> str:
        sign, groups = cls.SIGNS[columns], query_terms(word)
        if len(groups) > 1:
            return cls._row([forms[0] for forms in groups], columns)
        found = [cls._lexeme(sign + form) for form in groups[0]]
        if is_prefix or _is_single_sign(word):
            found.append(cls._lexeme(sign + word, "*"))
        return "({})".format(" | ".join(found))

    @classmethod
    def phrase(cls, words: Sequence[str], columns: tuple[str, ...]) -> str:
        sign, rows = cls.SIGNS[columns], phrase_terms(words) if columns != COLUMNS else [words]
        pairs = (" & ".join(cls._lexeme(sign + pair) for pair in cls.pairs(row)) for row in rows)
        return "({})".format(" | ".join(f"({found})" for found in dict.fromkeys(pairs)))

    @classmethod
    def _row(cls, terms: Sequence[str], columns: tuple[str, ...]) -> str:
        """Terms side by side in these columns."""
        sign = cls.SIGNS[columns]
        weights = "".join(cls.WEIGHTS[column] for column in columns) if sign else ""
        row = " <-> ".join(cls._lexeme(term, weights) for term in terms)
        return "({})".format(" & ".join([*(cls._lexeme(sign + t) for t in terms if sign), row]))

    @staticmethod
    def pairs(words: Sequence[str]) -> Iterable[str]:
        """A term for each two words side by side; different ones may share one, which is rare.

        There are 262,144 of them, so that a long text needs little room for its pairs.
        """
        return (f"+{crc32(' '.join(pair).encode()) % 2**18:x}" for pair in pairwise(words))

    @classmethod
    def mark(cls, term: str) -> str:
        return cls._lexeme(term)

    @staticmethod
    def all_but(needed: Sequence[str], refused: Sequence[str]) -> str:
        return " & ".join([*needed, *(f"!{part}" for part in refused)])

    @classmethod
    def vector(cls, document: Any) -> str:
        """A document's vector in the text form of ``tsvector``: terms with places and weights."""
        entries: dict[str, list[str]] = {}
        place = 0
        for column, weight in cls.WEIGHTS.items():
            for term in getattr(document, column).split():
                place = min(place + 1, 16_383)  # PostgreSQL counts no further
                places = entries.setdefault(term, [])
                if len(places) < 256:
                    places.append(f"{place}{weight}")
            place = min(place + 10, 16_383)  # nothing stands side by side across fields
        title, labels, headings, _body = (getattr(document, name).split() for name in COLUMNS)
        bare = [f"^{term}" for term in (*title, *cls.pairs(title))]
        for terms in (title, labels, headings):
            bare += [f"~{term}" for term in (*terms, *cls.pairs(terms))]
        bare += [*cls.pairs(document.words.split()), *document.marks.split()]
        entries.update((term, []) for term in bare)
        return " ".join(
            cls._lexeme(term, ",".join(dict.fromkeys(places))) for term, places in entries.items()
        )

    @staticmethod
    def _lexeme(term: str, suffix: str = "") -> str:
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


# --- Asking ---------------------------------------------------------------------------------------

_BM25: Final = "-bm25(search_index, 10.0, 5.0, 3.0, 1.0, 0.0)"
_WEIGHTS: Final = "{0.05, 0.15, 0.25, 0.5}"
# Seconds since 1970: to make a datetime of each row takes longer than to find it.
_SECONDS: Final = {
    "postgresql": "extract(epoch FROM d.changed_at)::float8",
    "sqlite": "(julianday(d.changed_at) - 2440587.5) * 86400",
}


def _find_rows(
    query: SearchQuery, columns: tuple[str, ...], title: str, limit: int
) -> list[tuple[Any, ...]]:
    """The values of a :class:`Hit` up to its tier, and whether the title is ``title``.

    SQLite walks its index from the newest document and stops at the limit; PostgreSQL takes them as
    they stand.
    """
    phrases, patterns = _phrases(query)
    fields = (
        "d.id, d.object_type, d.kind, d.level, d.language, d.health, d.tags, d.liveliness,"
        f" {_SECONDS[connection.vendor]},"
        " length(d.title_words) - length(replace(d.title_words, ' ', '')) + 1, d.title_words = %s"
    )
    if connection.vendor == "postgresql":
        sql = f"SELECT {fields} FROM search_searchdocument d WHERE d.vector @@ %s::tsquery{phrases}"
    else:
        sql = (
            f"SELECT {fields} FROM search_index JOIN search_searchdocument d"
            f" ON d.id = search_index.rowid WHERE search_index MATCH %s{phrases}"
            " ORDER BY search_index.rowid DESC"
        )
    return _rows(f"{sql} LIMIT %s", [title, _expression(query, columns), *patterns, limit])


def _rank(query: SearchQuery, ids: Sequence[int]) -> dict[int, float]:
    """How well documents match that are known to."""
    if connection.vendor == "postgresql":
        words = " & ".join(_Postgres.word(word, COLUMNS, False) for word in query.all_words)
        sql = (
            "SELECT id, ts_rank(%s, vector, %s::tsquery, 1) FROM search_searchdocument"
            " WHERE id = ANY(%s)"
        )
        return dict(_rows(sql, [_WEIGHTS, words, list(ids)]))
    sql = f"SELECT rowid, {_BM25} FROM search_index WHERE search_index MATCH %s"
    return dict(_rows(sql, [_expression(query, COLUMNS)]))
