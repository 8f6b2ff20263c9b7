"""What search engines are told stands here: published, not hidden, in files of bounded size.

https://www.sitemaps.org/protocol.html; translations as
https://developers.google.com/search/docs/specialty/international/localized-versions
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.urls import reverse
from django.utils.html import escape

from catalog.models import Resource, Section
from wiki.models import Page
from wiki.paths.models import Path

MOST_ADDRESSES: Final = 50_000  # of one file, by the protocol
_NAMESPACES: Final = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of addresses: ``rows`` are those that everyone may read, at ``route``."""

    name: str
    route: str
    rows: Callable[[], QuerySet[Any]]


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind(name="pages", route="wiki:page_detail", rows=Page.objects.published),
        Kind(name="paths", route="wiki:path_detail", rows=Path.objects.existing),
        Kind(name="resources", route="catalog:resource_detail", rows=Resource.objects.listed),
        Kind(name="sections", route="catalog:section_detail", rows=Section.objects.existing),
    )
}
#: A file of their own: the lists that lead to everything else.
LISTS: Final = "lists"
_ROUTES_OF_LISTS: Final = (
    *("wiki:front_page", "wiki:page_list", "wiki:path_list"),
    *("catalog:section_list", "catalog:resource_list"),
)


def write_index() -> str:
    """The names of all files, with the day of the newest address in each."""
    parts = [_HEAD, f"<sitemapindex {_NAMESPACES.partition(' xmlns:')[0]}>\n"]
    lists = reverse("wiki:sitemap_file", args=[LISTS, 1])
    parts.append(f"<sitemap>{_facts(lists, None)}</sitemap>\n")
    for kind in KINDS.values():
        facts = kind.rows().order_by().aggregate(n=Count("pk"), newest=Max("updated_at"))
        for number in range(1, -(-facts["n"] // MOST_ADDRESSES) + 1):
            address = reverse("wiki:sitemap_file", args=[kind.name, number])
            parts.append(f"<sitemap>{_facts(address, facts['newest'])}</sitemap>\n")
    parts.append("</sitemapindex>\n")
    return "".join(parts)


def write_file(kind: Kind, number: int) -> Iterator[str]:
    """One file of addresses, piece by piece; nothing but its frame where there are none."""
    yield f"{_HEAD}<urlset {_NAMESPACES}>\n"
    first = (number - 1) * MOST_ADDRESSES
    last = first + MOST_ADDRESSES
    translations = find_translations() if kind.name == "pages" else {}
    rows = kind.rows().order_by("pk").values_list("slug", "updated_at")[first:last]
    for slug, updated_at in rows.iterator(chunk_size=2_000):
        address = reverse(kind.route, args=[slug])
        alternates = _alternates(translations.get(slug, ()))
        yield f"<url>{_facts(address, updated_at)}{alternates}</url>\n"
    yield "</urlset>\n"


def write_lists() -> str:
    """The file of the lists."""
    urls = [f"<url>{_facts(reverse(route), None)}</url>\n" for route in _ROUTES_OF_LISTS]
    return f"{_HEAD}<urlset {_NAMESPACES}>\n{''.join(urls)}</urlset>\n"


def find_translations(slug: str | None = None) -> Mapping[str, Sequence[tuple[str, str]]]:
    """By the address of a page all its languages with their addresses, its own too; one query.

    Pages in one language only are left out. ``slug`` asks for one original and its translations.
    """
    published = Page.objects.published().filter(translation_of__isnull=False)
    translated = published.filter(
        translation_of__deleted_at__isnull=True, translation_of__redirect_to__isnull=True
    )
    if slug is not None:
        translated = translated.filter(translation_of__slug=slug)
    groups: dict[str, list[tuple[str, str]]] = {}
    columns = ("language", "slug", "translation_of__language", "translation_of__slug")
    for language, own, original_language, original in translated.order_by("pk").values_list(
        *columns
    ):
        group = groups.setdefault(original, [(original_language, original)])
        group.append((language, own))
    return {own: group for group in groups.values() for _language, own in group}


def _alternates(languages: Sequence[tuple[str, str]]) -> str:
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{escape(language)}" '
        f'href="{_whole(reverse("wiki:page_detail", args=[slug]))}"/>'
        for language, slug in languages
    )


def _facts(address: str, updated_at: datetime | None) -> str:
    since = f"<lastmod>{updated_at.isoformat(timespec='seconds')}</lastmod>" if updated_at else ""
    return f"<loc>{_whole(address)}</loc>{since}"


def _whole(address: str) -> str:
    """With the site's own address before it; what Django left as it is is quoted."""
    return escape(f"{settings.SITE_URL.rstrip('/')}{quote(address, safe='/%:?=&~')}")
