"""Writing resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.permissions import require
from catalog.editing.sections import clean_section_id
from catalog.models import Kind, Level, Placement, Resource, ResourceTag, Section
from catalog.rendering import render_description
from changes.cleaning import (
    clean_language,
    clean_prose,
    clean_title,
    within_output,
    write_under_free_slug,
)
from changes.editing import (
    MergedEdit,
    lock,
    merge_edit,
    replacement_details,
    revert_details,
    take_step,
)
from changes.hiding import read_revision
from changes.leading import settle_attached
from changes.models import Change, ObjectType
from changes.recording import Authorship, NothingChangedError, Step, Subject, record
from linkcheck.models import Link
from linkcheck.uses import FoundLink, address_of, sync_uses
from markup.rendering import RenderedDocument
from markup.replacing import replace_urls
from markup.slugs import clean_name, slugify_title
from markup.urls import InvalidUrl, normalise_url, url_key

RESOURCE_FIELDS = (
    "title",
    "url",
    "description",
    "kind",
    "level",
    "language",
    "tags",
    "section_id",
    "position",
    "further_sections",
    "group",
    "badges",
    "archive_url",
    "is_feature_complete",
    "status",
    "retired_reason",
)
MAX_TAGS, MAX_TAG = 12, 50  # how many, and characters of one
RESOURCE_PROSE = frozenset({"description"})


class AlreadyListedError(ValidationError):
    """The address is listed already, under whatever spelling; ``resource`` is the entry."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        words = {"title": resource.title}
        if resource.is_retired:
            message = _("This address was listed before: %(title)s. Retired on %(day)s: %(reason)s")
            retired = Change.objects.of_object(ObjectType.RESOURCE, resource.pk)
            last = retired.filter(kind__in=(Change.Kind.RETIRED, Change.Kind.MERGED)).first()
            at = last.at if last else resource.updated_at
            words |= {
                "day": date_format(localtime(at), "j F Y"),
                "reason": resource.retired_reason,
            }
        else:
            message = _("This address is listed already: %(title)s.")
        super().__init__({"url": message % words})


@transaction.atomic
def create_resource(*, values: Mapping[str, Any], by: Authorship) -> Resource:
    """Add a resource from values of RESOURCE_FIELDS (title, url and section_id at least).

    Raises ValidationError by field, AlreadyListedError where the address is listed.
    """
    require(by.authority, "catalog.add_resource")
    cleaned = _clean_new(values)
    if "position" not in cleaned:
        cleaned["position"] = _next_position(cleaned["section_id"])
    _settle_further(cleaned)
    resource = Resource(**cleaned)
    step = Step(
        kind=Change.Kind.CREATED,
        changed_fields=[name for name in RESOURCE_FIELDS if cleaned.get(name)],
        size_difference=len(resource.description.encode()),
    )
    write_under_free_slug(
        resource,
        resource.title,
        fallback="resource",
        write=lambda: write_resource(resource, step, by),
    )
    return resource


@transaction.atomic
def edit_resource(
    *, resource_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Resource, MergedEdit]:
    """Change fields of RESOURCE_FIELDS; merged field by field with what others wrote since.

    Raises EditConflictError, NothingChangedError, AlreadyListedError or ValidationError by field.
    """
    require(by.authority, "catalog.change_resource")
    resource = lock(Resource, resource_id)
    cleaned = clean_resource_edit(resource, values, base_version)
    edit = merge_edit(resource, base_version=base_version, values=cleaned, prose=RESOURCE_PROSE)
    _apply(resource, edit, base_version, by, _kind_of(resource, edit))
    return resource, edit


