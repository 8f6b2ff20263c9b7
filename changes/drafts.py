"""Keeping, finding and forgetting drafts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import count
from changes.models import Draft
from changes.objects import get_tracked
from markup.rendering import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from accounts.models import User

MAX_DRAFTS: Final = 100  # of one person; the oldest go
MAX_BYTES: Final = 2 * MAX_TEXT_BYTES
MAX_PLACE: Final = 200


class DraftTooLargeError(Exception):
    """More than is kept; ``str()`` of it is for a person."""

    def __init__(self) -> None:
        super().__init__(_("This is too long to be kept as a draft."))


@dataclass(frozen=True, kw_only=True)
class DraftKey:
    """Whose draft it is, and of what."""

    user: User
    object_type: str
    object_id: int
    place: str

    def rows(self) -> dict[str, object]:
        """The columns that find it."""
        return {
            "user": self.user,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "place": self.place.replace("\0", "")[:MAX_PLACE],
        }


@transaction.atomic
def save_draft(*, key: DraftKey, base_version: int, fields: Mapping[str, Sequence[str]]) -> Draft:
    """Keep what stands in a form, in the place of an earlier draft.

    Raises :class:`DraftTooLargeError` and LimitReachedError.
    """
    if len(json.dumps(fields)) > MAX_BYTES:
        raise DraftTooLargeError
    count("draft", actor=key.user)
    draft = Draft(
        **key.rows(), base_version=base_version, fields=dict(fields), saved_at=timezone.now()
    )
    # One statement, whether there was one before or not: two tabs may save at once.
    Draft.objects.bulk_create(
        [draft],
        update_conflicts=True,
        unique_fields=["user", "object_type", "object_id", "place"],
        update_fields=["base_version", "fields", "saved_at"],
    )
    kept = Draft.objects.filter(user=key.user).order_by("-saved_at", "-pk")
    Draft.objects.filter(pk__in=list(kept.values_list("pk", flat=True)[MAX_DRAFTS:])).delete()
    return draft


def find_draft(key: DraftKey) -> Draft | None:
    """The draft that is kept, if any."""
    return Draft.objects.filter(**key.rows()).first()


def is_withheld(draft: Draft) -> bool:
    """Whether the text that it was begun on is hidden: then what was copied from it is as well."""
    model: Any = get_tracked(draft.object_type).model
    row = model.history.filter(id=draft.object_id, version=draft.base_version).first()
    return row is not None and row.hides_text


def discard_draft(key: DraftKey) -> None:
    """Forget a draft; nothing where there is none."""
    Draft.objects.filter(**key.rows()).delete()


def forget_drafts() -> int:
    """Delete what was not touched for ``DRAFTS_KEEP_DAYS``; how many there were."""
    cutoff = timezone.now() - timedelta(days=settings.DRAFTS_KEEP_DAYS)
    deleted, _by_model = Draft.objects.filter(saved_at__lt=cutoff).delete()
    return deleted
