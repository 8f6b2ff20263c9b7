"""What of a page, a resource, a section and a learning path is searched, read in bulk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.utils import translation

from catalog.models import MARK_GROUPS, Kind, Level, Resource, Section
from changes.models import ObjectType
from markup.reading import read_words
from wiki.models import Page, Path
from wiki.rendering import render_body

_GROUP_OF_MARK: Final = {mark: group for group, marks in MARK_GROUPS.items() for mark in marks}
_LIVELINESS: Final = {"dead": 0, "unsure": 1}
_LABEL_LANGUAGES: Final = ("en", "es")  # in which the names of kinds and levels are found


@dataclass(frozen=True, kw_only=True)
class Source:
    """One object as its owner shows it to readers.

    ``labels`` are words that describe it (tags, kind, section), ``headings`` those of its text;
    ``marks`` are the values that operators find it by.
    """

    object_type: str
    object_id: int
    title: str
    url: str
    text: str
    language: str
    changed_at: datetime
    address: str = ""
    context: str = ""
    kind: str = ""
    level: str = ""
    health: str = ""
    tags: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def liveliness(self) -> int:
        return _LIVELINESS.get(self.health, 2)


def read_sources(object_type: str, ids: Collection[int]) -> dict[int, Source]:
    """The objects of a type that readers may find, by id; what is deleted or retired is left out.

    A constant number of queries.
    """
    return {source.object_id: source for source in _READERS[object_type](ids)}


def read_ids(object_type: str) -> Iterable[int]:
    """The ids of all objects of a type, to index everything anew."""
    return _MODELS[object_type].objects.order_by("pk").values_list("pk", flat=True).iterator()


def _read_pages(ids: Collection[int]) -> Iterable[Source]:
    pages = Page.objects.published().filter(pk__in=ids)
    for page in pages.select_related("section", "rendered"):
        html, headings = _rendered(page)
        section = page.section
        yield Source(
            object_type=ObjectType.PAGE,
            object_id=page.pk,
            title=page.title,
            url=page.get_absolute_url(),
            text=read_words(html),
            language=page.language,
            changed_at=page.updated_at,
            context=section.title if section else "",
            labels=[section.title] if section else [],
            headings=headings,
            marks=[("language", page.language), *_section_marks([section] if section else [])],
        )


def _rendered(page: Page) -> tuple[str, list[str]]:
    """The page as readers get it; rendered now where what is stored is of an older revision."""
    rendered = getattr(page, "rendered", None)
    if rendered is not None and rendered.version == page.version:
        return rendered.html, [heading["text"] for heading in rendered.contents]
    document = render_body(page.body, page.language)
    return document.html, [heading.text for heading in document.headings]


def _read_resources(ids: Collection[int]) -> Iterable[Source]:
    resources = Resource.objects.listed().filter(pk__in=ids).select_related("section", "link")
    for resource in resources.prefetch_related("placements__section"):
        sections = [placement.section for placement in resource.placements.all()]
        health = _GROUP_OF_MARK.get(resource.link.mark, "") if resource.link else ""
        host = (urlsplit(resource.url).hostname or "").removeprefix("www.")
        names = [
            *_names(Kind(resource.kind) if resource.kind else None),
            *_names(Level(resource.level) if resource.level else None),
        ]
        yield Source(
            object_type=ObjectType.RESOURCE,
            object_id=resource.pk,
            title=resource.title,
            url=resource.get_absolute_url(),
            text=read_words(resource.description_html),
            language=resource.language,
            changed_at=resource.updated_at,
            address=resource.url,
            context=resource.section.title,
            kind=resource.kind,
            level=resource.level,
            health=health,
            tags=list(resource.tags),
            labels=[*resource.tags, *(s.title for s in sections), *names, host],
            marks=[
                ("language", resource.language),
                *([("kind", resource.kind)] if resource.kind else []),
                *([("level", resource.level)] if resource.level else []),
                *([("health", health)] if health else []),
                *(("tag", tag) for tag in resource.tags),
                *(("site", name) for name in _host_and_parents(host)),
                *_section_marks(sections),
            ],
        )


def _read_sections(ids: Collection[int]) -> Iterable[Source]:
    for section in Section.objects.existing().filter(pk__in=ids).select_related("parent"):
        parent = section.parent
        yield Source(
            object_type=ObjectType.SECTION,
            object_id=section.pk,
            title=section.title,
            url=section.get_absolute_url(),
            text=section.teaser,
            language="en",
            changed_at=section.updated_at,
            context=parent.title if parent else "",
            labels=[parent.title] if parent else [],
            marks=_section_marks([section, *([parent] if parent else [])]),
        )


def _read_paths(ids: Collection[int]) -> Iterable[Source]:
    paths = Path.objects.existing().filter(pk__in=ids).select_related("section", "rendered")
    for path in paths.prefetch_related("step_rows"):
        section = path.section
        steps = list(path.step_rows.all())
        html = " ".join([path.rendered.html, *(step.html for step in steps)])
        level = [("level", path.level)] if path.level else []
        yield Source(
            object_type=ObjectType.PATH,
            object_id=path.pk,
            title=path.title,
            url=path.get_absolute_url(),
            text=read_words(html),
            language=path.language,
            changed_at=path.updated_at,
            context=section.title if section else "",
            level=path.level,
            labels=[
                *([section.title] if section else []),
                *_names(Level(path.level) if path.level else None),
            ],
            headings=[step.title for step in steps if step.title],
            marks=[
                ("language", path.language),
                *level,
                *_section_marks([section] if section else []),
            ],
        )


def _section_marks(sections: Iterable[Section]) -> list[tuple[str, str]]:
    """A section is asked for by its address or its title."""
    return [("section", name) for s in sections for name in (s.slug, s.title)]


def _host_and_parents(host: str) -> list[str]:
    """``docs.ray.io`` and ``ray.io``: a site is asked for by the whole of its name or its end."""
    parts = host.split(".")
    return [".".join(parts[at:]) for at in range(len(parts) - 1)] or [host]


def _names(choice: Kind | Level | None) -> list[str]:
    """What a kind or level is called in the languages of the interface."""
    if choice is None:
        return []
    names = []
    for language in _LABEL_LANGUAGES:
        with translation.override(language):
            names.append(str(choice.label))
    return list(dict.fromkeys(names))


_READERS: Mapping[str, Callable[[Collection[int]], Iterable[Source]]] = {
    ObjectType.PAGE: _read_pages,
    ObjectType.RESOURCE: _read_resources,
    ObjectType.SECTION: _read_sections,
    ObjectType.PATH: _read_paths,
}
_MODELS: Mapping[str, type[Page | Resource | Section | Path]] = {
    ObjectType.PAGE: Page,
    ObjectType.RESOURCE: Resource,
    ObjectType.SECTION: Section,
    ObjectType.PATH: Path,
}
TYPES: Final = tuple(_READERS)
