"""Filling a new site: a list through the importer, pages through the operations of the wiki."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from accounts.models import User
from catalog.awesome import read_list
from catalog.importing import ImportResult, import_list
from catalog.models import Resource, Section
from changes.models import Source
from changes.recording import Authorship
from wiki.editing import create_page
from wiki.models import Page

_FENCE = "---"


class StarterError(ValueError):
    """A page of the starter cannot be read; the message says which and why."""


@dataclass(frozen=True)
class StarterPage:
    """A page as its file has it: title, title of its section ("" for none), language, text."""

    title: str
    section: str
    language: str
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
    paths = sorted(pages_path.glob("*.md")) if pages_path else []
    pages = [_read_page(path) for path in paths]
    sections = dict(Section.objects.values_list("title", "pk"))
    return StarterResult(imported, [_create(page, sections, actor) for page in pages])


def _create(page: StarterPage, sections: Mapping[str, int], actor: User) -> Page:
    if page.section and page.section not in sections:
        raise StarterError(f"{page.title}: there is no section “{page.section}”")
    values = {
        "title": page.title,
        "body": page.body,
        "language": page.language,
        "section_id": sections.get(page.section),
    }
    by = Authorship(actor=actor, source=Source.IMPORT, summary="starter")
    return create_page(values=values, by=by)


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
        body=text.lstrip("\n"),
    )


def _split(path: Path) -> tuple[str, str]:
    lines = read_list(path).split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise StarterError(f"{path.name}: there is no front matter between “---” lines")
    end = lines.index(_FENCE, 1)
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])