def retire_resource(*, resource_id: int, reason: str, by: Authorship) -> Resource:
    """Take a resource off the lists; its page and history stay, and it can be restored."""
    reason = clean_name(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why, in a few words.")})
    return _set_status(resource_id, Resource.Status.RETIRED, reason, by)


def restore_resource(*, resource_id: int, by: Authorship) -> Resource:
    """Put a retired resource back on the lists."""
    return _set_status(resource_id, Resource.Status.LISTED, "", by)


@transaction.atomic
def _set_status(resource_id: int, status: str, reason: str, by: Authorship) -> Resource:
    require(by.authority, "catalog.change_resource")
    resource = lock(Resource, resource_id)
    values = {"status": status, "retired_reason": reason[:500]}
    if resource.status == status:
        raise NothingChangedError
    if status == Resource.Status.LISTED:
        require_section(resource)
    edit = merge_edit(resource, base_version=resource.version, values=values)
    _apply(resource, edit, resource.version, by, _kind_of(resource, edit))
    return resource


@transaction.atomic
def revert_resource(
    *, resource_id: int, to_version: int, by: Authorship, since: int | None = None
) -> Resource:
    """Make an old version the newest one, through the same checks as any edit.

    What others wrote after version ``since`` stays: then only the steps between the two are taken
    back, and EditConflictError is raised where that cannot be told apart.
    """
    require(by.authority, "catalog.change_resource")
    resource = lock(Resource, resource_id)
    old = read_revision(resource, to_version, by=by.authority)
    base = since or resource.version
    values = clean_resource_values({name: getattr(old, name) for name in RESOURCE_FIELDS})
    edit = merge_edit(resource, base_version=base, values=values, prose=RESOURCE_PROSE)
    _apply(
        resource, edit, base, by, Change.Kind.REVERTED, details=revert_details(to_version, since)
    )
    return resource


@transaction.atomic
def replace_resource_urls(*, resource_id: int, urls: Mapping[str, str], by: Authorship) -> Resource:
    """Replace links (``urls``: new by old) wherever they stand in the entry, in one revision.

    That is its address, its description, its archived copy.
    """
    require(by.authority, "catalog.change_resource")
    resource = lock(Resource, resource_id)
    values = {
        name: replace_urls(getattr(resource, name), urls)
        for name in ("description", "url", "archive_url")
    }
    edit = merge_edit(
        resource,
        base_version=resource.version,
        values=clean_resource_values(values),
        prose=RESOURCE_PROSE,
    )
    _apply(
        resource,
        edit,
        resource.version,
        by,
        Change.Kind.LINK_REPLACED,
        details=replacement_details(urls),
    )
    return resource


def require_section(resource: Resource) -> None:
    """Raise ValidationError for an entry in a section that was deleted: nobody would find it."""
    if Section.objects.filter(pk=resource.section_id, deleted_at__isnull=False).exists():
        raise ValidationError({"section": _("Its section was deleted: choose another one.")})


def _kind_of(resource: Resource, edit: MergedEdit) -> str:
    if "status" in edit.changed:
        is_retired = edit.values["status"] == Resource.Status.RETIRED
        return Change.Kind.RETIRED if is_retired else Change.Kind.RESTORED
    if set(edit.changed) <= {"section_id", "position", "further_sections", "group"}:
        return Change.Kind.MOVED
    return Change.Kind.EDITED


def _apply(
    resource: Resource,
    edit: MergedEdit,
    base_version: int,
    by: Authorship,
    kind: str,
    *,
    details: dict[str, Any] | None = None,
) -> None:
    if "url" in edit.changed:
        _refuse_listed(edit.values["url"], besides=resource)
    step = take_step(resource, edit, kind=kind, base_version=base_version, details=details)
    write_resource(resource, step, by)


def write_resource(resource: Resource, step: Step, by: Authorship) -> None:
    """The row, its revision, its Change and what is derived from it."""
    with within_output("description"):
        rendered = render_description(resource.description)
    resource.description_html = rendered.html
    resource.url_key = url_key(resource.url)
    changed = set(step.changed_fields)
    if resource.merged_into_id is not None and not resource.is_retired:
        resource.merged_into = None
        changed.add("merged_into_id")
    subject = Subject(
        object_type=ObjectType.RESOURCE, title=resource.title, section_id=resource.section_id
    )
    try:
        with transaction.atomic():
            record(resource, subject=subject, step=step, by=by)
    except IntegrityError:
        # The address is listed already, or was between our look and our write.
        _refuse_listed(resource.url, besides=resource)
        raise
    is_new = step.kind == Change.Kind.CREATED
    _derive_links(resource, rendered, is_new=is_new)
    if is_new or changed & {"section_id", "position", "further_sections"}:
        _derive_placements(resource, is_new=is_new)
    if "tags" in changed:
        _derive_tags(resource, is_new=is_new)
    if "merged_into_id" in changed:
        settle_attached(ObjectType.RESOURCE, resource.pk)


def find_resource_links(resource: Resource, rendered: RenderedDocument) -> list[FoundLink]:
    """The links that stand in ``resource``, whose description is ``rendered``."""
    if resource.is_retired:  # readers are not sent to what is retired
        return []
    found = [FoundLink("url", resource.url, resource.title)]
    found += [FoundLink("description", link.url, link.text) for link in rendered.links]
    if resource.archive_url:
        found.append(FoundLink("archive_url", resource.archive_url, resource.title))
    return found


def _derive_links(resource: Resource, rendered: RenderedDocument, *, is_new: bool) -> None:
    found = find_resource_links(resource, rendered)
    links = sync_uses(ObjectType.RESOURCE, resource.pk, found, is_new=is_new)
    link = links.get(resource.url)
    if link is None and resource.link and resource.link.url != address_of(resource.url).url:
        # Retired, and its address was changed since: the old one's health is not its own.
        _set_link(resource, None)
    elif link and link.pk != resource.link_id:
        _set_link(resource, link)


def _set_link(resource: Resource, link: Link | None) -> None:
    resource.link = link
    Resource.objects.filter(pk=resource.pk).update(link=link)


def _derive_placements(resource: Resource, *, is_new: bool) -> None:
    places = resource.places()
    if not is_new:
        Placement.objects.filter(resource=resource).delete()
    Placement.objects.bulk_create(
        Placement(
            resource=resource,
            section_id=section_id,
            position=position,
            is_primary=section_id == resource.section_id,
        )
        for section_id, position in places.items()
    )


def _derive_tags(resource: Resource, *, is_new: bool) -> None:
    if not is_new:
        ResourceTag.objects.filter(resource=resource).delete()
    ResourceTag.objects.bulk_create(
        ResourceTag(resource=resource, tag=tag) for tag in resource.tags
    )


def _refuse_listed(url: str, *, besides: Resource | None = None) -> None:
    listed = Resource.objects.filter(url_key=url_key(url))
    if besides is not None and besides.pk:
        listed = listed.exclude(pk=besides.pk)
    existing = listed.first()
    if existing is not None:
        raise AlreadyListedError(existing)


def _next_position(section_id: int) -> int:
    last: int | None = Placement.objects.filter(section_id=section_id).aggregate(
        last=Max("position")
    )["last"]
    return 0 if last is None else last + 1


def _settle_further(
    cleaned: dict[str, Any], resource: Resource | None = None, base_version: int | None = None
) -> None:
    """Order and complete ``further_sections`` whose positions are left open (None).

    As in the revision that was edited, so that what was not touched is not changed; what is new
    comes last, in its section too. The primary section is never a further one.
    """
    places = cleaned.get("further_sections", [])
    if all(position is not None for _section_id, position in places):
        return
    base = resource
    if resource is not None and base_version != resource.version:
        base = resource.history.filter(version=base_version).first() or resource
    known = dict(base.further_sections) if base else {}
    primary = cleaned.get("section_id") or (resource.section_id if resource else None)
    wanted = {section_id: position for section_id, position in places if section_id != primary}
    kept = [[pk, known[pk] if wanted[pk] is None else wanted[pk]] for pk in known if pk in wanted]
    new = [
        [pk, _next_position(pk) if position is None else position]
        for pk, position in wanted.items()
        if pk not in known
    ]
    cleaned["further_sections"] = kept + new


def clean_resource_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``values`` in the form in which they are stored; ValidationError by field."""
    cleaned = {name: values[name] for name in RESOURCE_FIELDS if name in values}
    for name in cleaned.keys() & _CLEANERS.keys():
        cleaned[name] = _CLEANERS[name](cleaned[name])
    return cleaned


def clean_resource_edit(
    resource: Resource, values: Mapping[str, Any], base_version: int
) -> dict[str, Any]:
    """What an edit of ``resource`` changes, as it is stored; ValidationError by field."""
    cleaned = clean_resource_values(values)
    _settle_further(cleaned, resource, base_version)
    return cleaned


def clean_new_resource(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` of a new entry as they are proposed: where in its sections it stands is left open.

    ValidationError by field, AlreadyListedError.
    """
    cleaned = _clean_new(values)
    _refuse_listed(cleaned["url"])
    return cleaned


def _clean_new(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = clean_resource_values({"title": "", "url": "", **values})
    if not cleaned.get("section_id"):
        raise ValidationError({"section": _("Choose a section.")})
    return cleaned


def _clean_url(url: str) -> str:
    try:
        return normalise_url(url)
    except InvalidUrl as error:
        raise ValidationError({"url": str(error)}) from error


def _clean_archive_url(url: str) -> str:
    try:
        return normalise_url(url) if url else ""
    except InvalidUrl as error:
        raise ValidationError({"archive_url": str(error)}) from error


def _clean_tags(tags: list[str]) -> list[str]:
    """Lower-case words joined by hyphens, each once, in the order given."""
    slugs = list(dict.fromkeys(slug for tag in tags if (slug := slugify_title(tag))))
    if len(slugs) > MAX_TAGS:
        raise ValidationError({"tags": _("At most %(max)d tags.") % {"max": MAX_TAGS}})
    if any(len(slug) > MAX_TAG for slug in slugs):
        message = _("A tag has at most %(max)d characters.")
        raise ValidationError({"tags": message % {"max": MAX_TAG}})
    return slugs


def _clean_choice(field: str, choices: list[str]) -> Any:
    def clean(value: str) -> str:
        if value and value not in choices:
            raise ValidationError({field: _("“%(value)s” is not a choice.") % {"value": value}})
        return value

    return clean


def _clean_further(places: list[Any]) -> list[list[int | None]]:
    """Pairs of section id and position (None: last); JSON has lists where Python has tuples."""
    return [
        [int(section_id), None if position is None else int(position)]
        for section_id, position in places
    ]


_CLEANERS: dict[str, Any] = {
    "title": lambda text: clean_title(text, field="title", max_length=300),
    "url": _clean_url,
    "description": lambda text: clean_prose(text, field="description"),
    "kind": _clean_choice("kind", Kind.values),
    "level": _clean_choice("level", Level.values),
    "language": clean_language,
    "tags": _clean_tags,
    "section_id": clean_section_id,
    "further_sections": _clean_further,
    "group": lambda text: clean_name(text)[:300],
    "badges": lambda text: clean_prose(text, field="badges"),
    "archive_url": _clean_archive_url,
    "is_feature_complete": bool,
    "status": _clean_choice("status", Resource.Status.values),
    "retired_reason": lambda text: clean_name(text)[:500],
}
