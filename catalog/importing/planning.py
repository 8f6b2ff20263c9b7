"""From the parsed list to what should stand in the catalog: cleaned, duplicates merged."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.awesome import ParsedEntry, ParsedList, ParsedSection
from catalog.awesome.drafts import Report
from catalog.editing.resources import clean_resource_values
from markup.slugs import clean_name
from markup.urls import url_key

MAX_SECTION_TITLE = 200
MAX_RESOURCE_TITLE = 300

Path = tuple[str, ...]
"""The folded titles from the top section down: what makes two headings one section."""


@dataclass(slots=True)
class PlannedSection:
    """A section as the file wants it; headings of one path are one section."""

    path: Path
    title: str
    line: int
    introduction: str
    keys: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PlannedEntry:
    """A resource as the file wants it: values of its fields, and its sections, primary first."""

    key: str
    line: int
    values: dict[str, Any]
    paths: list[Path]


@dataclass(slots=True)
class Plan:
    """Sections by path, parents before children; entries by their address's identity."""

    sections: dict[Path, PlannedSection] = field(default_factory=dict)
    entries: dict[str, PlannedEntry] = field(default_factory=dict)
    merged: int = 0


def plan_import(parsed: ParsedList, report: Report) -> Plan:
    """What `parsed` asks for; entries that cannot be stored are refused in `report`."""
    plan = Plan()
    for section in parsed.sections:
        planned = _plan_section(plan, section, report)
        for entry in section.entries:
            _plan_entry(plan, planned, entry, report)
    return plan


def _plan_section(plan: Plan, section: ParsedSection, report: Report) -> PlannedSection:
    path = tuple(_shortened(clean_name(title), MAX_SECTION_TITLE) for title in section.path)
    title = path[-1]
    if title != clean_name(section.title):
        report.note(section.line, _("A title was shortened to %d characters.") % len(title))
    folded = tuple(part.casefold() for part in path)
    known = plan.sections.get(folded)
    if known is None:
        known = PlannedSection(folded, title, section.line, section.introduction)
        plan.sections[folded] = known
    else:
        report.note(section.line, _("Joined with the section of that name above."))
        known.introduction = "\n\n".join(filter(None, [known.introduction, section.introduction]))
    return known


def _plan_entry(plan: Plan, section: PlannedSection, entry: ParsedEntry, report: Report) -> None:
    title = _shortened(clean_name(entry.title), MAX_RESOURCE_TITLE)
    try:
        values = clean_resource_values(
            {
                "title": title,
                "url": entry.url,
                "description": entry.description,
                "group": entry.group,
                "badges": entry.badges,
            }
        )
    except ValidationError as error:
        reasons = " ".join(error.messages)
        message = _("“%(title)s” was not taken: %(reasons)s")
        report.refuse(entry.line, message % {"title": title, "reasons": reasons})
        return
    if title != clean_name(entry.title):
        report.note(entry.line, _("A title was shortened to %d characters.") % len(title))
    values |= _attribute_values(entry, report)
    key = url_key(values["url"])
    known = plan.entries.get(key)
    if known is None:
        plan.entries[key] = PlannedEntry(key, entry.line, values, [section.path])
        section.keys.append(key)
        return
    _merge_duplicate(known, section, values, entry.line, report)
    plan.merged += 1


def _attribute_values(entry: ParsedEntry, report: Report) -> dict[str, Any]:
    """The fields that the entry's own comment names; one that cannot be stored is left out."""
    said = entry.attributes
    wanted: dict[str, Any] = {name: said[name] for name in ("kind", "level") if name in said}
    if "lang" in said:
        wanted["language"] = said["lang"]
    if "tags" in said:
        wanted["tags"] = said["tags"].split(",")
    values: dict[str, Any] = {}
    for name, value in wanted.items():
        try:
            values |= clean_resource_values({name: value})
        except ValidationError as error:
            report.note(entry.line, " ".join(error.messages))
    return values


def _merge_duplicate(
    known: PlannedEntry,
    section: PlannedSection,
    values: dict[str, Any],
    line: int,
    report: Report,
) -> None:
    """The first entry of an address stays; it fills what is empty, and gets the section too."""
    for name, value in values.items():
        known.values[name] = known.values.get(name) or value
    if section.path not in known.paths:
        known.paths.append(section.path)
        section.keys.append(known.key)
    message = _("“%(title)s” has the address of line %(line)d, and was merged with it.")
    report.note(line, message % {"title": values["title"], "line": known.line})


def _shortened(title: str, length: int) -> str:
    return title if len(title) <= length else title[: length - 1].rstrip() + "…"
