"""Uploading pictures, taking them away and bringing them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.erasing import Erasure, keep_personal_data
from accounts.limits import count
from accounts.permissions import require
from catalog.models import Section
from changes.cleaning import clean_title
from changes.recording import NothingChangedError
from moderation.forms import MAX_REASON
from moderation.handlers import Request
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind
from wiki.image_files import prepare_image, store_image
from wiki.image_models import MAX_ALT, MAX_CREDIT, Image
from wiki.models import Page

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.log_models import Decision

ADD: Final = "wiki.add_image"
DELETE: Final = "wiki.delete_image"
KIND: Final = "image"


def register_images() -> None:
    """Make deleted pictures known to the log, and uploaders to who erases accounts."""
    keep_personal_data(erase=_erase, export=_export)
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Picture"),
            actions={
                "delete": gettext_lazy("Deleted"),
                "restore": gettext_lazy("Restored"),
                "undo": gettext_lazy("Undone"),
            },
            undo=_undo,
        )
    )


def _export(user: User) -> dict[str, Any]:
    """What they uploaded and still stands."""
    columns = ("name", "alt", "credit", "uploaded_at")
    uploaded = Image.objects.existing().filter(uploader=user).order_by("pk")
    return {"pictures": list(uploaded.values(*columns))}


def _erase(erasure: Erasure) -> None:
    """A credit is the name that its author wants to be called by: only the account's own goes."""
    erasure.reword_rows(Image.objects.filter(uploader=erasure.user).order_by(), "alt", "credit")


def upload_image(*, data: bytes, alt: str, credit: str, by: User) -> tuple[Image, bool]:
    """Keep the picture in ``data``; it, and whether it is new.

    One that is here already keeps its words. Raises PermissionDenied, LimitReachedError, or
    ValidationError by field (``file``, ``alt``, ``credit``).
    """
    require(by, ADD)
    alt = clean_title(alt, field="alt", max_length=MAX_ALT)
    credit = clean_title(credit, field="credit", max_length=MAX_CREDIT)
    count("upload", actor=by)
    try:
        prepared = prepare_image(data)
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from None
    known = Image.objects.filter(name=prepared.name).first()
    if known is None:
        # The file first: a row without its file would show a hole.
        store_image(prepared)
        image = Image(
            name=prepared.name,
            alt=alt,
            credit=credit,
            width=prepared.width,
            height=prepared.height,
            size=len(prepared.data),
            uploader=by,
            uploader_label=by.label,
        )
        try:
            with transaction.atomic():
                image.save(force_insert=True)
        except IntegrityError:  # somebody else at the same moment
            known = Image.objects.get(name=prepared.name)
        else:
            return image, True
    if known.is_deleted:
        raise ValidationError({"file": _("A moderator deleted this picture.")})
    return known, False


@transaction.atomic
def delete_image(*, image_id: int, reason: str, by: User) -> Image:
    """Take a picture away: its address answers 404; the file stays, so that it can come back.

    Raises PermissionDenied, Image.DoesNotExist, NothingChangedError, ValidationError.
    """
    image = _set_deleted(image_id, is_deleted=True, by=by)
    _log("delete", image, clean_title(reason, field="reason", max_length=MAX_REASON), by)
    return image


@transaction.atomic
def restore_image(*, image_id: int, by: User) -> Image:
    """Bring a deleted picture back; raises as :func:`delete_image`."""
    image = _set_deleted(image_id, is_deleted=False, by=by)
    _log("restore", image, "", by)
    return image


def _set_deleted(image_id: int, *, is_deleted: bool, by: User) -> Image:
    require(by, DELETE)
    image = Image.objects.select_for_update().get(pk=image_id)
    if image.is_deleted == is_deleted:
        raise NothingChangedError
    image.deleted_at = timezone.now() if is_deleted else None
    image.save(update_fields=["deleted_at"])
    return image


def _undo(decision: Decision, request: Request) -> dict[str, Any]:
    try:
        _set_deleted(
            decision.target_id or 0, is_deleted=decision.action == "restore", by=request.actor
        )
    except (NothingChangedError, Image.DoesNotExist):
        raise ValidationError(_("This was taken back otherwise since.")) from None
    return {}


def _log(action: str, image: Image, reason: str, by: User) -> None:
    # By its name alone: what was deleted may stand in its words too.
    log_decision(
        kind=KIND,
        target_type=KIND,
        target_id=image.pk,
        title=image.name,
        action=action,
        actor=by,
        reason=reason,
        permission=DELETE,
    )


def find_uses(image: Image) -> tuple[list[Page], list[Section]]:
    """The pages and sections that show ``image``; two queries."""
    pages = Page.objects.published().filter(images__name=image.name).defer("body")
    sections = Section.objects.existing().filter(introduction__contains=image.name)
    return list(pages.order_by("title", "pk")), list(sections.order_by("title", "pk"))
