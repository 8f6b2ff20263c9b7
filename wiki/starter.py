"""Filling a new site: a list through the importer, pages through the operations of the wiki."""

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

_FENCE = "---"


class StarterError(ValueError):
    """A page of the starter cannot be read; the message says which and why."""


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


@transaction.atomic
def fill_site(*, list_path: Path, pages_path: Path | None, actor: User) -> StarterResult:
    """Load a list and pages into a site that has neither; a filled site is left as it is.

    What people changed or took away is theirs: the starter never brings anything back. Raises
    StarterError, UnreadableList or ValidationError, and then nothing is written.
    """
    if Section.objects.exists() or Resource.objects.exists() or Page.objects.exists():
        return StarterResult(None, [])
    text = read_list(list_path)
    imported = import_list(text=text, actor=actor, name=list_path.name)
    by = Authorship(actor=actor, source=Source.IMPORT, summary="starter")
    memory = ListMemory(list_identity(text, list_path.name), ObjectType.PAGE)
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
    return StarterResult(imported, pages)


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
    """Front matter of ``key: value`` lines between two fences, then Markdown."""
    head, text = _split(path)
    fields = {}
    for line in head.splitlines():
        key, separator, value = line.partition(": ")
        if not separator:
            raise StarterError(f"{path.name}: “{line}” is not “key: value”")
        fields[key.strip()] = value.strip()
    if not fields.get("title"):
        raise StarterError(f"{path.name}: the front matter has no title")
    return StarterPage(
        title=fields["title"],
        section=fields.get("section", ""),
        language=fields.get("language", "en"),
        original=fields.get("translation-of", ""),
        body=text.lstrip("\n"),
    )


def _split(path: Path) -> tuple[str, str]:
    lines = read_list(path).split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise StarterError(f"{path.name}: there is no front matter between “---” lines")
    end = lines.index(_FENCE, 1)
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])
