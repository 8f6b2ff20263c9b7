"""What a page says of itself to programs: schema.org as JSON-LD, cards of social networks.

A block of JSON-LD is data: no browser runs it, and no Content-Security-Policy is asked about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings

MAX_DESCRIPTION = 200  # characters


def whole_address(path: str) -> str:
    """A path of the site as an address of its own, quoted."""
    return f"{settings.SITE_URL.rstrip('/')}{quote(path, safe='/%:?=&~')}"


def describe(kind: str, **facts: Any) -> dict[str, Any]:
    """One thing of schema.org, without what is not known of it."""
    known = {name: value for name, value in facts.items() if value not in (None, "", [])}
    return {"@context": "https://schema.org", "@type": kind, **known}


def breadcrumbs(steps: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Where a page stands: (title, path) from the outermost to the page itself."""
    items = [
        {"@type": "ListItem", "position": at, "name": title, "item": whole_address(path)}
        for at, (title, path) in enumerate(steps, start=1)
    ]
    return describe("BreadcrumbList", itemListElement=items)


def card(*, title: str, description: str, kind: str = "website") -> Mapping[str, str]:
    """What a link to a page shows where somebody shares it."""
    return {"title": title, "description": shorten(description), "type": kind}


def shorten(text: str) -> str:
    """The beginning of ``text`` in one line, cut between words."""
    words = " ".join(text.split())
    if len(words) <= MAX_DESCRIPTION:
        return words
    return words[:MAX_DESCRIPTION].rpartition(" ")[0] + "…"
