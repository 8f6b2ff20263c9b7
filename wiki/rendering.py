"""From a page's text to the HTML and the rows derived from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import CharField, QuerySet, Value
from django.urls import reverse
from django.utils import translation

from catalog.listing import find_embedded_resources
from catalog.references import entry_slug, find_entry_marks
from changes.models import ObjectType
from changes.nudging import nudge_after_commit
from linkcheck.marks import find_marks, find_source_marks
from linkcheck.uses import FoundLink, sync_uses
from markup.rendering import OutputTooLarge, RenderedDocument, render_document
from wiki.models import Page, PageEmbed, PageImage, PageLink, Path, RenderedPage

logger = logging.getLogger(__name__)

STALE_BATCH = 50
MAX_SLUG, MAX_TITLE = 130, 200  # what the columns hold
# What an embedded list is narrowed by: its parameter, and the column of PageEmbed that keeps it,
# of these widths.
EMBEDDED = {
    "section": "section_slug",
    "tag": "tag",
    "kind": "kind",
    "level": "level",
    "language": "language",
}
_WIDTHS = (130, 50, 20, 14, 12)
#: The columns of PageEmbed: those of a list, and the entry that a link leads to.
SHOWN = (*EMBEDDED.values(), "entry_slug")


def find_existing(slugs: Sequence[str]) -> Mapping[str, str]:
    """Addresses of those ``slugs`` at which a page, a redirect or else a path stands; two queries.

    One, where all are pages.
    """
    pages = set(Page.objects.existing().filter(slug__in=slugs).values_list("slug", flat=True))
    others = [slug for slug in slugs if slug not in pages]
    paths = Path.objects.existing().filter(slug__in=others).values_list("slug", flat=True)
    found = {slug: reverse("wiki:page_detail", args=[slug]) for slug in pages}
    return found | {slug: reverse("wiki:path_detail", args=[slug]) for slug in paths}


def render_body(
    body: str, language: str, *, lines: tuple[int, int] | None = None
) -> RenderedDocument:
    """A page's text as a reader sees it now: links to pages, embedded lists and marks resolved.

    The words that rendering adds are in the page's language, whatever the editor's is. With
    ``lines`` the HTML is that of a part of it.
    """
    with translation.override(language):
        return render_document(
            body,
            resolve_wikilink=find_existing,
            resolve_embed=find_embedded_resources,
            mark_link=find_marks,
            mark_source=find_source_marks,
            mark_inside=find_entry_marks,
            lines=lines,
        )


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """All that follows from a page's newest text, as it is stored beside the page.

    ``contents`` are the rows of the contents list, ``wikilinks`` titles by slug, ``embeds`` what it
    shows of the catalog in the columns of ``SHOWN``: what each list is narrowed by ("" for any),
    and the entries that it refers to. ``images`` are the names of uploaded pictures.
    """

    html: str
    contents: list[dict[str, Any]]
    links: list[FoundLink]
    wikilinks: dict[str, str]
    embeds: set[tuple[str, ...]]
    images: list[str]


def compute_derivation(page: Page) -> Derivation:
    """What follows from ``page`` as it stands; nothing does from a deleted one or a redirect."""
    body = "" if page.is_deleted or page.is_redirect else page.body
    rendered = render_body(body, page.language)
    return Derivation(
        html=rendered.html,
        contents=[{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings],
        links=[FoundLink("body", link.url, link.text) for link in rendered.links],
        wikilinks={
            link.slug[:MAX_SLUG]: link.title[:MAX_TITLE] for link in rendered.wikilinks if link.slug
        },
        embeds=_find_shown(rendered),
        images=rendered.pictures,
    )


def _find_shown(rendered: RenderedDocument) -> set[tuple[str, ...]]:
    lists = {
        (
            *(
                embed.params.get(name, "")[:width]
                for name, width in zip(EMBEDDED, _WIDTHS, strict=True)
            ),
            "",
        )
        for embed in rendered.embeds
    }
    slugs = {slug for path in rendered.inside if (slug := entry_slug(path))}
    return lists | {(*("" for _column in EMBEDDED), slug) for slug in slugs}


def derive(page: Page) -> None:
    """Make everything that follows from a page's newest text; inside the write's transaction."""
    derivation = compute_derivation(page)
    sync_uses(ObjectType.PAGE, page.pk, derivation.links)
    _store_html(page, derivation)
    _store_links(page, derivation.wikilinks)
    _store_shown(page, derivation)


def _store_html(page: Page, derivation: Derivation) -> None:
    rendered = RenderedPage(
        page=page, version=page.version, html=derivation.html, contents=derivation.contents
    )
    # One statement, whether there was one before or not, and nothing of the old one is read.
    RenderedPage.objects.bulk_create(
        [rendered],
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["version", "html", "contents", "is_stale", "rendered_at"],
    )


def _store_links(page: Page, wanted: Mapping[str, str]) -> None:
    current = dict(page.outgoing.values_list("target_slug", "target_title"))
    gone = [slug for slug, title in current.items() if wanted.get(slug) != title]
    if gone:
        page.outgoing.filter(target_slug__in=gone).delete()
    PageLink.objects.bulk_create(
        PageLink(source=page, target_slug=slug, target_title=title)
        for slug, title in wanted.items()
        if current.get(slug) != title
    )


def _store_shown(page: Page, derivation: Derivation) -> None:
    """Embedded lists, entries and pictures; one query where none changed."""
    columns = SHOWN
    empty = dict.fromkeys((f"no_{column}" for column in columns[1:]), Value("", CharField()))
    embeds = page.embeds.order_by().annotate(is_image=Value(False))
    images = page.images.order_by().annotate(is_image=Value(True), **empty)
    rows = embeds.values_list("is_image", *columns).union(
        images.values_list("is_image", "name", *empty), all=True
    )
    current: dict[bool, set[tuple[str, ...]]] = {False: set(), True: set()}
    for is_image, *shown in rows:
        current[bool(is_image)].add(tuple(shown))
    if derivation.embeds != current[False]:
        page.embeds.all().delete()
        PageEmbed.objects.bulk_create(
            PageEmbed(page=page, **dict(zip(columns, values, strict=True)))
            for values in sorted(derivation.embeds)
        )
    _store_images(page, set(derivation.images), {name for name, *_nothing in current[True]})


def _store_images(page: Page, wanted: set[str], current: set[str]) -> None:
    if gone := current - wanted:
        page.images.filter(name__in=gone).delete()
    PageImage.objects.bulk_create(
        PageImage(page=page, name=name) for name in sorted(wanted - current)
    )


def mark_linking_pages_stale(slug: str) -> None:
    """A page appeared at ``slug`` or went away: links to it change colour."""
    _mark_stale(RenderedPage.objects.filter(page__outgoing__target_slug=slug))


def mark_pages_stale(page_ids: Sequence[int]) -> None:
    """Something that these pages show changed."""
    _mark_stale(RenderedPage.objects.filter(page__in=page_ids))


def _mark_stale(rendered: QuerySet[RenderedPage]) -> None:
    from wiki.tasks import render_stale_pages

    if transaction.get_connection().features.has_select_for_update:
        # By their ids, as everybody who marks several: so nobody waits in a circle.
        rows = RenderedPage.objects.filter(pk__in=rendered.values("pk"))
        rendered = RenderedPage.objects.filter(pk__in=_hold(rows))
    if rendered.update(is_stale=True):
        nudge_after_commit(render_stale_pages)


@transaction.atomic
def _hold(rows: QuerySet[RenderedPage]) -> list[int]:
    """Lock rows in the order of their ids, until the caller's transaction ends."""
    return list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))


def render_stale_pages() -> int:
    """Render again what became stale, a batch at a time; returns how many pages were rendered.

    Each page in a transaction of its own that locks it: an edit meanwhile waits or wins.
    """
    done = 0
    while True:
        batch = list(
            RenderedPage.objects.filter(is_stale=True).values_list("page_id", flat=True)[
                :STALE_BATCH
            ]
        )
        if not batch:
            return done
        for page_id in batch:
            with transaction.atomic():
                page = Page.objects.select_for_update().get(pk=page_id)
                _render_again(page)
            done += 1


def _render_again(page: Page) -> None:
    """As ``page`` is shown now; as it was, where embedded lists made it too large meanwhile."""
    try:
        derivation = compute_derivation(page)
        _store_html(page, derivation)
        _store_shown(page, derivation)
    except OutputTooLarge:
        logger.warning("page %s has grown too large to be rendered again", page.pk)
        RenderedPage.objects.filter(page=page).update(is_stale=False)


def revision_html(revision: Any) -> str:
    """An old revision's text through today's renderer."""
    return render_body(revision.body, revision.language).html
