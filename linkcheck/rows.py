"""Rows of links and checks, written by one prepared statement each.

Django's own bulk operations take several times as long for what every look writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from django.db import connection

from linkcheck.models import Check, Link
from linkcheck.observations import ErrorKind
from linkcheck.transitions import Transition

_OF_LINK = (
    "verdict",
    "reason",
    "mark",
    "state",
    "moved_to",
    "landed_on",
    "etag",
    "last_modified",
    "is_urgent",
    "deaths",
)
_TIMES_OF_LINK = (
    "verdict_since",
    "last_checked_at",
    "last_good_at",
    "text_changed_at",
    "next_check_at",
    "leased_until",
)
_OF_CHECK = (
    "link_id",
    "claim_number",
    "at",
    "status",
    "error",
    "elapsed_ms",
    "verdict",
    "evidence",
)


def update_links(transitions: Sequence[Transition]) -> None:
    """Write what a check may change of links, which are locked."""
    as_time = connection.ops.adapt_datetimefield_value
    assignments = ", ".join(f"{name} = %s" for name in chain(_OF_LINK, _TIMES_OF_LINK))
    table = connection.ops.quote_name(Link._meta.db_table)
    rows = [
        (
            link.verdict,
            link.reason,
            str(link.mark),
            after.as_json(),
            link.moved_to,
            link.landed_on,
            link.etag,
            link.last_modified,
            link.is_urgent,
            link.deaths,
            *(as_time(getattr(link, name)) for name in _TIMES_OF_LINK),
            link.pk,
        )
        for link, after in ((t.link, t.after) for t in transitions)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {assignments} WHERE id = %s", rows)  # noqa: S608


def insert_checks(transitions: Sequence[Transition]) -> None:
    """Write the checks that were seen; one that stands already for its claim stays as it is."""
    as_time = connection.ops.adapt_datetimefield_value
    table = connection.ops.quote_name(Check._meta.db_table)
    places = ", ".join(["%s"] * len(_OF_CHECK))
    rows = [
        (
            link.pk,
            link.claim_number,
            as_time(seen.at),
            seen.status,
            "" if seen.error is ErrorKind.NONE else seen.error.value,
            seen.elapsed_ms,
            after.verdict.value,
            seen.as_json(),
        )
        for link, seen, after in ((t.link, t.seen, t.after) for t in transitions)
        if seen.was_asked
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(_OF_CHECK)}) VALUES ({places})"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            rows,
        )
