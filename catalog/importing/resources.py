"""The file's entries brought into the catalog."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.awesome.drafts import Report
from catalog.editing import create_resource, edit_resource
from catalog.importing.memory import (
    ListMemory,
    Values,
    chunks,
    describe_dispute,
    merge_into,
)
from catalog.importing.ordering import Place, plan_positions
from catalog.importing.planning import Path, Plan, PlannedEntry
from catalog.models import Resource, Section
from changes.editing import EditConflictError
from changes.recording import Authorship
from linkcheck.uses import prepare_links
from markup.rendering import render_document

Places = dict[int, int]
"""Position by section id, the primary section first."""
Progress = Callable[[int, int], None]


class ResourceImport:
    """One run over the entries of a plan; `counts` says what became of them."""

    def __init__(
        self,
        plan: Plan,
        sections: Mapping[Path, Section],
        memory: ListMemory,
        *,
        by: Authorship,
        report: Report,
        language: str,
    ) -> None:
        self.plan = plan
        self.section_ids = {path: section.pk for path, section in sections.items()}
        self.memory = memory
        self.by = by
        self.report = report
        self.language = language
        self.counts: Counter[str] = Counter()
        self.known = _listed(plan)
        self.planned_places = self._plan_places()

    def run(self, progress: Progress | None) -> None:
        """Write what differs, entry by entry."""
        prepare_links(self._new_links())
        total = len(self.plan.entries)
        for done, entry in enumerate(self.plan.entries.values(), start=1):
            resource = self.known.get(entry.key)
            if resource is None:
                self._create(entry)
            else:
                self._update(entry, resource)
            if progress:
                progress(done, total)

    def _new_links(self) -> Iterator[str]:
        """The addresses that new entries will use: their own and those in their descriptions."""
        for entry in self.plan.entries.values():
            if entry.key not in self.known:
                yield entry.values["url"]
                if "://" in entry.values["description"]:
                    rendered = render_document(entry.values["description"], inline=True)
                    yield from (link.url for link in rendered.links)

    def _plan_places(self) -> dict[tuple[str, int], int]:
        """By entry and section id, the positions that change or are new."""
        planned: dict[tuple[str, int], int] = {}
        for section in self.plan.sections.values():
            section_id = self.section_ids[section.path]
            places = [self._place(key, section_id) for key in section.keys]
            for key, position in zip(section.keys, plan_positions(places), strict=True):
                if position is not None:
                    planned[key, section_id] = position
        return planned

    def _place(self, key: str, section_id: int) -> Place:
        resource = self.known.get(key)
        if resource is None:
            return Place()
        base = _places_of(self.memory.said(resource.pk)) or {}
        return Place(resource.places().get(section_id), base=base.get(section_id))

    def _create(self, entry: PlannedEntry) -> None:
        places = self._planned_places_of(entry)
        values = {"language": self.language, **entry.values, **_place_values(places)}
        try:
            resource = create_resource(values=values, by=self.by)
        except ValidationError as error:
            message = _("“%(title)s” was not taken: %(reasons)s")
            words = {"title": entry.values["title"], "reasons": " ".join(error.messages)}
            self.report.refuse(entry.line, message % words)
            return
        self.counts["created"] += 1
        self._remember(entry, resource, places)

    def _update(self, entry: PlannedEntry, resource: Resource) -> None:
        said = self.memory.said(resource.pk)
        planned = self._planned_places_of(entry)
        wanted = [self.section_ids[path] for path in entry.paths]
        current = resource.places()
        places = merge_places(current, _places_of(said), wanted, planned)
        changed, disputed = merge_into(resource, said, entry.values)
        changed |= _difference(resource, _place_values(places))
        is_written = False
        try:
            if changed:
                edit_resource(
                    resource_id=resource.pk,
                    base_version=resource.version,
                    values=changed,
                    by=self.by,
                )
                is_written = True
        except EditConflictError as conflict:  # someone saved it while we were reading
            disputed += [field.name for field in conflict.conflicts]
        self.counts["updated" if is_written else "unchanged"] += 1
        self._remember(entry, resource, planned, disputed)
        if disputed:
            self.report.note(entry.line, describe_dispute(resource.title, disputed))
        if resource.is_retired:
            message = _("“%(title)s” was retired here and stays so.")
            self.report.note(entry.line, message % {"title": resource.title})

    def _planned_places_of(self, entry: PlannedEntry) -> Places:
        """The positions of an entry that change or are new."""
        section_ids = (self.section_ids[path] for path in entry.paths)
        return {
            section_id: self.planned_places[entry.key, section_id]
            for section_id in section_ids
            if (entry.key, section_id) in self.planned_places
        }

    def _remember(
        self,
        entry: PlannedEntry,
        resource: Resource,
        planned: Places,
        disputed: Collection[str] = (),
    ) -> None:
        known = resource.places() | (_places_of(self.memory.said(resource.pk)) or {}) | planned
        section_ids = (self.section_ids[path] for path in entry.paths)
        places = [[section_id, known.get(section_id, 0)] for section_id in section_ids]
        values = {**entry.values, "places": places}
        self.memory.says(resource.pk, values, disputed=disputed)


def merge_places(
    current: Places, base: Places | None, wanted: list[int], planned: Places
) -> Places:
    """Where a resource goes that stands in `current` and that the file wants in `wanted`.

    Against `base`, what the last import wrote: sections that the file added come in, those it
    dropped go out, and what people did stays. `planned` has positions for what is new or moved.
    """
    before = current if base is None else base
    places = {
        section_id: position
        for section_id, position in current.items()
        if section_id in wanted or section_id not in before or base is None
    }
    for section_id in wanted:
        position = planned.get(section_id)
        if position is None:
            continue
        is_new = section_id not in current and section_id not in before
        if is_new or (base is not None and current.get(section_id) == base.get(section_id)):
            places[section_id] = position
    if not places:
        return current
    primary, *_further = current
    if base and next(iter(base)) == primary and wanted[0] in places:
        primary = wanted[0]
    if primary not in places:
        primary = next(iter(places))
    return {primary: places.pop(primary), **places}


def _listed(plan: Plan) -> dict[str, Resource]:
    """The resources that have an address of the plan already."""
    known: dict[str, Resource] = {}
    for chunk in chunks(plan.entries):
        rows = Resource.objects.filter(url_key__in=chunk).defer("description_html")
        known |= {resource.url_key: resource for resource in rows}
    return known


def _places_of(said: Mapping[str, Any]) -> Places | None:
    """Where the last import put a resource; None where it did not."""
    return dict(said["places"]) if said else None


def _difference(resource: Resource, values: Values) -> Values:
    return {name: value for name, value in values.items() if getattr(resource, name) != value}


def _place_values(places: Places) -> Values:
    (section_id, position), *further = places.items()
    return {
        "section_id": section_id,
        "position": position,
        "further_sections": [list(place) for place in further],
    }
