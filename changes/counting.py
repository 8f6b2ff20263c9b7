"""Edits and renames are counted where every write passes, whatever door it came through."""

from __future__ import annotations

from typing import Final

from accounts.limits import count
from changes.models import Change, Source
from changes.recording import Attempt

#: In the details of what takes a group of changes back: one edit, counted as such.
UNDOES: Final = "undoes"
# An import and a repair are one decision about many objects, by somebody who may take it.
_NOT_COUNTED = frozenset({Source.IMPORT, Source.REPAIR})


def count_write(attempt: Attempt) -> tuple[str, ...]:
    """Count a write against the limit of whoever has it published: a guard of the one door.

    Of a proposal that is the moderator; its author was counted when it was made.
    Raises :class:`accounts.limits.LimitReachedError`.
    """
    step, by = attempt.step, attempt.by
    if by.source not in _NOT_COUNTED and not step.is_consequence and UNDOES not in by.details:
        name = "rename" if step.kind == Change.Kind.RENAMED else "edit"
        count(name, actor=by.authority)
    return ()
