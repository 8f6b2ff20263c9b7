"""What may change a page: every write of one is an operation of this module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import require
from catalog.editing import clean_section_id
from changes.cleaning import clean_language, clean_prose, clean_title, within_output
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
from changes.leading import settle_attached
from changes.models import Change, ObjectType
from changes.recording import Authorship, NothingChangedError, Step, Subject, record
from linkcheck.own_site import expect_change
from markup.relinking import replace_wikilinks
from markup.replacing import replace_urls
from markup.slugs import slugify_title
from wiki.models import Page
from wiki.paths.rendering import mark_linking_paths_stale
from wiki.rendering import derive, mark_linking_pages_stale

PAGE_FIELDS = (
    "title",
    "body",
    "language",
    "section_id",
    "translation_of_id",
    "source_version",
)
PAGE_PROSE = frozenset({"body"})
MAX_TITLE = 200


class PageExistsError(ValidationError):
    """Another page stands at the address that this title gives; ``page`` is that one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        message = _("A page with this title exists already: %(title)s.") % {"title": page.title}
        super().__init__({"title": message})


@transaction.atomic
def create_page(*, values: Mapping[str, Any], by: Authorship) -> Page:
    """Write a new page from values of PAGE_FIELDS; a deleted page at its address comes back.

    Raises PageExistsError, or ValidationError by field.
    """
    require(by.authority, "wiki.add_page")
    cleaned = _clean({"title": "", "body": "", **values})
    slug = slug_of(cleaned["title"])
    occupant = Page.objects.select_for_update().filter(slug=slug).first()
    was_redirect = occupant is not None and occupant.is_redirect
    if occupant is None:
        page = Page(slug=slug, **cleaned)
        kind: str = Change.Kind.CREATED
    elif occupant.is_deleted:
        page = _brought_back(occupant, cleaned, by)
        kind = Change.Kind.RESTORED
    else:
        raise PageExistsError(occupant)
    _refuse_second_translation(page)
    changed = [*cleaned, *(["redirect_to_id"] if was_redirect else [])]
    step = Step(kind=kind, changed_fields=changed, size_difference=len(page.body.encode()))
    write_at_address(page, step, by)
    tell_of_address(page.slug)
    return page


@transaction.atomic
def edit_page(
    *, page_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Page, MergedEdit]:
    """Change fields of PAGE_FIELDS but the title; merged with what others wrote meanwhile.

    Raises EditConflictError, NothingChangedError, PermissionDenied (MayNotPublishError where the
    page is protected) or ValidationError, by field or
    about the whole page (it was deleted).
    """
    page = lock(Page, page_id)
    require(by.authority, "wiki.change_page")
    cleaned = clean_edit(page, values)
    edit = merge_edit(page, base_version=base_version, values=cleaned, prose=PAGE_PROSE)
    kind = Change.Kind.MERGED if edit.was_merged else Change.Kind.EDITED
    _apply(page, edit, base_version, by, kind)
    return page, edit


@transaction.atomic
def rename_page(*, page_id: int, new_title: str, by: Authorship) -> Page:
    """Give a page another title and address; a redirect stays at the old one.

    Renaming onto a redirect to this very page swaps the two, so that a rename can be undone by the
    opposite one. Raises PageExistsError where another page stands.
    """
    require(by.authority, "wiki.rename_page")
    page = lock(Page, page_id)
    require(by.authority, "wiki.change_page")
    title = clean_title(new_title, field="title", max_length=MAX_TITLE)
    if title == page.title:
        raise NothingChangedError
    old_slug, old_title, new_slug = page.slug, page.title, slug_of(title)
    if new_slug != old_slug:
        redirect = _redirect_in_the_way(page, new_slug)
        if redirect is not None:
            # Both move at once; the parked address keeps the constraint content meanwhile.
            Page.objects.filter(pk=redirect.pk).update(slug=f" {redirect.pk}")
    page.title, page.slug = title, new_slug
    details = {"from": old_title, "from_slug": old_slug}
    step = Step(
        kind=Change.Kind.RENAMED,
        changed_fields=["title", "slug"],
        base_version=page.version,
        details=details,
    )
    write_at_address(page, step, by)
    if new_slug != old_slug:
        _leave_redirect(page, redirect, old_slug, old_title, by)
        tell_of_address(old_slug)
        tell_of_address(new_slug)
    return page


