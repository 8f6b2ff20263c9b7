"""Taking back what one operation wrote: the revisions it made, and not what others wrote since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext as _

from changes.editing import EditConflictError
from changes.models import Change
from changes.objects import find_refs, get_tracked
from changes.recording import Authorship, NothingChangedError, listen

_collected: ContextVar[set[int] | None] = ContextVar("collected changes", default=None)


@dataclass(frozen=True)
class Taken:
    """What an operation made of one object: its version before the first and after the last."""

    object_type: str
    object_id: int
    before: int
    after: int

    @property
    def key(self) -> tuple[str, int]:
        return self.object_type, self.object_id


@contextmanager
def collecting() -> Iterator[set[int]]:
    """Gather the ids of the changes that are recorded inside the block by this thread.

    Some of them may have been rolled back: :func:`read_taken` leaves those out.
    """
    ids: set[int] = set()
    token = _collected.set(ids)
    try:
        yield ids
    finally:
        _collected.reset(token)


def register_collecting() -> None:
    """Called once by ``ChangesConfig.ready``."""
    listen(_collect)


def _collect(change: Change) -> None:
    ids = _collected.get()
    if ids is not None:
        ids.add(change.pk)


def read_taken(change_ids: Collection[int]) -> list[Taken]:
    """What those changes made of each object, without objects that they created; one query."""
    if not change_ids:
        return []
    changes = Change.objects.filter(pk__in=change_ids, version_before__isnull=False)
    columns = ("object_type", "object_id", "version_before", "version_after")
    return merge_taken(from_json(changes.order_by("pk").values_list(*columns)))


def merge_taken(steps: Iterable[Taken]) -> list[Taken]:
    """One for each run of steps of an object between which nobody else wrote; the order stays."""
    runs: list[Taken] = []
    last: dict[tuple[str, int], int] = {}
    for step in steps:
        at = last.get(step.key)
        if at is not None and runs[at].after == step.before:
            runs[at] = replace(runs[at], after=step.after)
        else:
            last[step.key] = len(runs)
            runs.append(step)
    return runs


def to_json(taken: Iterable[Taken]) -> list[list[Any]]:
    """What is kept of them, for instance in the log."""
    return [[one.object_type, one.object_id, one.before, one.after] for one in taken]


def from_json(rows: Iterable[Sequence[Any]]) -> list[Taken]:
    """What :func:`to_json` gave."""
    return [Taken(*row) for row in rows]


def hold(taken: Sequence[Taken]) -> None:
    """Lock all objects first, in the order in which every edit of several does."""
    ids_of: dict[str, list[int]] = {}
    for one in taken:
        ids_of.setdefault(one.object_type, []).append(one.object_id)
    for object_type, ids in sorted(ids_of.items()):
        model = get_tracked(object_type).model
        if model is not None:
            rows = model._base_manager.select_for_update().filter(pk__in=ids)
            list(rows.order_by("pk").values_list("pk"))


def take_back(taken: Sequence[Taken], by: Authorship) -> list[tuple[str, int]]:
    """Make each object what it was before, as a revision; type and id of what that changed.

    What others wrote since stays. Inside a transaction. Raises ValidationError with the title of
    an object where the same place was changed since, or that is gone.
    """
    refs = find_refs(one.key for one in taken)
    hold(taken)
    changed: dict[tuple[str, int], None] = {}
    for one in reversed(taken):
        ref = refs.get(one.key)
        if ref is None:
            raise ValidationError(_("Something that was changed is gone: it cannot be taken back."))
        if _take_back(one, ref.title, by):
            changed[one.key] = None
    return list(changed)


def _take_back(one: Taken, title: str, by: Authorship) -> bool:
    revert = get_tracked(one.object_type).revert
    if revert is None:
        raise ValidationError(_("%(title)s cannot be taken back.") % {"title": title})
    try:
        revert(object_id=one.object_id, to_version=one.before, since=one.after, by=by)
    except NothingChangedError:
        return False
    except (EditConflictError, ObjectDoesNotExist) as error:
        message = _("%(title)s was changed in the same place since: edit it by hand.")
        raise ValidationError(message % {"title": title}) from error
    except ValidationError as error:
        problem = {"title": title, "problem": " ".join(error.messages)}
        raise ValidationError(_("%(title)s: %(problem)s") % problem) from error
    return True
