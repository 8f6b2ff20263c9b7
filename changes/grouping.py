"""Operations that write several objects: their changes are one group, taken back as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.blocks import find_block
from accounts.limits import count
from accounts.permissions import may
from changes.counting import UNDOES
from changes.group_models import ChangeGroup
from changes.models import Change
from changes.patrolling import PATROL
from changes.recording import MAX_SUMMARY, Authorship
from changes.restoring import RestoringRefusedError, Run, Target, restore
from changes.taking_back import collecting

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

GROUP: Final = "group"  # in the details of a change
#: Objects that are written first where a group is taken back: the others stand in these.
_ORDER: Final = ("section", "resource", "page")


@dataclass
class Grouped:
    """A group while it is made: what is written ``by`` it belongs to it."""

    group: ChangeGroup
    by: Authorship


@contextmanager
def grouping(
    kind: ChangeGroup.Kind, by: Authorship, *, undoes: ChangeGroup | None = None
) -> Iterator[Grouped]:
    """Make one group of whatever is written inside the block; inside a transaction."""
    group = ChangeGroup.objects.create(kind=kind, actor=by.actor, undoes=undoes)
    with collecting() as ids:
        yield Grouped(group, replace(by, details={**by.details, GROUP: group.pk}))
    # Those of savepoints that were rolled back are not there.
    kept = Change.objects.filter(pk__in=ids).order_by("pk")
    group.change_ids = list(kept.values_list("pk", flat=True))
    group.save(update_fields=["change_ids"])


def find_changes(group: ChangeGroup) -> list[Change]:
    """The changes of a group, the oldest first."""
    changes = Change.objects.filter(pk__in=group.change_ids).select_related("actor")
    return list(changes.order_by("pk"))


def may_undo(user: User | AnonymousUser, group: ChangeGroup) -> bool:
    """Whether ``user`` may ask for it: whose work it is, and those who patrol."""
    if group.is_undone or not group.change_ids:
        return False
    if group.actor_id is not None and group.actor_id == user.pk:
        return find_block(user) is None  # what is written asks for its own permissions
    return may(user, PATROL)


@transaction.atomic
def undo_group(*, group_id: int, actor: User, reason: str = "") -> ChangeGroup:
    """Make every object of a group what it was before; the group that did so.

    All or nothing, and one edit by the limits; what others wrote since stays. Raises
    ``DoesNotExist``, PermissionDenied, LimitReachedError, or ValidationError with the title of
    what a person has to look at.
    """
    group = ChangeGroup.objects.select_for_update(of=("self",)).get(pk=group_id)
    if group.is_undone:
        raise ValidationError(_("It was taken back already."))
    if not may_undo(actor, group):
        raise PermissionDenied(_("Your account may not take this back."))
    changes = find_changes(group)
    summary = reason.replace("\0", "").strip() or _("Taken back together")
    details = {UNDOES: group.pk}
    by = Authorship(actor=actor, summary=summary[:MAX_SUMMARY], details=details)
    count("edit", actor=actor)
    with grouping(ChangeGroup.Kind.UNDO, by, undoes=group) as made:
        for targets in _targets(changes):
            try:
                restore(targets, reason=summary, by=made.by)
            except RestoringRefusedError as error:
                raise ValidationError(_explain(error, changes)) from error
    return made.group


def _targets(changes: Sequence[Change]) -> Iterable[list[Target]]:
    """What is restored together, one kind of object after the other."""
    runs: dict[tuple[str, int], list[Run]] = {}
    for change in changes:
        if change.version_after is None:
            continue
        steps = runs.setdefault((change.object_type, change.object_id), [])
        if steps and steps[-1].after == change.version_before:
            steps[-1] = steps[-1]._replace(after=change.version_after)
        else:
            steps.append(Run(change.version_before, change.version_after))
    for kind in _ORDER:
        targets = [
            Target(object_type, object_id, tuple(steps))
            for (object_type, object_id), steps in runs.items()
            if object_type == kind
        ]
        if targets:
            yield targets


def _explain(error: RestoringRefusedError, changes: Sequence[Change]) -> list[str]:
    titles = {(change.object_type, change.object_id): change.object_title for change in changes}
    return [
        _("%(title)s: %(problem)s")
        % {"title": titles.get(plan.target.key, ""), "problem": plan.problem}
        for plan in error.plans
        if plan.problem
    ]
