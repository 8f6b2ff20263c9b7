"""Looks at links without a server: what was seen is written as a worker writes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from linkcheck.models import Link
from linkcheck.observations import Observation
from linkcheck.results import Result, write_results
from tests.linkcheck.observing import see


def write_looks(link: Link, looks: Iterable[Observation]) -> Link:
    """Write ``looks`` one after the other, each under a claim of its own; the link as it stands."""
    for look in looks:
        link.refresh_from_db()
        link.claim_number += 1
        link.leased_until = timezone.now() + timedelta(minutes=5)
        link.save(update_fields=["claim_number", "leased_until"])
        domain = link.host.domain if link.host else ""
        write_results([Result(link.pk, link.claim_number, domain, look)])
    link.refresh_from_db()
    return link


def look_daily(link: Link, what: str, days: Iterable[float], *, to: str = "") -> Link:
    """Look at ``link`` on each of ``days`` (see ``observing.see``) and see the same."""
    return write_looks(link, [see(what, day=day, url=link.url, to=to) for day in days])
