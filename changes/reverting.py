"""Which revisions a later one took back: marked as it is recorded, for whoever counts them."""

from __future__ import annotations

from django.db.models import Q

from changes.models import Change, ChangeQuerySet
from changes.recording import listen


def register_reverting() -> None:
    """Called once by ``ChangesConfig.ready``."""
    listen(mark_reverted)


def mark_reverted(change: Change) -> None:
    """Mark what ``change`` takes back, and unmark what a revision that it takes back had marked.

    A revert takes back the revisions after the one that it leads to; of those only the steps that
    it names, where others wrote since (``details``). A deletion takes back what nobody had looked
    at, until the object is restored.
    """
    about = Change.objects.of_object(change.object_type, change.object_id)
    if change.kind == Change.Kind.RESTORED:
        about.filter(reverted_by__kind=Change.Kind.DELETED).update(reverted_by=None)
    steps = find_steps(change)
    if steps is not None:
        _mark(about.filter(steps, pk__lt=change.pk), change)
    elif change.kind == Change.Kind.DELETED:
        _mark(about.unpatrolled().filter(pk__lt=change.pk), change)


def find_steps(change: Change) -> Q | None:
    """The revisions of its object that ``change`` takes back; None where it is no revert."""
    runs = change.details.get("runs")
    if runs is None and change.kind == Change.Kind.REVERTED and "to" in change.details:
        through = change.details.get("since") or change.version_before
        runs = [[change.details["to"], through]]
    if not runs:
        return None
    steps = Q()
    for before, after in runs:
        steps |= Q(version_after__gt=before or 0, version_after__lte=after)
    return steps


def _mark(changes: ChangeQuerySet, by: Change) -> None:
    taken = list(changes.order_by().values_list("pk", flat=True))
    Change.objects.filter(reverted_by__in=taken).update(reverted_by=None)
    Change.objects.filter(pk__in=taken, reverted_by=None).update(reverted_by=by)
