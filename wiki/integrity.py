"""Whether the whole site agrees with itself: what is stored against what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.integrity import check_resources, check_sections
from changes.integrity import Finding, check_history, compare_derived, in_chunks, one_view
from changes.leading import check_attached
from changes.models import ObjectType
from linkcheck.integrity import check_links, check_orphaned_uses, check_uses
from wiki.models import Page, Path, RenderedPage, RenderedPath
from wiki.paths.rendering import PathDerivation, compute_path_derivation
from wiki.rendering import SHOWN, Derivation, compute_derivation


def find_damage() -> Iterator[Finding]:
    """Every disagreement on the site, of one moment; nothing is changed and nobody kept waiting.

    Memory is constant. Queries grow by a dozen for a hundred objects, and by at most one a page for
    each of what its rendering asks: linked pages, marks, embedded lists.
    """
    with one_view():
        yield from check_sections()
        yield from check_resources()
        yield from check_pages()
        yield from check_paths()
        yield from check_links()
        yield from check_attached()


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


def check_paths() -> Iterator[Finding]:
    """Findings about learning paths: history, HTML, steps, links."""
    yield from check_history(ObjectType.PATH, Path)
    for chunk in in_chunks(Path.objects.select_related("rendered").prefetch_related("step_rows")):
        found = {}
        for path in chunk:
            derivation = compute_path_derivation(path)
            found[path.pk] = derivation.links
            stored, computed = _stored_of_path(path), _computed_of_path(path, derivation)
            yield from compare_derived(ObjectType.PATH, path.pk, stored, computed)
        yield from check_uses(ObjectType.PATH, found)
    yield from check_orphaned_uses(ObjectType.PATH, Path)


def _stored_of_path(path: Path) -> dict[str, Any]:
    rendered: RenderedPath | None = getattr(path, "rendered", None)
    return {
        "version of the HTML": rendered.version if rendered else None,
        "HTML": rendered.html if rendered else None,
        "minutes": rendered.minutes if rendered else None,
        "wiki links": rendered.linked if rendered else None,
        "steps": [
            {name: getattr(row, name) for name in _STEP_COLUMNS} for row in path.step_rows.all()
        ],
    }


_STEP_COLUMNS = ("position", "key", "kind", "page_id", "resource_id", "title", "html", "minutes")


def _computed_of_path(path: Path, derivation: PathDerivation) -> dict[str, Any]:
    computed: dict[str, Any] = {
        "version of the HTML": path.version,
        "minutes": derivation.minutes,
        "wiki links": derivation.linked,
    }
    rendered: RenderedPath | None = getattr(path, "rendered", None)
    if rendered is None or not rendered.is_stale:
        # What waits for a worker says so: its HTML may be old.
        computed |= {"HTML": derivation.html, "steps": derivation.steps}
    return computed


def _stored(page: Page) -> dict[str, Any]:
    rendered = _rendered(page)
    return {
        "version of the HTML": rendered.version if rendered else None,
        "HTML": rendered.html if rendered else None,
        "contents": rendered.contents if rendered else None,
        "wiki links": {link.target_slug: link.target_title for link in page.outgoing.all()},
        "embeds": {
            tuple(getattr(embed, column) for column in SHOWN) for embed in page.embeds.all()
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
