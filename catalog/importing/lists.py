"""The operation: one file, one transaction, one result."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import require
from catalog.awesome import ParsedList, ReportLine, parse_list
from catalog.awesome.drafts import Report
from catalog.editing.resources import clean_resource_values
from catalog.importing.memory import ListMemory
from catalog.importing.planning import plan_import
from catalog.importing.resources import Progress, ResourceImport
from catalog.importing.sections import import_sections
from changes.models import ObjectType, Source
from changes.recording import Authorship
from markup.slugs import slugify_title

PERMISSIONS = (
    "catalog.add_section",
    "catalog.change_section",
    "catalog.add_resource",
    "catalog.change_resource",
)


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of the entries of a file: each is counted once.

    `merged` are those whose address stands in the file before; `refused` could not be taken, and
    `report` says why, with lines from 1.
    """

    created: int
    updated: int
    unchanged: int
    merged: int
    refused: int
    report: tuple[ReportLine, ...]


@transaction.atomic
def import_list(
    *,
    text: str,
    actor: User | None = None,
    name: str = "",
    language: str = "en",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Bring the awesome list `text` into the catalog, all of it or nothing.

    The list is known again by its title, or else by `name`, what the file is called. `language` is
    that of new entries. A dry run does everything
    and takes it back. `actor` is whose edits these are, the site's bot unless given. `progress` is
    told entries done and entries in all. Raises PermissionDenied, or ValidationError for a
    `language` that is none.
    """
    actor = actor or User.objects.get_bot()
    language = clean_resource_values({"language": language})["language"]
    for permission in PERMISSIONS:
        require(actor, permission)
    summary = _("Imported from %(name)s") % {"name": name} if name else _("Imported")
    by = Authorship(actor=actor, summary=summary, source=Source.IMPORT)
    parsed = parse_list(text, name=name)
    report = Report(list(parsed.report))
    plan = plan_import(parsed, report)
    identity = slugify_title(parsed.title)
    sections_said = ListMemory(identity, ObjectType.SECTION)
    resources_said = ListMemory(identity, ObjectType.RESOURCE)
    sections = import_sections(plan, sections_said, by=by, report=report)
    resources = ResourceImport(
        plan, sections, resources_said, by=by, report=report, language=language
    )
    resources.run(progress)
    for memory in (sections_said, resources_said):
        memory.save()
    _note_the_rest(parsed, resources_said, report)
    if dry_run:
        transaction.set_rollback(True)
    lines = report.in_order()
    return ImportResult(
        created=resources.counts["created"],
        updated=resources.counts["updated"],
        unchanged=resources.counts["unchanged"],
        merged=plan.merged,
        refused=sum(line.is_refusal for line in lines),
        report=lines,
    )


def _note_the_rest(parsed: ParsedList, memory: ListMemory, report: Report) -> None:
    for values in memory.forgotten():
        message = _("“%(title)s” is not in the file any more; it stays listed here.")
        report.note(1, message % {"title": values["title"]})
    if not any(section.entries for section in parsed.sections):
        report.note(1, _("No entries were found."))
    if parsed.introduction_markdown:
        report.note(
            parsed.introduction_line,
            _("The introduction of the whole list belongs to no section and was left out."),
        )
