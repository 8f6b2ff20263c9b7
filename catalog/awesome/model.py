"""What the parser says about an awesome list: frozen records, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One thing that could not be taken (or was taken in another way), and where it stands.

    `line` counts from 1. `is_refusal` marks a link that an entry was expected from.
    """

    line: int
    message: str
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One resource of the list.

    - `title`: plain text.
    - `url`: as written, with http, https or no scheme before `//`; not validated further.
    - `description`: Markdown as written, reference links made inline.
    - `badges`: the images around the title link as Markdown, separated by spaces.
    - `group`: the label it stands under (enclosing list item or bold line), plain text.
    - `parent`: index of the enclosing entry among the section's entries.
    - `line`: of the link, counted from 1.
    - `extra_links`: the other outside links in `description`, as (text, URL).
    - `attributes`: what its own comment says, by "kind", "level", "lang", "tags" (comma-separated).
    """

    title: str
    url: str
    description: str
    badges: str
    group: str
    parent: int | None
    line: int
    extra_links: tuple[tuple[str, str], ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedSection:
    """A heading with what stands directly below it, entries in reading order.

    `depth` is 1 for a section at the top; `path` holds the titles from the top down to this
    section's own, so `len(path) == depth`.
    """

    title: str
    depth: int
    line: int
    path: tuple[str, ...]
    introduction: str
    entries: tuple[ParsedEntry, ...]


@dataclass(frozen=True, slots=True)
class ParsedList:
    """A whole list: sections in reading order, each parent before its children.

    `introduction_line` is where the introduction begins (from 1).
    """

    title: str
    introduction_markdown: str
    introduction_line: int
    sections: tuple[ParsedSection, ...]
    report: tuple[ReportLine, ...]