@transaction.atomic
def replace_page_links(
    *, page_id: int, slug: str, title: str, by: Authorship, details: Mapping[str, Any]
) -> Page:
    """Have the wiki links of a page that lead to ``slug`` name ``title`` instead, in one revision.

    It follows from what was done to the page they lead to. Raises NothingChangedError.
    """
    page = lock(Page, page_id)
    require(by.authority, "wiki.change_page")
    values = clean_edit(page, {"body": replace_wikilinks(page.body, slug=slug, title=title)})
    edit = merge_edit(page, base_version=page.version, values=values, prose=PAGE_PROSE)
    step = take_step(
        page, edit, kind=Change.Kind.LINK_REPLACED, base_version=page.version, details=details
    )
    write_page(page, replace(step, is_consequence=True), by)
    return page


@transaction.atomic
def retarget_redirect(*, page_id: int, target: Page, by: Authorship) -> Page:
    """Have a redirect lead to another page."""
    require(by.authority, "wiki.rename_page")
    redirect = lock(Page, page_id)
    if redirect.redirect_to is None or redirect.redirect_to_id == target.pk:
        raise NothingChangedError
    details = {"from_id": redirect.redirect_to.pk, "to_id": target.pk}
    redirect.redirect_to = target
    step = Step(
        kind=Change.Kind.MOVED,
        changed_fields=["redirect_to_id"],
        base_version=redirect.version,
        details=details,
        is_consequence=True,
    )
    write_page(redirect, step, by)
    tell_of_address(redirect.slug)
    return redirect


@transaction.atomic
def delete_page(*, page_id: int, reason: str, by: Authorship) -> Page:
    """Take a page away from readers; its history stays and it can be restored."""
    require(by.authority, "wiki.delete_page")
    page = lock(Page, page_id)
    write_page(page, take_away(page, reason=reason, size=len(page.body.encode())), by)
    tell_of_address(page.slug)
    return page


@transaction.atomic
def restore_page(*, page_id: int, by: Authorship) -> Page:
    """Bring a deleted page back as it was."""
    require(by.authority, "wiki.delete_page")
    page = lock(Page, page_id)
    write_page(page, bring_back(page, size=len(page.body.encode())), by)
    tell_of_address(page.slug)
    return page


@transaction.atomic
def revert_page(*, page_id: int, to_version: int, by: Authorship, since: int | None = None) -> Page:
    """Make the text of an old version the newest one; title and address stay as they are.

    What others wrote after version ``since`` stays: then only the steps between the two are taken
    back, and EditConflictError is raised where that cannot be told apart.
    """
    page = lock(Page, page_id)
    require(by.authority, "wiki.change_page")
    old = read_revision(page, to_version, by=by.authority)
    base = since or page.version
    names = ("body", "language", "section_id", "source_version")
    values = _clean({name: getattr(old, name) for name in names})
    edit = merge_edit(page, base_version=base, values=values, prose=PAGE_PROSE)
    _apply(page, edit, base, by, Change.Kind.REVERTED, details=revert_details(to_version, since))
    return page


@transaction.atomic
def replace_page_urls(*, page_id: int, urls: Mapping[str, str], by: Authorship) -> Page:
    """Replace links (``urls``: new by old) wherever they stand in the page, in one revision."""
    page = lock(Page, page_id)
    require(by.authority, "wiki.change_page")
    values = {"body": replace_urls(page.body, urls)}
    edit = merge_edit(page, base_version=page.version, values=values, prose=PAGE_PROSE)
    details = replacement_details(urls)
    _apply(page, edit, page.version, by, Change.Kind.LINK_REPLACED, details=details)
    return page


