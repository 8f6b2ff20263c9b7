"""Filling a new site: a list through the importer, pages and paths through their operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import User
from catalog.awesome import parse_list, read_list
from catalog.importing import ImportResult, import_list
from catalog.importing.memory import ListMemory
from catalog.models import Resource, Section
from changes.models import ObjectType, Source
from changes.recording import Authorship
from markup.slugs import slugify_title
from wiki.editing import create_page
from wiki.models import Page
from wiki.models import Path as LearningPath
from wiki.paths.editing import create_path
from wiki.paths.starter import path_values, read_paths
from wiki.starter_files import StarterError, read_file


@dataclass(frozen=True)
class StarterPage:
    """A page as its file has it: title, title of its section ("" for none), language, text.

    ``original`` is the title of the page that it translates, "" where it is no translation.
    """

    title: str
    section: str
    language: str
    original: str
    body: str


@dataclass(frozen=True)
class StarterResult:
    """What was written; ``imported`` is None where the site was filled already."""

    imported: ImportResult | None
    pages: list[Page]
    paths: list[LearningPath]


@transaction.atomic
def fill_site(
    *, list_path: Path, pages_path: Path | None, actor: User, paths_path: Path | None = None
) -> StarterResult:
    """Load a list, pages and learning paths into an empty site; a filled one is left as it is.

    What people changed or took away is theirs: the starter never brings anything back. Raises
    StarterError, UnreadableList or ValidationError, and then nothing is written.
    """
    if Section.objects.exists() or Resource.objects.exists() or Page.objects.exists():
        return StarterResult(None, [], [])
    text = read_list(list_path)
    imported = import_list(text=text, actor=actor, name=list_path.name)
    by = Authorship(actor=actor, source=Source.IMPORT, summary="starter")
    identity = list_identity(text, list_path.name)
    memory = ListMemory(identity, ObjectType.PAGE)
    sections = dict(Section.objects.values_list("title", "pk"))
    written: dict[str, int] = {}
    pages = []
    for starter_page in read_pages(pages_path) if pages_path else []:
        values = page_values(starter_page, sections, written)
        page = create_page(values=values, by=by)
        memory.says(page.pk, values)
        written[page.title] = page.pk
        pages.append(page)
    memory.save()
    paths = _lay_paths(paths_path, sections, identity, by) if paths_path else []
    return StarterResult(imported, pages, paths)


def _lay_paths(
    folder: Path, sections: Mapping[str, int], identity: str, by: Authorship
) -> list[LearningPath]:
    """Learning paths, once the pages and entries stand to which their steps lead."""
    memory = ListMemory(identity, ObjectType.PATH)
    paths = []
    for starter_path in read_paths(folder):
        values = path_values(starter_path, sections)
        path = create_path(values=values, by=by)
        memory.says(path.pk, values)
        paths.append(path)
    memory.save()
    return paths


def list_identity(text: str, name: str) -> str:
    """By what the list is known again: its title."""
    return slugify_title(parse_list(text, name=name).title)


def read_pages(folder: Path) -> list[StarterPage]:
    """The pages in ``folder`` and the folders in it, translations behind all originals."""
    pages = [_read_page(path) for path in sorted(folder.glob("**/*.md"))]
    return sorted(pages, key=lambda page: bool(page.original))


def page_values(
    page: StarterPage, sections: Mapping[str, int], pages: Mapping[str, int]
) -> dict[str, Any]:
    """``page`` as values of PAGE_FIELDS; ``sections`` and ``pages`` are ids by title.

    Raises StarterError where it names a section or an original that is in neither.
    """
    if page.section and page.section not in sections:
        raise StarterError(f"{page.title}: there is no section “{page.section}”")
    if page.original and page.original not in pages:
        raise StarterError(f"{page.title}: there is no page “{page.original}” to translate")
    return {
        "title": page.title,
        "body": page.body,
        "language": page.language,
        "section_id": sections.get(page.section),
        "translation_of_id": pages.get(page.original),
    }


def _read_page(path: Path) -> StarterPage:
    fields, body = read_file(path)
    return StarterPage(
        title=fields["title"],
        section=fields.get("section", ""),
        language=fields.get("language", "en"),
        original=fields.get("translation-of", ""),
        body=body,
    )
