"""A site with random links, entries and pages, for figures that are counted twice."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from accounts.models import User
from catalog.models import Kind, Level, Placement, Resource, Section
from linkcheck.models import Host, Link, Mark
from tests.changes.content import make_section


def make_random_entries(actor: User, count: int, *, now: datetime, seed: int = 1) -> None:
    """``count`` resources in six sections, written as rows: only what is counted matters."""
    chance = random.Random(seed)
    sections = [make_section(actor, f"Section {n}") for n in range(6)]
    hosts = Host.objects.bulk_create(
        Host(name=f"h{n}.example", domain=f"h{n}.example") for n in range(8)
    )
    links = Link.objects.bulk_create(
        Link(
            url=f"https://h{n % 8}.example/{n}",
            host=hosts[n % 8],
            mark=chance.choice(list(Mark.values)),
            last_good_at=chance.choice([None, now - timedelta(days=chance.randint(0, 60))]),
        )
        for n in range(count)
    )
    resources = Resource.objects.bulk_create(
        Resource(
            title=f"Entry {n}",
            slug=f"entry-{n}",
            url=link.url,
            url_key=link.url,
            link=chance.choice([link, link, link, None]),
            kind=chance.choice(["", *Kind.values]),
            level=chance.choice(["", *Level.values]),
            description=chance.choice(["", "Words."]),
            section=chance.choice(sections),
            status=chance.choice(["listed", "listed", "retired"]),
        )
        for n, link in enumerate(links)
    )
    for resource in resources:
        resource.created_at = now - timedelta(days=chance.randint(0, 2000))
    Resource.objects.bulk_update(resources, ["created_at"])
    Placement.objects.bulk_create(
        Placement(resource=resource, section=section, is_primary=section == resource.section)
        for resource in resources
        for section in {resource.section, chance.choice(sections)}
    )
    assert Section.objects.count() == 6
