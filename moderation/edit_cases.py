"""Edits that somebody should look at, as cases: marked by a rule, or unpatrolled for long.

One case an object and kind. A sweep opens and closes them, in a number of queries that does not
grow with the edits; a write only nudges it: an edit holds its object before anything else, a
decision its case, and a write that opened cases itself could wait for a decision that waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from changes.models import Change, ChangeQuerySet
from changes.nudging import nudge_after_commit
from moderation.cases import NewCase, open_cases, resolve
from moderation.models import Case
from moderation.rules.hits import find_marks

SUSPICIOUS: Final = "suspicious_edit"
UNPATROLLED: Final = "unpatrolled"
PRIORITY: Final = {SUSPICIOUS: 20, UNPATROLLED: -25}
#: So many edits become cases at once; the next sweep goes on.
AT_ONCE: Final = 2000
_ENDINGS: Final = (Change.Kind.DELETED, Change.Kind.RETIRED)


def find_waiting(kind: str, now: datetime | None = None) -> ChangeQuerySet:
    """Edits of a kind of case that nobody patrolled and no one else took back."""
    changes = Change.objects.unpatrolled().revisions().filter(~Exists(_taken_back()))
    if kind == SUSPICIOUS:
        return changes.exclude(labels=[])
    hours = settings.REVIEW_UNPATROLLED_HOURS
    if not hours:
        return changes.none()
    return changes.filter(labels=[], at__lte=(now or timezone.now()) - timedelta(hours=hours))


def _taken_back() -> Any:
    """What took an edit (the outer query) back: a revert to an earlier revision, or a removal.

    Not by its own author, and not where that was itself taken back since.
    """
    version = OuterRef("version_after")
    return (
        _with_reach(Change.objects.order_by())
        .filter(
            object_type=OuterRef("object_type"),
            object_id=OuterRef("object_id"),
            pk__gt=OuterRef("pk"),
            kind__in=(Change.Kind.REVERTED, *_ENDINGS),
            to__lt=version,
            since__gte=version,
        )
        .exclude(actor_label=OuterRef("actor_label"))
        .filter(~Exists(_brought_back()))
    )


def _brought_back() -> Any:
    """What made a taking back (the outer query) of an edit (that around it) undone."""
    version = OuterRef(OuterRef("version_after"))
    is_revert = Q(kind=Change.Kind.REVERTED, to__gte=version, to__lt=OuterRef("version_after"))
    return _with_reach(Change.objects.order_by()).filter(
        is_revert | Q(kind=Change.Kind.RESTORED),
        object_type=OuterRef("object_type"),
        object_id=OuterRef("object_id"),
        pk__gt=OuterRef("pk"),
    )


def _with_reach(changes: ChangeQuerySet) -> Any:
    """With the revisions between which a revert takes back: after ``to`` up to ``since``.

    Only a revert has numbers in its details, and ``CASE`` alone keeps PostgreSQL from reading
    those of others as such.
    """

    def number(name: str) -> models.Case:
        value = Cast(KeyTextTransform(name, "details"), models.IntegerField())
        return models.Case(models.When(kind=Change.Kind.REVERTED, then=value), default=Value(None))

    return changes.alias(
        to=Coalesce(number("to"), Value(0)),
        since=Coalesce(
            number("since"), Cast(F("version_after"), models.IntegerField()), Value(2**31 - 1)
        ),
    )


def sweep_edit_cases(now: datetime | None = None) -> None:
    """Open the cases that edits call for, and close those of which nothing waits any more."""
    for kind in (SUSPICIOUS, UNPATROLLED):
        _open(kind, now)
        _close(kind, now)


def _open(kind: str, now: datetime | None) -> None:
    has_case = Case.objects.filter(
        kind=kind,
        state=Case.State.OPEN,
        target_type=OuterRef("object_type"),
        target_id=OuterRef("object_id"),
    )
    waiting = find_waiting(kind, now).filter(~Exists(has_case)).order_by("pk")[:AT_ONCE]
    by_object: dict[tuple[str, int], list[Change]] = {}
    for change in waiting:
        by_object.setdefault((change.object_type, change.object_id), []).append(change)
    marks = find_marks([change.pk for changes in by_object.values() for change in changes])
    for object_type in sorted({object_type for object_type, _id in by_object}):
        cases = [
            _make_case(kind, changes, marks)
            for key, changes in by_object.items()
            if key[0] == object_type
        ]
        open_cases(kind=kind, target_type=object_type, cases=cases)


def _make_case(kind: str, changes: list[Change], marks: Mapping[int, str]) -> NewCase:
    labels = sorted({label for change in changes for label in change.labels})
    authors = ", ".join(dict.fromkeys(change.actor_label for change in changes))
    newest = changes[-1]
    if kind == SUSPICIOUS:
        reason = _("Marked by %(rules)s: written by %(authors)s.")
    else:
        reason = _("Nobody has looked at it yet: written by %(authors)s.")
    rules = [marks[change.pk] for change in changes if change.pk in marks]
    return NewCase(
        target_id=newest.object_id,
        title=newest.object_title,
        reason=reason % {"rules": ", ".join(labels), "authors": authors},
        evidence={"rule": [*rules, *labels][0], "labels": labels} if labels else {},
        priority=PRIORITY[kind],
        section_id=newest.section_id,
    )


def _close(kind: str, now: datetime | None) -> None:
    waiting = find_waiting(kind, now).filter(
        object_type=OuterRef("target_type"), object_id=OuterRef("target_id")
    )
    cases = Case.objects.filter(~Exists(waiting), kind=kind, state=Case.State.OPEN)
    resolve(cases, note=_("Everything in it is patrolled, or was taken back."))


def is_waiting(case: Case) -> bool:
    """Whether an edit still waits that a case of these kinds is about."""
    about = {"object_type": case.target_type, "object_id": case.target_id}
    return find_waiting(case.kind).filter(**about).exists()


def nudge_sweep(change: Change) -> None:
    """Have the sweep run after a write that may open or close a case: a listener of writes."""
    from moderation.tasks import sweep_edits

    is_marked = bool(change.labels) and not change.is_patrolled
    if is_marked or change.kind in (Change.Kind.REVERTED, *_ENDINGS):
        nudge_after_commit(sweep_edits)
