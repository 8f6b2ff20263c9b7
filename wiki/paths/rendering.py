"""From a path's texts to the HTML and the rows derived from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from changes.models import ObjectType
from changes.nudging import nudge_after_commit
from linkcheck.marks import find_marks
from linkcheck.uses import FoundLink, sync_uses
from markup.rendering import RenderedDocument, render_document
from wiki.paths.models import Path, PathStep, RenderedPath
from wiki.paths.steps import say_minutes, total_minutes
from wiki.paths.targets import show_targets
from wiki.rendering import find_existing


def render_text(text: str, language: str) -> RenderedDocument:
    """An introduction or a word on a step: links to pages and marks resolved, no lists."""
    with translation.override(language):
        return render_document(text, resolve_wikilink=find_existing, mark_link=find_marks)


@dataclass(frozen=True, kw_only=True)
class PathDerivation:
    """All that follows from a path's newest revision, as it is stored beside it."""

    html: str = ""
    minutes: int = 0
    linked: list[str] = field(default_factory=list)
    links: list[FoundLink] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)


def compute_path_derivation(path: Path) -> PathDerivation:
    """What follows from ``path`` as it stands; nothing does from a deleted one."""
    if path.is_deleted:
        return PathDerivation()
    introduction = render_text(path.introduction, path.language)
    texts = [render_text(step["text"], path.language) for step in path.steps]
    documents = [("introduction", introduction), *(("steps", text) for text in texts)]
    found = [(name, link) for name, document in documents for link in document.links]
    slugs = {link.slug for _name, document in documents for link in document.wikilinks}
    return PathDerivation(
        html=introduction.html,
        minutes=total_minutes(path.steps),
        linked=sorted(slugs - {""}),
        links=[FoundLink(name, link.url, link.text) for name, link in found],
        steps=[
            {
                "position": position,
                "key": step["key"],
                "kind": step["kind"],
                "page_id": step["target"] if step["kind"] == PathStep.Kind.PAGE else None,
                "resource_id": step["target"] if step["kind"] == PathStep.Kind.RESOURCE else None,
                "title": step["title"],
                "html": text.html,
                "minutes": step["minutes"],
            }
            for position, (step, text) in enumerate(zip(path.steps, texts, strict=True))
        ],
    )


def derive_path(path: Path) -> None:
    """Make everything that follows from a path's newest revision; inside its transaction."""
    derivation = compute_path_derivation(path)
    sync_uses(ObjectType.PATH, path.pk, derivation.links)
    _store(path, derivation)


def _store(path: Path, derivation: PathDerivation) -> None:
    rendered = RenderedPath(
        path=path,
        version=path.version,
        html=derivation.html,
        minutes=derivation.minutes,
        linked=derivation.linked,
    )
    RenderedPath.objects.bulk_create(
        [rendered],
        update_conflicts=True,
        unique_fields=["path"],
        update_fields=["version", "html", "minutes", "linked", "is_stale", "rendered_at"],
    )
    path.step_rows.all().delete()
    PathStep.objects.bulk_create(PathStep(path=path, **values) for values in derivation.steps)


def mark_paths_stale(path_ids: Sequence[int]) -> None:
    """Something that these paths show changed."""
    _mark_stale(RenderedPath.objects.filter(path__in=path_ids))


def mark_linking_paths_stale(slug: str) -> None:
    """A page appeared at ``slug`` or went away: links to it change colour."""
    # JSON is asked here and not in the database: there are few paths, and two databases.
    linked = RenderedPath.objects.values_list("path_id", "linked")
    ids = [path_id for path_id, slugs in linked if slug in slugs]
    if ids:
        mark_paths_stale(ids)


def _mark_stale(rendered: QuerySet[RenderedPath]) -> None:
    from wiki.tasks import render_stale_pages

    if rendered.update(is_stale=True):
        nudge_after_commit(render_stale_pages)


def render_stale_paths() -> int:
    """Render again what became stale, each path in a transaction of its own; how many."""
    ids = list(RenderedPath.objects.filter(is_stale=True).values_list("path_id", flat=True))
    for path_id in ids:
        with transaction.atomic():
            path = Path.objects.select_for_update().get(pk=path_id)
            _store(path, compute_path_derivation(path))
    return len(ids)


def draw_path(revision: Any) -> str:
    """An old revision through today's renderer: introduction and steps in their order."""
    introduction = render_text(revision.introduction, revision.language).html
    shown = show_targets(revision.steps)
    steps = format_html_join(
        "",
        "<li><p><strong>{}</strong> {}</p>{}</li>",
        (
            (
                step["title"] or shown.get((step["kind"], step["target"]), ("", ""))[1],
                say_minutes(step["minutes"]),
                mark_safe(render_text(step["text"], revision.language).html),  # noqa: S308
            )
            for step in revision.steps
        ),
    )
    return format_html("{}<ol>{}</ol>", mark_safe(introduction), steps)  # noqa: S308
