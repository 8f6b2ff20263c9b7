"""Claiming 500 due links out of 1,000,000 on PostgreSQL: milliseconds a claim, and out of 10,000.

The table is made in a database of its own, by SQL, and dropped afterwards. Ten links stand on
each domain, 10,000 of all are due. Without PostgreSQL the program says so and measures nothing.
"""

import os
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks.report import Report, Value, make_parser
from benchmarks.site import temporary_site
from tests import services

CLAIM = 500  # links in a claim
LINKS_A_DOMAIN = 10
DUE = 10_000  # of either table
CLAIMS = 15


@contextmanager
def temporary_database() -> Iterator[str]:
    """Make an empty database beside the tests' own; yield its address, drop it afterwards."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(services.DATABASE_URL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(services.DATABASE_URL)._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def make_links(count: int) -> None:
    """Fill the tables with ``count`` links, ten to a domain, ``DUE`` of them due."""
    from django.db import connection

    from linkcheck.models import Host, Link

    host = Host.objects.create(name="host.example", domain="host.example")
    Link.objects.create(url="https://host.example/", host=host, next_check_at=None)
    name = "'host' || n || '.example'"
    days = count / DUE  # the first of which has passed
    due = f"now() + (random() * {days} - 1) * interval '1 day'"
    with connection.cursor() as cursor:
        copy_rows(
            cursor,
            "linkcheck_host",
            f"generate_series(1, {count // LINKS_A_DOMAIN}) AS n",
            {"name": name, "domain": name},
        )
        copy_rows(
            cursor,
            "linkcheck_link",
            "linkcheck_host AS host, "
            f"generate_series(1, {LINKS_A_DOMAIN}) AS n WHERE host.name <> 'host.example'",
            {
                "url": "'https://' || host.name || '/' || n",
                "host_id": "host.id",
                "next_check_at": due,
            },
        )
        cursor.execute("VACUUM ANALYZE linkcheck_link, linkcheck_host")


def copy_rows(cursor: Any, table: str, source: str, changed: dict[str, str]) -> None:
    """Copy the first row of ``table`` for each row of ``source``, with ``changed`` columns."""
    cursor.execute(f"SELECT * FROM {table} LIMIT 0")
    columns = [column.name for column in cursor.description if column.name != "id"]
    values = [changed.get(column, f"first.{column}") for column in columns]
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) AS first, {source}"
    )


def measure(count: int, claims: int) -> dict[str, Value]:
    """Claim a number of times, each time what is left; return a row of the table."""
    from linkcheck.claiming import claim_due

    took = []
    for _ in range(claims):
        started = time.perf_counter()
        claim = claim_due(limit=CLAIM)
        took.append(1000 * (time.perf_counter() - started))
        _finish(claim)
        if len(claim) < CLAIM * 0.9:
            raise RuntimeError(f"{len(claim)} links were claimed of {count:,}")
    return {
        "what": f"of {count:,} links",
        "claims": claims,
        "links a claim": len(claim),
        "median ms": statistics.median(took),
        "worst ms": max(took),
    }


def _finish(claim: Any) -> None:
    """As a worker does: what was claimed is due much later, its hosts are free."""
    from django.utils import timezone

    from linkcheck.models import Host, Link

    later = timezone.now() + timedelta(days=7)
    links = Link.objects.filter(pk__in=[link.link_id for link in claim])
    links.update(leased_until=None, next_check_at=later)
    Host.objects.filter(leased_until__isnull=False).update(leased_until=None)


def measure_table(count: int, claims: int) -> dict[str, Value]:
    """Measure on a table of ``count`` links; warmed by one claim."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    make_links(count)
    measure(count, 1)
    return measure(count, claims)


def main() -> int:
    """Measure and print; 0 also where there is no PostgreSQL, which is said."""
    options = make_parser("Claims due links on PostgreSQL.").parse_args()
    report = Report(f"claiming: {CLAIM} due links at a time, PostgreSQL")
    sizes = (10_000, 20_000) if options.short else (10_000, 1_000_000)
    try:
        with temporary_database() as address, temporary_site(DATABASE_URL=address):
            report.rows = [measure_table(size, CLAIMS) for size in sizes]
            from django.db import connections

            connections.close_all()
    except psycopg.OperationalError as error:
        report.rows = [{"what": "not measured: no PostgreSQL answers"}]
        report.notes.append(str(error).strip().partition("\n")[0])
    report.show(as_json=options.json)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PGCONNECT_TIMEOUT", "3")
    sys.exit(main())
