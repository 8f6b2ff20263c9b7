"""The search over 100,000 documents: milliseconds of a query, on SQLite and on PostgreSQL.

Only the search itself is measured, without the page around it. The documents are sentences of
words drawn from a vocabulary in which some are frequent and most are rare (Zipf), a fifth of them
long; the queries are drawn from the same words.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg

from benchmarks.claiming import temporary_database
from benchmarks.report import Report, Value, make_parser
from benchmarks.site import temporary_site
from tests import services

WORDS = 30_000
QUERIES = ("one word", "two words", "a phrase", "a mistyped word", "operators", "suggest")


def make_vocabulary(chance: random.Random) -> list[str]:
    letters = "abcdefghilmnoprstu"
    return ["".join(chance.choices(letters, k=chance.randint(4, 10))) for _ in range(WORDS)]


def draw(chance: random.Random, vocabulary: list[str], count: int) -> list[str]:
    """``count`` words; the first of the vocabulary are the frequent ones."""
    return [vocabulary[min(int(chance.paretovariate(0.6)), WORDS) - 1] for _ in range(count)]


def make_documents(count: int, vocabulary: list[str], chance: random.Random) -> None:
    """Documents as indexing makes them, of resources and pages that exist nowhere."""
    from django.db import transaction

    from search.engines import store_vectors
    from search.indexing import count_in_vocabulary, count_words, make_document
    from search.models import SearchDocument
    from search.sources import Source

    kinds = ("tutorial", "documentation", "video", "paper", "tool", "")
    now = datetime.now(UTC)
    for start in range(0, count, 1000):
        documents = [
            make_document(
                Source(
                    object_type="page" if n % 5 == 0 else "resource",
                    object_id=n,
                    title=" ".join(draw(chance, vocabulary, 5)),
                    url=f"/resources/{n}/",
                    text=" ".join(draw(chance, vocabulary, 400 if n % 5 == 0 else 25)),
                    language="en",
                    changed_at=now - timedelta(days=n % 900),
                    kind=kinds[n % len(kinds)],
                    labels=draw(chance, vocabulary, 2),
                    marks=[("kind", kinds[n % len(kinds)])],
                )
            )
            for n in range(start, min(start + 1000, count))
        ]
        with transaction.atomic():
            SearchDocument.objects.bulk_create(documents, batch_size=500)
            store_vectors(documents)
            count_in_vocabulary(count_words(d.word_list for d in documents), count_words([]))


@contextmanager
def filling(engine: str) -> Iterator[None]:
    """Make the index once everything is there, and let PostgreSQL know what it holds.

    It does the second by itself, some time after so many writes.
    """
    from django.db import connection

    if engine != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout TO 0; SET synchronous_commit TO off")
        cursor.execute("DROP INDEX search_vector")
        yield
        cursor.execute("CREATE INDEX search_vector ON search_searchdocument USING gin (vector)")
        cursor.execute("VACUUM ANALYZE search_searchdocument, search_searchword")


def make_query(name: str, vocabulary: list[str], chance: random.Random) -> str:
    first, second = draw(chance, vocabulary, 2)
    rare = chance.choice(vocabulary)
    if name == "one word":
        return first
    if name == "two words":
        return f"{first} {second}"
    if name == "a phrase":
        return f'"{first} {second}"'
    if name == "a mistyped word":
        return rare[:2] + rare[3:] if len(rare) > 5 else f"{rare}x"
    return f"{first} kind:tutorial -{second}"


def measure(count: int, times: int, engine: str) -> Iterator[dict[str, Value]]:
    """Rows of the table, one for each sort of query."""
    from search.finding import search, suggest

    chance = random.Random(20261129)
    vocabulary = make_vocabulary(chance)
    with filling(engine):
        make_documents(count, vocabulary, chance)
    for name in QUERIES:
        took = []
        for _ in range(times):
            text = make_query(name, vocabulary, chance)
            started = time.perf_counter()
            suggest(text[:5]) if name == "suggest" else search(text)
            took.append(1000 * (time.perf_counter() - started))
        yield {
            "engine": engine,
            "what": name,
            "documents": count,
            "median ms": statistics.median(took),
            "p95 ms": statistics.quantiles(took, n=20)[-1],
            "worst ms": max(took),
        }


def measure_in_child(engine: str, options: argparse.Namespace) -> list[dict[str, Value]]:
    """The rows of one engine: Django is set up for one database in a process."""
    command = [sys.executable, "-m", "benchmarks.search", "--json", "--engine", engine]
    command += ["--short"] if options.short else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    rows: list[dict[str, Value]] = json.loads(done.stdout)["rows"]
    return rows


def measure_here(engine: str, options: argparse.Namespace) -> list[dict[str, Value]]:
    count, times = (2_000, 5) if options.short else (100_000, 100)
    with ExitStack() as stack:
        environment = {}
        if engine == "postgresql":
            environment["DATABASE_URL"] = stack.enter_context(temporary_database())
        stack.enter_context(temporary_site(**environment))
        from django.db import connections

        stack.callback(connections.close_all)
        return list(measure(count, times, engine))


def main() -> int:
    """Measure on SQLite and, where it answers, on PostgreSQL."""
    parser = make_parser("Searches 100,000 documents.")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), help="only that one")
    options = parser.parse_args()
    report = Report("search: 100,000 documents, in-process")
    if options.engine:
        report.rows = measure_here(options.engine, options)
    else:
        report.rows = measure_in_child("sqlite", options)
        try:
            psycopg.connect(services.DATABASE_URL, connect_timeout=3).close()
        except psycopg.OperationalError:
            report.notes.append("PostgreSQL does not answer: not measured there")
        else:
            report.rows += measure_in_child("postgresql", options)
    report.show(as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
