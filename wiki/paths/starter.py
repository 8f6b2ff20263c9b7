"""The learning paths of the starter: each a file of Markdown, a heading for each step.

A heading may end in its minutes, "(20 min)"; a first line "-> …" names what the step leads to, by
the title of a page or an entry or by the address of an entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from markup.slugs import slugify_title
from wiki.paths.models import PathStep
from wiki.paths.steps import clean_steps
from wiki.paths.targets import find_targets
from wiki.starter_files import StarterError, read_file

_HEADING: Final = re.compile(r"^## (?P<title>.+?)(?: \((?P<minutes>\d{1,5}) min\))?$", re.MULTILINE)
_ARROW: Final = "-> "
_MAX_KEY: Final = 40


@dataclass(frozen=True)
class StarterStep:
    """A step as its file has it; ``leads_to`` is "" for a note."""

    title: str
    minutes: int | None
    leads_to: str
    text: str


@dataclass(frozen=True)
class StarterPath:
    """A path as its file has it: title, title of its section ("" for none), level, language."""

    title: str
    section: str
    level: str
    language: str
    introduction: str
    steps: tuple[StarterStep, ...]


def read_paths(folder: FilePath) -> list[StarterPath]:
    """The paths in ``folder``, by name; none where there is no such folder. Raises StarterError."""
    return [_read_path(file) for file in sorted(folder.glob("*.md"))]


def path_values(path: StarterPath, sections: Mapping[str, int]) -> dict[str, Any]:
    """``path`` as values of PATH_FIELDS; ``sections`` are ids by title.

    Raises StarterError where it names a section, a page or an entry that is not here.
    """
    if path.section and path.section not in sections:
        raise StarterError(f"{path.title}: there is no section “{path.section}”")
    targets = find_targets({step.leads_to for step in path.steps if step.leads_to})
    missing = [s.leads_to for s in path.steps if s.leads_to and s.leads_to not in targets]
    if missing:
        raise StarterError(f"{path.title}: there is no page and no entry “{missing[0]}”")
    steps = []
    for step in path.steps:
        kind, target = targets.get(step.leads_to, (PathStep.Kind.NOTE.value, None))
        steps.append(
            {
                "key": slugify_title(step.title)[:_MAX_KEY].strip("-"),
                "kind": kind,
                "target": target,
                "title": step.title,
                "text": step.text,
                "minutes": step.minutes,
            }
        )
    return {
        "title": path.title,
        "introduction": path.introduction,
        "level": path.level,
        "language": path.language,
        "section_id": sections.get(path.section),
        "steps": clean_steps(steps),
    }


def _read_path(file: FilePath) -> StarterPath:
    fields, body = read_file(file)
    introduction, *parts = _HEADING.split(body)
    titles, minutes, texts = parts[::3], parts[1::3], parts[2::3]
    return StarterPath(
        title=fields["title"],
        section=fields.get("section", ""),
        level=fields.get("level", ""),
        language=fields.get("language", "en"),
        introduction=introduction.strip() + "\n",
        steps=tuple(map(_read_step, titles, minutes, texts)),
    )


def _read_step(title: str, minutes: str | None, text: str) -> StarterStep:
    text, leads_to = text.strip(), ""
    if text.startswith(_ARROW):
        first, _end, text = text.partition("\n")
        leads_to = first.removeprefix(_ARROW).strip()
    return StarterStep(title, int(minutes) if minutes else None, leads_to, text.strip())
