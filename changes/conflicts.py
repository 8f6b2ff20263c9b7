"""Edits in conflict as people see and mend them: what each changed, both texts between marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from changes.editing import FieldConflict
from changes.forms import RevisionForm
from changes.objects import RevisionField, get_tracked
from markup.diffing import Diff, diff_texts
from markup.merging import merge_texts
from markup.words import join_lines

# Lines that stand between two texts in conflict; a text that still holds one is not saved.
MARK_THEIRS: Final = "<<<<<<< saved meanwhile"
MARK_BETWEEN: Final = "======= theirs above, yours below"
MARK_MINE: Final = ">>>>>>> yours"


@dataclass(frozen=True)
class ShownConflict:
    """A conflict as the page shows it: what each side changed, in words.

    ``values`` are the texts before, theirs and mine.
    """

    item: FieldConflict
    label: str
    theirs: Diff
    mine: Diff
    base_text: str
    theirs_text: str
    mine_text: str

    @property
    def values(self) -> tuple[str, str, str]:
        return (self.base_text, self.theirs_text, self.mine_text)


def show_conflicts(current: Any, conflicts: Iterable[FieldConflict]) -> list[ShownConflict]:
    """Conflicts with ``current``, an object as it stands."""
    return [_shown(current, item) for item in conflicts]


def _shown(current: Any, item: FieldConflict) -> ShownConflict:
    fields = get_tracked(current._meta.model_name).fields
    label_only = RevisionField(name=item.name, label=item.name)
    known = next((known for known in fields if known.name == item.name), label_only)
    base, theirs, mine = (
        "" if value in (None, "") else known.texts_of([value])[0]
        for value in (item.base, item.theirs, item.mine)
    )
    return ShownConflict(
        item=item,
        label=str(known.label),
        theirs=diff_texts(base, theirs),
        mine=diff_texts(base, mine),
        base_text=base,
        theirs_text=theirs,
        mine_text=mine,
    )


def put_on_top(
    current: Any, merged: dict[str, Any], conflicts: Sequence[FieldConflict], prose: Iterable[str]
) -> Any:
    """A copy of ``current``, not to be saved, with an edit on top of it.

    In prose that is in conflict both texts stand between marks; in another field that of the edit.
    """
    shown = copy(current)
    for name, value in merged.items():
        setattr(shown, name, value)
    for item in conflicts:
        setattr(shown, item.name, text_with_both(item) if item.name in prose else item.mine)
    return shown


def text_with_both(item: FieldConflict) -> str:
    """The merged text; where both sides changed the same place, both stand there between marks."""
    merge = merge_texts(item.base, item.theirs, item.mine)
    if merge.text is not None:
        return merge.text
    lines: list[str] = []
    for chunk in merge.chunks:
        if chunk.conflict is None:
            lines += chunk.text.split("\n")
            continue
        theirs, mine = chunk.conflict.ours, chunk.conflict.theirs
        lines += [MARK_THEIRS, *_lines(theirs), MARK_BETWEEN, *_lines(mine), MARK_MINE]
    return join_lines(lines, is_ended=item.theirs.endswith("\n") or item.mine.endswith("\n"))


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def refuse_markers(form: RevisionForm) -> bool:
    """Say at the field where the marks of a conflict still stand in a text; whether any do."""
    marks = (MARK_THEIRS, MARK_BETWEEN, MARK_MINE)
    for name, value in list(form.cleaned_data.items()):
        if isinstance(value, str) and any(line in marks for line in value.splitlines()):
            text = _("Two versions still stand here: keep what is right and take the marks out.")
            form.add_error(name, text)
    return bool(form.errors)
