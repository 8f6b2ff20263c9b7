"""Links as tests need them, and a round of checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils import timezone

from accounts.models import User
from catalog.editing import create_resource, create_section
from catalog.models import Resource, Section
from changes.models import ObjectType
from changes.recording import Authorship
from linkcheck.claiming import claim_due
from linkcheck.configuration import probe_settings_from_django
from linkcheck.models import Link
from linkcheck.running import check_claimed
from linkcheck.uses import FoundLink, sync_uses


def make_links(urls: Iterable[str], *, object_id: int = 1) -> list[Link]:
    """Links that stand in some page; in the order of ``urls``."""
    found = [FoundLink("body", url) for url in urls]
    links = sync_uses(ObjectType.PAGE, object_id, found)
    return [links[item.url] for item in found]


def make_resource(actor, url: str, title: str = "Entry", description: str = "") -> Resource:
    by = Authorship(actor=actor)
    section = Section.objects.first()
    if section is None:
        section = create_section(title="Guides", by=Authorship(actor=User.objects.get_bot()))
    values = {
        "title": title,
        "url": url,
        "description": description,
        "section_id": section.pk,
    }
    return create_resource(values=values, by=by)


def run_round(*, now=None) -> int:
    """Claim what is due and check it, without retries; how many results were written.

    ``now`` is of a moved clock, by which all of it is dated: that of PostgreSQL cannot be moved.
    """
    clock = timezone.now if now else None
    settings = replace(probe_settings_from_django(), retry_delays_s=())
    written = 0
    while claim := claim_due(limit=1000, now=now):
        count = check_claimed(claim, probe_settings=settings, clock=clock)
        if not count:
            break
        written += count
    return written
