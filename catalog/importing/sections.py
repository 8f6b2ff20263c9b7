"""The file's sections brought into the catalog's tree."""

from collections.abc import Collection, Sequence

from catalog.awesome.drafts import Report
from catalog.editing import create_section, edit_section
from catalog.importing.memory import ListMemory, Values, describe_dispute, merge_into
from catalog.importing.ordering import Place, plan_positions
from catalog.importing.planning import Path, Plan, PlannedSection
from catalog.models import Section
from changes.editing import EditConflictError
from changes.recording import Authorship


def import_sections(
    plan: Plan, memory: ListMemory, *, by: Authorship, report: Report
) -> dict[Path, Section]:
    """Create and update the sections of `plan`; returns them all by path.

    A section is known by its title, in whatever case, below its parent.
    """
    return _SectionImport(memory, by, report).run(plan)


class _SectionImport:
    def __init__(self, memory: ListMemory, by: Authorship, report: Report) -> None:
        self.memory = memory
        self.by = by
        self.report = report
        self.known: dict[tuple[int | None, str], Section] = {}
        sections = Section.objects.existing().defer("introduction_html")
        for section in sections.order_by("-id"):
            self.known[section.parent_id, section.title.casefold()] = section

    def run(self, plan: Plan) -> dict[Path, Section]:
        families: dict[Path, list[PlannedSection]] = {}
        for section in plan.sections.values():
            families.setdefault(section.path[:-1], []).append(section)
        stored: dict[Path, Section] = {}
        for parent_path in sorted(families, key=len):
            self._import_siblings(stored.get(parent_path), families[parent_path], stored)
        return stored

    def _import_siblings(
        self,
        parent: Section | None,
        siblings: Sequence[PlannedSection],
        stored: dict[Path, Section],
    ) -> None:
        parent_id = parent.pk if parent else None
        found = [self.known.get((parent_id, planned.path[-1])) for planned in siblings]
        positions = plan_positions([self._place(section) for section in found])
        for planned, section, position in zip(siblings, found, positions, strict=True):
            disputed: list[str] = []
            if section is None:
                section = create_section(
                    title=planned.title,
                    parent=parent,
                    position=position,
                    introduction=planned.introduction,
                    by=self.by,
                )
            else:
                section, disputed = self._update(section, planned, position)
            stored[planned.path] = section
            self._remember(section, planned, position, disputed)

    def _place(self, section: Section | None) -> Place:
        if section is None:
            return Place()
        return Place(section.position, base=self.memory.said(section.pk).get("position"))

    def _remember(
        self,
        section: Section,
        planned: PlannedSection,
        position: int | None,
        disputed: Collection[str],
    ) -> None:
        if position is None:
            position = self.memory.said(section.pk).get("position", section.position)
        values = {**_wanted(planned), "position": position}
        self.memory.says(section.pk, values, disputed=disputed)

    def _update(
        self, section: Section, planned: PlannedSection, position: int | None
    ) -> tuple[Section, list[str]]:
        changed, disputed = merge_into(section, self.memory.said(section.pk), _wanted(planned))
        if position is not None:
            changed["position"] = position
        try:
            if changed:
                section, _edit = edit_section(
                    section_id=section.pk, base_version=section.version, values=changed, by=self.by
                )
        except EditConflictError as conflict:  # someone saved it while we were reading
            disputed += [field.name for field in conflict.conflicts]
        if disputed:
            self.report.note(planned.line, describe_dispute(section.title, disputed))
        return section, disputed


def _wanted(planned: PlannedSection) -> Values:
    return {"title": planned.title, "introduction": planned.introduction}
