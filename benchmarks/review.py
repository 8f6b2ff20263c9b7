"""The review queue with 10,000 open cases: milliseconds and queries of a page, and of 20 cases."""

import statistics
import sys
import time
from datetime import timedelta
from typing import Any

from benchmarks.report import Report, Value, make_parser
from benchmarks.site import temporary_site

PAGES = {
    "the queue": "/review/",
    "one kind": "/review/?kind=moved_link",
    "its last page": "/review/?page=500",
    "words": "/review/?q=gone9",
    "put off": "/review/?state=snoozed",
}
KINDS = ("dead_link", "moved_link", "soft_dead", "unverifiable")


def make_cases(count: int) -> None:
    """Open ``count`` cases of four kinds about links that stand in entries."""
    from django.utils import timezone

    from linkcheck.models import Link
    from moderation.models import Case

    links = Link.objects.bulk_create(
        (
            Link(url=f"https://gone{n}.of{count}.example/", mark="dead", verdict="dead")
            for n in range(count)
        ),
        batch_size=500,
    )
    now = timezone.now()
    Case.objects.all().delete()
    Case.objects.bulk_create(
        (
            Case(
                kind=KINDS[n % 4],
                target_type="link",
                target_id=link.pk,
                title=link.url,
                reason="It answers 404.",
                evidence={"state": link.state},
                priority=n % 11,
                opened_at=now - timedelta(minutes=n),
            )
            for n, link in enumerate(links)
        ),
        batch_size=500,
    )


def measure(name: str, url: str, count: int, times: int) -> dict[str, Value]:
    """Ask for a page as a moderator; return a row of the table."""
    from django.db import connection
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="maria"))
    queries = 0

    def count_query(execute: Any, *args: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*args)

    with connection.execute_wrapper(count_query):
        client.get(url)
    took, worked = [], []
    for _ in range(times):
        started, began = time.perf_counter(), time.process_time()
        status = client.get(url).status_code
        took.append(1000 * (time.perf_counter() - started))
        worked.append(1000 * (time.process_time() - began))
        if status != 200:
            raise RuntimeError(f"{url} answered {status}")
    return {
        "what": name,
        "open cases": count,
        "queries": queries,
        "median ms": statistics.median(took),
        "p95 ms": statistics.quantiles(took, n=20, method="inclusive")[-1],
        "worst ms": max(took),
        "median CPU ms": statistics.median(worked),
    }


def main() -> int:
    """Measure the pages with 20 cases, then with 10,000."""
    options = make_parser("Asks for the review queue as a moderator.").parse_args()
    report = Report("review: the queue with 20 and with 10,000 open cases, SQLite, in-process")
    times = 3 if options.short else 40
    with temporary_site():
        _prepare()
        for count in (20, 10_000):
            make_cases(count)
            report.rows += [measure(name, url, count, times) for name, url in PAGES.items()]
    report.show(as_json=options.json)
    return 0


def _prepare() -> None:
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    from accounts.models import User
    from accounts.roles import MODERATORS, put_in_group

    user = User.objects.create_user(username="maria", email="maria@example.org")
    put_in_group(user=user, group=MODERATORS)


if __name__ == "__main__":
    sys.exit(main())
