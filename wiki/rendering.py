"""From a page's text to the HTML and the rows derived from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from catalog.listing import find_embedded_resources
from changes.models import ObjectType
from changes.nudging import nudge_after_commit
from linkcheck.marks import find_marks
from linkcheck.uses import FoundLink, sync_uses
from markup.rendering import Embed, RenderedDocument, render_document
from wiki.models import Page, PageEmbed, PageLink, RenderedPage

STALE_BATCH = 50


def find_existing(slugs: Sequence[str]) -> Mapping[str, str]:
    """Addresses of those ``slugs`` at which a page or a redirect stands; one query."""
    found = Page.objects.existing().filter(slug__in=slugs).values_list("slug", flat=True)
    return {slug: reverse("wiki:page_detail", args=[slug]) for slug in found}


def render_body(body: str) -> RenderedDocument:
    """A page's text as a reader sees it now: links to pages, embedded lists and marks resolved."""
    return render_document(
        body,
        resolve_wikilink=find_existing,
        resolve_embed=find_embedded_resources,
        mark_link=find_marks,
    )


def derive(page: Page) -> None:
    """Make everything that follows from a page's newest text; inside the write's transaction."""
    body = "" if page.is_deleted or page.is_redirect else page.body
    rendered = render_body(body)
    sync_uses(
        ObjectType.PAGE,
        page.pk,
        [FoundLink("body", link.url, link.text) for link in rendered.links],
    )
    _store_html(page, rendered)
    _store_links(page, rendered)
    _store_embeds(page, rendered.embeds)


def _store_html(page: Page, rendered: RenderedDocument) -> None:
    contents = [{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings]
    RenderedPage.objects.update_or_create(
        page=page,
        defaults={
            "version": page.version,
            "html": rendered.html,
            "contents": contents,
            "is_stale": False,
        },
    )


def _store_links(page: Page, rendered: RenderedDocument) -> None:
    wanted = {link.slug: link.title for link in rendered.wikilinks if link.slug}
    current = set(page.outgoing.values_list("target_slug", flat=True))
    page.outgoing.filter(target_slug__in=current - wanted.keys()).delete()
    PageLink.objects.bulk_create(
        PageLink(source=page, target_slug=slug[:130], target_title=title[:200])
        for slug, title in wanted.items()
        if slug not in current
    )


def _store_embeds(page: Page, embeds: Iterable[Embed]) -> None:
    wanted = {
        (embed.params.get("section", "")[:130], embed.params.get("tag", "")[:50])
        for embed in embeds
    }
    current = set(page.embeds.values_list("section_slug", "tag"))
    if wanted == current:
        return
    page.embeds.all().delete()
    PageEmbed.objects.bulk_create(
        PageEmbed(page=page, section_slug=section, tag=tag) for section, tag in sorted(wanted)
    )


def mark_linking_pages_stale(slug: str) -> None:
    """A page appeared at ``slug`` or went away: links to it change colour."""
    _mark_stale(RenderedPage.objects.filter(page__outgoing__target_slug=slug))


def mark_pages_stale(page_ids: Sequence[int]) -> None:
    """Something that these pages show changed."""
    _mark_stale(RenderedPage.objects.filter(page__in=page_ids))


def _mark_stale(rendered: QuerySet[RenderedPage]) -> None:
    from wiki.tasks import render_stale_pages

    if rendered.update(is_stale=True):
        nudge_after_commit(render_stale_pages)


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
                body = "" if page.is_deleted or page.is_redirect else page.body
                _store_html(page, render_body(body))
            done += 1


def revision_html(revision: Any) -> str:
    """An old revision's text through today's renderer."""
    return render_body(revision.body).html
