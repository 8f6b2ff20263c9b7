"""Merging two pages into one: the other becomes a redirect, and what led to it leads on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import require
from changes.editing import merge_edit, take_step
from changes.group_models import ChangeGroup
from changes.grouping import grouping
from changes.models import Change, ObjectType
from changes.recording import Authorship, NothingChangedError, StaleVersionError, Step
from moderation.protection import require_publish
from wiki.editing import PAGE_PROSE, clean_edit, retarget_redirect, tell_of_address, write_page
from wiki.models import Page


@transaction.atomic
def merge_pages(
    *,
    kept_id: int,
    gone_id: int,
    kept_version: int,
    gone_version: int,
    values: Mapping[str, Any],
    by: Authorship,
) -> ChangeGroup:
    """Give one page ``values`` of both, and have the other one's address lead there.

    Redirects and translations of the page that goes follow, and what is attached to it
    (:mod:`changes.leading`). One group of revisions. What others wrote in the page that stays since
    ``kept_version`` is merged. Raises StaleVersionError where the page that goes was changed since
    ``gone_version``, EditConflictError, PermissionDenied or ValidationError.
    """
    require(by.authority, "wiki.rename_page")
    rows = Page.objects.select_for_update().filter(pk__in=(kept_id, gone_id)).order_by("pk")
    held = {page.pk: page for page in rows}
    kept, gone = held[kept_id], held[gone_id]
    _refuse_unfit(kept, gone)
    for page in (kept, gone):
        require_publish(by.authority, ObjectType.PAGE, page)
    if gone.version != gone_version:
        raise StaleVersionError(f"page {gone.pk} is at {gone.version}")
    with grouping(ChangeGroup.Kind.MERGE, by) as made:
        _write_kept(kept, gone, kept_version, values, made.by)
        _write_gone(gone, kept, made.by)
        _lead_on(gone, kept, made.by)
    return made.group


def _refuse_unfit(kept: Page, gone: Page) -> None:
    if kept.pk == gone.pk:
        raise ValidationError(_("Nothing is merged into itself: name the other one."))
    for page in (kept, gone):
        if page.is_deleted or page.is_redirect:
            message = _("“%(title)s” was deleted, or is a redirect by now.")
            raise ValidationError(message % {"title": page.title})


def _write_kept(
    kept: Page, gone: Page, base_version: int, values: Mapping[str, Any], by: Authorship
) -> None:
    cleaned = clean_edit(kept, values)
    if kept.translation_of_id == gone.pk:  # it stands for what it was a translation of
        cleaned |= {"translation_of_id": gone.translation_of_id, "source_version": None}
    edit = merge_edit(kept, base_version=base_version, values=cleaned, prose=PAGE_PROSE)
    details = {"merged_id": gone.pk}
    try:
        step = take_step(
            kept, edit, kind=Change.Kind.MERGED, base_version=base_version, details=details
        )
    except NothingChangedError:
        return  # everything stands there already
    write_page(kept, step, by)


def _write_gone(gone: Page, kept: Page, by: Authorship) -> None:
    size = len(gone.body.encode())
    gone.redirect_to, gone.body = kept, ""
    gone.translation_of = gone.source_version = None
    step = Step(
        kind=Change.Kind.MERGED,
        changed_fields=["body", "redirect_to_id", "translation_of_id", "source_version"],
        base_version=gone.version,
        size_difference=-size,
        details={"into_id": kept.pk},
        is_consequence=True,
    )
    write_page(gone, step, by)
    tell_of_address(gone.slug)


def _lead_on(gone: Page, kept: Page, by: Authorship) -> None:
    """No redirect leads to a redirect, and no translation stands for one."""
    for redirect in gone.redirects.existing().order_by("pk"):
        retarget_redirect(page_id=redirect.pk, target=kept, by=by)
    original = kept.translation_of or kept
    versions = [original, *original.translations.published()]
    taken = {version.language for version in versions}
    others = gone.translations.select_for_update(of=("self",)).exclude(pk=kept.pk)
    for translation in others.order_by("pk"):
        # One in each language; a second one stands by itself. What it says of is not known.
        is_second = translation.language in taken
        translation.translation_of = None if is_second else original
        translation.source_version = None
        taken.add(translation.language)
        step = Step(
            kind=Change.Kind.MOVED,
            changed_fields=["translation_of_id", "source_version"],
            base_version=translation.version,
            details={"from_id": gone.pk, "to_id": None if is_second else original.pk},
            is_consequence=True,
        )
        write_page(translation, step, by)
