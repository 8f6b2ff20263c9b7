"""Insights over 100,000 resources and 1,000,000 checks: the task and the page, on SQLite."""

import random
import statistics
import sys
import time
from datetime import timedelta

from benchmarks.report import Report, Value, make_parser
from benchmarks.site import temporary_site

SECTIONS = 100
PAGES = 500
CHECKS_A_LINK = 10


def make_site(count: int) -> None:
    """``count`` entries with links in a hundred sections, some pages, a year of changes."""
    from django.db import connection
    from django.utils import timezone

    from accounts.models import User
    from catalog.editing import create_section
    from catalog.models import Kind, Level, Placement, Resource
    from changes.models import Change, ObjectType
    from changes.recording import Authorship
    from linkcheck.models import Host, Link, Mark
    from wiki.editing import create_page

    chance, now = random.Random(20261129), timezone.now()
    by = Authorship(actor=User.objects.get_bot())
    sections = [create_section(title=f"Section {n}", by=by) for n in range(SECTIONS)]
    for n in range(min(PAGES, count)):
        values = {"title": f"Page {n}", "body": f"[[Page {n + 1}]] [[Missing {n % 40}]]\n"}
        create_page(values=values, by=by)
    hosts = Host.objects.bulk_create(
        Host(name=f"h{n}.example", domain=f"h{n}.example") for n in range(max(1, count // 20))
    )
    marks = [Mark.OK] * 17 + [Mark.MOVED, Mark.UNSURE, Mark.DEAD]
    for start in range(0, count, 5000):
        numbers = range(start, min(start + 5000, count))
        links = Link.objects.bulk_create(
            Link(
                url=f"https://h{n % len(hosts)}.example/{n}",
                host=hosts[n % len(hosts)],
                mark=chance.choice(marks),
                last_good_at=now - timedelta(days=chance.randint(0, 45)),
            )
            for n in numbers
        )
        resources = Resource.objects.bulk_create(
            Resource(
                title=f"Entry {n}",
                slug=f"entry-{n}",
                url=link.url,
                url_key=link.url,
                link=link,
                kind=chance.choice(Kind.values),
                level=chance.choice(Level.values),
                description="Words.",
                section=sections[n % SECTIONS],
            )
            for n, link in zip(numbers, links, strict=True)
        )
        Placement.objects.bulk_create(Placement(resource=r, section=r.section) for r in resources)
        Change.objects.bulk_create(
            Change(
                actor=by.actor,
                actor_label="bot",
                kind=Change.Kind.EDITED,
                object_type=ObjectType.RESOURCE,
                object_id=r.pk,
                object_title=r.title,
            )
            for r in resources
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
            " INSERT INTO linkcheck_check"
            " (link_id, claim_number, at, status, error, elapsed_ms, verdict, evidence)"
            " SELECT link.id, n.i, link.last_good_at, 200, '', 80, 'ok', '{}'"
            " FROM linkcheck_link link, n",
            [CHECKS_A_LINK],
        )


def measure_task(count: int) -> dict[str, Value]:
    from django.utils import timezone

    from insights.figures import compute_figures, store

    started = time.perf_counter()
    store(compute_figures(timezone.now()), timezone.now())
    took = 1000 * (time.perf_counter() - started)
    return {"what": "the task", "entries": count, "median ms": took, "worst ms": took}


def measure_page(count: int, url: str, times: int) -> dict[str, Value]:
    from django.test import Client

    client = Client()
    took = []
    for _ in range(times + 1):
        started = time.perf_counter()
        status = client.get(url).status_code
        took.append(1000 * (time.perf_counter() - started))
        if status != 200:
            raise RuntimeError(f"{url} answered {status}")
    return {
        "what": url,
        "entries": count,
        "median ms": statistics.median(took[1:]),
        "worst ms": max(took[1:]),
    }


def main() -> int:
    """Measure the task that counts, then the pages that show what it counted."""
    options = make_parser("Computes insights and asks for their pages.").parse_args()
    count, times = (500, 3) if options.short else (100_000, 30)
    report = Report(f"insights: entries with {CHECKS_A_LINK} checks each, SQLite, in-process")
    with temporary_site(ALLOWED_HOSTS="testserver"):
        make_site(count)
        report.rows.append(measure_task(count))
        for url in ("/insights/", "/badge.svg", "/insights/unverified/"):
            report.rows.append(measure_page(count, url, times))
    report.show(as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
