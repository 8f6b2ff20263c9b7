"""Whether the whole site agrees with itself: what is stored against what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.integrity import check_resources, check_sections
from changes.integrity import Finding, check_history, compare_derived, in_chunks, one_view
from changes.models import ObjectType
from linkcheck.integrity import check_links, check_orphaned_uses, check_uses
from wiki.models import Page, RenderedPage
from wiki.rendering import EMBEDDED, Derivation, compute_derivation


def find_damage() -> Iterator[Finding]:
    """Every disagreement on the site, of one moment; nothing is changed and nobody kept waiting.

    Memory is constant. Queries grow by a dozen for a hundred objects, and by at most one a page for
    each of what its rendering asks: linked pages, marks, embedded lists.
    """
    with one_view():
        yield from check_sections()
        yield from check_resources()
        yield from check_pages()
        yield from check_links()


def check_pages() -> Iterator[Finding]:
    """Findings about pages: history, HTML, wiki links, embedded lists, links."""
    yield from check_history(ObjectType.PAGE, Page)
    pages = Page.objects.select_related("rendered").prefetch_related("outgoing", "embeds", "images")
    for chunk in in_chunks(pages):
        found = {}
        for page in chunk:
            derivation = compute_derivation(page)
            found[page.pk] = derivation.links
            yield from compare_derived(
                ObjectType.PAGE, page.pk, _stored(page), _computed(page, derivation)
            )
        yield from check_uses(ObjectType.PAGE, found)
    yield from check_orphaned_uses(ObjectType.PAGE, Page)


def _stored(page: Page) -> dict[str, Any]:
    rendered = _rendered(page)
    return {
        "version of the HTML": rendered.version if rendered else None,
        "HTML": rendered.html if rendered else None,
        "contents": rendered.contents if rendered else None,
        "wiki links": {link.target_slug: link.target_title for link in page.outgoing.all()},
        "embeds": {
            tuple(getattr(embed, column) for column in EMBEDDED.values())
            for embed in page.embeds.all()
        },
        "images": {image.name for image in page.images.all()},
    }


def _computed(page: Page, derivation: Derivation) -> dict[str, Any]:
    computed: dict[str, Any] = {
        "version of the HTML": page.version,
        "HTML": derivation.html,
        "contents": derivation.contents,
        "wiki links": derivation.wikilinks,
        "embeds": derivation.embeds,
        "images": set(derivation.images),
    }
    rendered = _rendered(page)
    if rendered is not None and rendered.is_stale:
        # It waits for a worker, and says so: what it shows of others may be old.
        del computed["HTML"]
    return computed


def _rendered(page: Page) -> RenderedPage | None:
    return getattr(page, "rendered", None)
