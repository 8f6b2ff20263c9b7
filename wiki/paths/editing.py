"""What may change a learning path: every write of one is an operation of this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import require
from catalog.editing import clean_section_id
from catalog.models import Level
from changes.cleaning import (
    clean_language,
    clean_prose,
    clean_title,
    within_output,
    write_under_free_slug,
)
from changes.editing import (
    MergedEdit,
    bring_back,
    lock,
    merge_edit,
    replacement_details,
    revert_details,
    take_away,
    take_step,
)
from changes.hiding import read_revision
from changes.models import Change, ObjectType
from changes.recording import Authorship, Step, Subject, record
from linkcheck.own_site import expect_change
from markup.replacing import replace_urls
from wiki.paths.models import Path
from wiki.paths.rendering import derive_path
from wiki.paths.steps import clean_steps
from wiki.rendering import mark_linking_pages_stale

PATH_FIELDS = ("title", "introduction", "level", "language", "section_id", "steps")
PATH_PROSE = frozenset({"introduction"})
MAX_TITLE = 200


@transaction.atomic
def create_path(*, values: Mapping[str, Any], by: Authorship) -> Path:
    """Write a new path from values of PATH_FIELDS, under an address that no other has.

    Raises ValidationError by field.
    """
    require(by.authority, "wiki.add_path")
    path = Path(**clean_new_path(values))
    step = Step(
        kind=Change.Kind.CREATED, changed_fields=list(PATH_FIELDS), size_difference=_size_of(path)
    )
    write_under_free_slug(
        path, path.title, fallback="path", write=lambda: write_path(path, step, by)
    )
    tell_of_path(path.slug)
    return path


@transaction.atomic
def edit_path(
    *, path_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Path, MergedEdit]:
    """Change fields of PATH_FIELDS; merged with what others wrote meanwhile, step by step.

    Raises EditConflictError, NothingChangedError, PermissionDenied or ValidationError, by field or
    about the whole path (it was deleted). The address stays, whatever the title.
    """
    path = lock(Path, path_id)
    require(by.authority, "wiki.change_path")
    cleaned = clean_path_edit(path, values)
    edit = merge_edit(path, base_version=base_version, values=cleaned, prose=PATH_PROSE)
    kind = Change.Kind.MERGED if edit.was_merged else Change.Kind.EDITED
    _apply(path, edit, base_version, by, kind)
    return path, edit


@transaction.atomic
def delete_path(*, path_id: int, reason: str, by: Authorship) -> Path:
    """Take a path away from readers; its history stays and it can be restored."""
    require(by.authority, "wiki.delete_path")
    path = lock(Path, path_id)
    write_path(path, take_away(path, reason=reason, size=_size_of(path)), by)
    tell_of_path(path.slug)
    return path


@transaction.atomic
def restore_path(*, path_id: int, by: Authorship) -> Path:
    """Bring a deleted path back as it was."""
    require(by.authority, "wiki.delete_path")
    path = lock(Path, path_id)
    write_path(path, bring_back(path, size=_size_of(path)), by)
    tell_of_path(path.slug)
    return path


@transaction.atomic
def revert_path(*, path_id: int, to_version: int, by: Authorship, since: int | None = None) -> Path:
    """Make what an old version said the newest one; the address stays as it is.

    What others wrote after version ``since`` stays: then only the steps between the two are taken
    back, and EditConflictError is raised where that cannot be told apart.
    """
    path = lock(Path, path_id)
    require(by.authority, "wiki.change_path")
    old = read_revision(path, to_version, by=by.authority)
    values = clean_path_edit(path, {name: getattr(old, name) for name in PATH_FIELDS})
    base = since or path.version
    edit = merge_edit(path, base_version=base, values=values, prose=PATH_PROSE)
    _apply(path, edit, base, by, Change.Kind.REVERTED, details=revert_details(to_version, since))
    return path


@transaction.atomic
def replace_path_urls(*, path_id: int, urls: Mapping[str, str], by: Authorship) -> Path:
    """Replace links (``urls``: new by old) in the introduction and in the steps' texts."""
    path = lock(Path, path_id)
    require(by.authority, "wiki.change_path")
    values = {
        "introduction": replace_urls(path.introduction, urls),
        "steps": [{**step, "text": replace_urls(step["text"], urls)} for step in path.steps],
    }
    edit = merge_edit(path, base_version=path.version, values=values, prose=PATH_PROSE)
    details = replacement_details(urls)
    _apply(path, edit, path.version, by, Change.Kind.LINK_REPLACED, details=details)
    return path


def clean_path_edit(path: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``values`` an edit of ``path`` changes, as it is stored.

    ValidationError by field, or about the whole path.
    """
    if path.is_deleted:
        raise ValidationError(_("This path was deleted meanwhile; a moderator can restore it."))
    return _clean(values)


def clean_new_path(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` of a new path as they are stored; ValidationError by field."""
    return _clean({"title": "", "introduction": "", "level": "", "steps": [], **values})


def write_path(path: Path, step: Step, by: Authorship) -> None:
    """The row, its revision, its Change and what is derived from it."""
    subject = Subject(object_type=ObjectType.PATH, title=path.title, section_id=path.section_id)
    record(path, subject=subject, step=step, by=by)
    with within_output("introduction"):
        derive_path(path)


def tell_of_path(slug: str) -> None:
    """A path appeared at ``slug`` or went away: whatever leads there is told."""
    mark_linking_pages_stale(slug)
    expect_change(reverse("wiki:path_detail", args=[slug]))


def _apply(
    path: Path,
    edit: MergedEdit,
    base_version: int,
    by: Authorship,
    kind: str,
    *,
    details: dict[str, Any] | None = None,
) -> None:
    step = take_step(path, edit, kind=kind, base_version=base_version, details=details)
    write_path(path, step, by)


def _size_of(path: Path) -> int:
    return len(path.introduction.encode()) + len(str(path.steps).encode())


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {name: values[name] for name in PATH_FIELDS if name in values}
    for name, clean in _CLEANERS.items():
        if name in cleaned:
            cleaned[name] = clean(cleaned[name])
    if cleaned.get("section_id") is not None:
        clean_section_id(cleaned["section_id"])
    return cleaned


def _clean_level(level: str) -> str:
    if level and level not in Level.values:
        raise ValidationError({"level": _("“%(value)s” is not a choice.") % {"value": level}})
    return level


_CLEANERS: dict[str, Any] = {
    "title": lambda text: clean_title(text, field="title", max_length=MAX_TITLE),
    "introduction": lambda text: clean_prose(text, field="introduction"),
    "level": _clean_level,
    "language": clean_language,
    "steps": clean_steps,
}