def clean_edit(page: Page, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``values`` an edit of ``page`` changes, as it is stored.

    ValidationError by field, or about the whole page.
    """
    if page.is_deleted:
        raise ValidationError(_("This page was deleted meanwhile; a moderator can restore it."))
    if page.is_redirect:
        raise ValidationError(_("This is a redirect: it has no text of its own."))
    return _clean({k: v for k, v in values.items() if k != "title"})


def clean_new(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` of a new page as they are stored; ValidationError by field, PageExistsError."""
    cleaned = _clean({"title": "", "body": "", **values})
    occupant = Page.objects.existing().filter(slug=slug_of(cleaned["title"])).first()
    if occupant is not None:
        raise PageExistsError(occupant)
    return cleaned


def slug_of(title: str) -> str:
    """The address of a page with this title; ValidationError where it has no letter or digit."""
    slug = slugify_title(title)
    if not slug:
        raise ValidationError({"title": _("A title needs a letter or a digit.")})
    return slug


def _apply(
    page: Page,
    edit: MergedEdit,
    base_version: int,
    by: Authorship,
    kind: str,
    *,
    details: dict[str, Any] | None = None,
) -> None:
    step = take_step(page, edit, kind=kind, base_version=base_version, details=details)
    write_page(page, step, by)


def write_page(page: Page, step: Step, by: Authorship) -> None:
    """The row, its revision, its Change and what is derived from it."""
    subject = Subject(object_type=ObjectType.PAGE, title=page.title, section_id=page.section_id)
    record(page, subject=subject, step=step, by=by)
    with within_output("body"):
        derive(page)
    if "redirect_to_id" in step.changed_fields:
        settle_attached(ObjectType.PAGE, page.pk)


def write_at_address(page: Page, step: Step, by: Authorship) -> None:
    """As ``write_page``, of a page that comes to an address; PageExistsError if one is there."""
    try:
        with transaction.atomic():
            write_page(page, step, by)
    except IntegrityError:
        # Someone took the address between our look and our write.
        existing = Page.objects.filter(slug=page.slug).exclude(pk=page.pk).first()
        if existing is None:
            raise
        raise PageExistsError(existing) from None


def tell_of_address(slug: str) -> None:
    """A page appeared at ``slug`` or went away: whatever leads there is told."""
    mark_linking_pages_stale(slug)
    mark_linking_paths_stale(slug)
    expect_change(reverse("wiki:page_detail", args=[slug]))


def _brought_back(page: Page, cleaned: dict[str, Any], by: Authorship) -> Page:
    require(by.authority, "wiki.change_page")
    for name, value in cleaned.items():
        setattr(page, name, value)
    page.deleted_at = None
    page.redirect_to = None
    return page


def _redirect_in_the_way(page: Page, slug: str) -> Page | None:
    """The redirect to ``page`` at ``slug``, if there is one; any other page there is refused."""
    occupant = Page.objects.select_for_update().filter(slug=slug).exclude(pk=page.pk).first()
    if occupant is None or occupant.redirect_to_id == page.pk:
        return occupant
    raise PageExistsError(occupant)


def _leave_redirect(
    page: Page, redirect: Page | None, slug: str, title: str, by: Authorship
) -> None:
    kind: str = Change.Kind.RENAMED
    if redirect is None:
        redirect = Page(redirect_to=page, language=page.language)
        kind = Change.Kind.CREATED
    redirect.slug, redirect.title = slug, title
    step = Step(
        kind=kind,
        changed_fields=["title", "slug", "redirect_to"],
        base_version=redirect.version or None,
        details={"redirect_to": page.pk},
        is_consequence=True,
    )
    write_page(redirect, step, by)


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {name: values[name] for name in PAGE_FIELDS if name in values}
    if "title" in cleaned:
        cleaned["title"] = clean_title(cleaned["title"], field="title", max_length=MAX_TITLE)
    if "body" in cleaned:
        cleaned["body"] = clean_prose(cleaned["body"], field="body")
    if "language" in cleaned:
        cleaned["language"] = clean_language(cleaned["language"])
    if cleaned.get("section_id") is not None:
        clean_section_id(cleaned["section_id"])
    if cleaned.get("translation_of_id") is not None:
        _clean_original(cleaned)
    return cleaned


def _refuse_second_translation(page: Page) -> None:
    if page.translation_of_id is None:
        return
    others = Page.objects.published().filter(translation_of=page.translation_of_id)
    other = others.filter(language=page.language).exclude(pk=page.pk).first()
    if other is not None:
        message = _("There is a translation into this language already: %(title)s.")
        raise ValidationError({"language": message % {"title": other.title}})


def _clean_original(cleaned: dict[str, Any]) -> None:
    """A translation says what its original says today, unless it is told otherwise."""
    original = Page.objects.originals().filter(pk=cleaned["translation_of_id"]).first()
    if original is None:
        message = _("There is no such page, or it is a translation itself.")
        raise ValidationError({"translation_of": message})
    if original.language == cleaned.get("language"):
        message = _("The original is written in this language.")
        raise ValidationError({"language": message})
    said = cleaned.get("source_version")
    cleaned["source_version"] = min(said or original.version, original.version)
