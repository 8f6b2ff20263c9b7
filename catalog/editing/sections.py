"""Writing sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.permissions import require
from catalog.models import Section
from catalog.rendering import render_introduction
from changes.cleaning import clean_prose, clean_title, within_output, write_under_free_slug
from changes.editing import (
    MergedEdit,
    lock,
    merge_edit,
    replacement_details,
    revert_details,
    take_step,
)
from changes.hiding import read_revision
from changes.models import Change, ObjectType
from changes.recording import Authorship, Step, Subject, record
from linkcheck.uses import FoundLink, sync_uses
from markup.rendering import RenderedDocument
from markup.replacing import replace_urls

SECTION_FIELDS = ("title", "parent_id", "position", "introduction")
SECTION_PROSE = frozenset({"introduction"})


@transaction.atomic
def create_section(
    *,
    title: str,
    by: Authorship,
    parent: Section | None = None,
    position: int | None = None,
    introduction: str = "",
) -> Section:
    """Add a section, last among its siblings unless ``position`` says where."""
    require(by.authority, "catalog.add_section")
    section = Section(
        title=clean_title(title, field="title", max_length=200),
        parent=parent,
        position=_next_position(parent) if position is None else position,
        introduction=clean_prose(introduction, field="introduction"),
    )
    step = Step(
        kind=Change.Kind.CREATED,
        changed_fields=SECTION_FIELDS,
        size_difference=len(section.introduction.encode()),
    )
    write_under_free_slug(
        section, section.title, fallback="section", write=lambda: write_section(section, step, by)
    )
    return section


def create_section_from(*, values: Mapping[str, Any], by: Authorship) -> Section:
    """As :func:`create_section`, from values of SECTION_FIELDS as a form or a proposal has them."""
    given = clean_new_section(values)
    parent = Section.objects.filter(pk=given.pop("parent_id")).first()
    return create_section(parent=parent, by=by, **given)


@transaction.atomic
def edit_section(
    *, section_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Section, MergedEdit]:
    """Change fields of SECTION_FIELDS; merged with what others wrote since ``base_version``.

    Raises EditConflictError, NothingChangedError, or ValidationError by field.
    """
    require(by.authority, "catalog.change_section")
    if "parent_id" in values:
        hold_tree()
    section = lock(Section, section_id)
    if section.is_deleted:
        raise ValidationError(_("This section was deleted meanwhile."))
    cleaned = clean_section_edit(section, values)
    edit = merge_edit(section, base_version=base_version, values=cleaned, prose=SECTION_PROSE)
    _apply(section, edit, base_version, by, Change.Kind.EDITED)
    return section, edit


@transaction.atomic
def revert_section(
    *, section_id: int, to_version: int, by: Authorship, since: int | None = None
) -> Section:
    """Make an old version the newest one.

    What others wrote after version ``since`` stays: then only the steps between the two are taken
    back, and EditConflictError is raised where that cannot be told apart.
    """
    require(by.authority, "catalog.change_section")
    hold_tree()
    section = lock(Section, section_id)
    old = read_revision(section, to_version, by=by.authority)
    base = since or section.version
    values = clean_section_edit(section, {name: getattr(old, name) for name in SECTION_FIELDS})
    edit = merge_edit(section, base_version=base, values=values, prose=SECTION_PROSE)
    _apply(section, edit, base, by, Change.Kind.REVERTED, **revert_details(to_version, since))
    return section


@transaction.atomic
def replace_section_urls(*, section_id: int, urls: Mapping[str, str], by: Authorship) -> Section:
    """Replace links (``urls``: new by old) of the introduction, in one revision."""
    require(by.authority, "catalog.change_section")
    section = lock(Section, section_id)
    values = clean_section_edit(section, {"introduction": replace_urls(section.introduction, urls)})
    edit = merge_edit(section, base_version=section.version, values=values, prose=SECTION_PROSE)
    kind, details = Change.Kind.LINK_REPLACED, replacement_details(urls)
    _apply(section, edit, section.version, by, kind, **details)
    return section


def _apply(
    section: Section,
    edit: MergedEdit,
    base_version: int,
    by: Authorship,
    kind: str,
    **details: Any,
) -> None:
    step = take_step(section, edit, kind=kind, base_version=base_version, details=details)
    write_section(section, step, by)


def write_section(section: Section, step: Step, by: Authorship) -> None:
    """The row, its revision, its Change and what is derived from it."""
    with within_output("introduction"):
        rendered = render_introduction(section.introduction)
    section.introduction_html = rendered.html
    subject = Subject(object_type=ObjectType.SECTION, title=section.title, section_id=section.pk)
    record(section, subject=subject, step=step, by=by)
    sync_uses(ObjectType.SECTION, section.pk, find_section_links(rendered))


def find_section_links(rendered: RenderedDocument) -> list[FoundLink]:
    """The links that stand in a section whose introduction is ``rendered``."""
    return [FoundLink("introduction", link.url, link.text) for link in rendered.links]


def clean_section_id(section_id: int) -> int:
    """The id of the section of an entry, a page or a path; ValidationError where there is none."""
    if not Section.objects.existing().filter(pk=section_id).exists():
        raise ValidationError({"section": _("This section does not exist.")})
    return section_id


def clean_new_section(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` of a new section as they are stored; ValidationError by field."""
    cleaned = {name: values[name] for name in SECTION_FIELDS if name in values}
    cleaned["title"] = clean_title(values.get("title", ""), field="title", max_length=200)
    cleaned["introduction"] = clean_prose(values.get("introduction", ""), field="introduction")
    cleaned["parent_id"] = values.get("parent_id") or None
    parents = Section.objects.existing().filter(pk=cleaned["parent_id"])
    if cleaned["parent_id"] and not parents.exists():
        raise ValidationError({"parent": _("This section does not exist.")})
    return cleaned


def clean_section_edit(section: Section, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``values`` an edit of ``section`` changes, as it is stored; ValidationError."""
    cleaned = {name: values[name] for name in SECTION_FIELDS if name in values}
    if "title" in cleaned:
        cleaned["title"] = clean_title(cleaned["title"], field="title", max_length=200)
    if "introduction" in cleaned:
        cleaned["introduction"] = clean_prose(cleaned["introduction"], field="introduction")
    if cleaned.get("parent_id"):
        if Section.objects.filter(pk=cleaned["parent_id"], deleted_at__isnull=False).exists():
            raise ValidationError({"parent": _("This section was deleted.")})
        _refuse_loop(section, cleaned["parent_id"])
    return cleaned


def hold_tree() -> None:
    """One move at a time: two that are right each by itself can make a circle together."""
    list(Section.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _refuse_loop(section: Section, parent_id: int) -> None:
    """A section cannot stand inside itself or inside one of its own."""
    parents = dict(Section.objects.values_list("pk", "parent_id"))
    ancestor: int | None = parent_id
    for _step in range(len(parents) + 1):
        if ancestor is None:
            return
        if ancestor == section.pk:
            break
        ancestor = parents.get(ancestor)
    raise ValidationError({"parent": _("A section cannot stand inside itself.")})


def _next_position(parent: Section | None) -> int:
    siblings = Section.objects.filter(parent=parent)
    last: int | None = siblings.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
