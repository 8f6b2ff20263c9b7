"""A person's word about a link or a host, as the log keeps it to take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from linkcheck.models import Overridable

#: The columns of a word.
WORD = ["override", "override_by", "override_at", "override_until", "override_reason"]


def read_word(held: Overridable) -> dict[str, Any]:
    """What stands above the checks of ``held``, JSON-able."""
    return {
        "override": held.override,
        "by": held.override_by_id,
        "at": held.override_at and held.override_at.isoformat(),
        "until": held.override_until and held.override_until.isoformat(),
        "reason": held.override_reason,
    }


def restore_word(held: Overridable, details: Mapping[str, Any]) -> None:
    """Set the word that stood before a decision, not saved yet.

    ``details`` are those of the decision, with ``word_before`` and ``word_after``. Raises
    ValidationError where the word is not the one that the decision left.
    """
    before = details.get("word_before")
    if before is None or read_word(held) != details.get("word_after"):
        raise ValidationError(_("Somebody gave another word about it since: nothing was done."))
    held.override = before["override"]
    held.override_by = User.objects.filter(pk=before["by"]).first()
    held.override_at = _read_time(before["at"])
    held.override_until = _read_time(before["until"])
    held.override_reason = before["reason"]


def clear_word(held: Overridable) -> None:
    """Let the checks speak for ``held``, not saved yet."""
    held.override, held.override_reason = "", ""
    held.override_by = held.override_at = held.override_until = None


def _read_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
