"""The one door: every accepted write of a historied object passes through :func:`record`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.permissions import may
from changes.models import Change, ObjectType, Source, Versioned

if TYPE_CHECKING:
    from accounts.models import User

MAX_SUMMARY = 500


class StaleVersionError(Exception):
    """The object was changed between reading and writing; nothing was written."""


class NothingChangedError(Exception):
    """The write would have made a revision equal to the one before; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Authorship:
    """Who makes a revision, why and through which door.

    ``details`` (JSON-able) stand beside those of the step in the Change.
    """

    actor: User
    summary: str = ""
    is_minor: bool = False
    source: Source = Source.WEB
    accepted_by: User | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def authority(self) -> User:
        """Whose permission counts: of a proposal that of the moderator who accepts it."""
        return self.accepted_by or self.actor


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a recorded object is called in recent changes, and where it belongs."""

    object_type: str
    title: str
    section_id: int | None = None


Listener = Callable[[Change], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have ``listener`` called with each new Change, inside its transaction.

    For derived rows of upper apps (pages that embed a list, notifications, a search index);
    registered in ``AppConfig.ready()``. A listener that raises undoes the write.
    """
    if listener not in _listeners:
        _listeners.append(listener)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A write that is about to be recorded: ``instance`` has its new values and is not saved."""

    instance: Versioned
    subject: Subject
    step: Step
    by: Authorship


Guard = Callable[[Attempt], Collection[str]]
_guards: list[Guard] = []


def guard(check: Guard) -> None:
    """Have ``check`` asked before each write, inside its transaction.

    For limits and rules on edits; registered in ``AppConfig.ready()``, asked in the order of
    registration. It refuses by raising (:mod:`changes.refusals`), or returns labels that the
    Change then carries.
    """
    if check not in _guards:
        _guards.append(check)


@dataclass(frozen=True, kw_only=True)
class Step:
    """How a revision differs from the one before it."""

    kind: str
    changed_fields: Sequence[str] = ()
    base_version: int | None = None
    size_difference: int = 0  # bytes
    details: dict[str, Any] = field(default_factory=dict)
    is_consequence: bool = False  # follows from another write: the redirect of a rename


def record(instance: Versioned, *, subject: Subject, step: Step, by: Authorship) -> Change:
    """Write ``instance`` as its next revision: the row, one history row and one Change.

    The caller holds the row's lock and has set the new values. ``instance.version`` is the version
    those values were computed from; it is swapped for the next one, and a concurrent write in
    between raises :class:`StaleVersionError` (RELIABILITY §1). To be called inside
    ``transaction.atomic`` together with the derived rows.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a revision is recorded in a transaction")
    if by.actor is None:
        raise ValueError("a revision has an author; the bot has an account of its own")
    attempt = Attempt(instance=instance, subject=subject, step=step, by=by)
    labels = sorted({label for check in _guards for label in check(attempt)})
    before = instance.version if instance.pk else None
    _swap_version(instance)
    instance._revision_columns = _revision_columns(step, by)  # type: ignore[attr-defined]
    instance.save()
    change = Change.objects.create(
        actor=by.actor,
        actor_label=by.actor.label,
        kind=step.kind,
        object_type=subject.object_type,
        object_id=instance.pk,
        object_title=subject.title,
        section_id=_section_id(instance, subject),
        version_before=before,
        version_after=instance.version,
        summary=by.summary[:MAX_SUMMARY],
        is_minor=by.is_minor,
        size_difference=step.size_difference,
        source=by.source,
        details={**step.details, **by.details},
        labels=labels,
        **_patrol_columns(by),
    )
    tell(change)
    return change


def record_event(
    *,
    subject: Subject,
    object_id: int,
    kind: str,
    by: Authorship,
    details: dict[str, Any] | None = None,
) -> Change:
    """Write a Change that makes no revision, such as the death of a link."""
    change = Change.objects.create(
        actor=by.actor,
        actor_label=by.actor.label,
        kind=kind,
        object_type=subject.object_type,
        object_id=object_id,
        object_title=subject.title,
        section_id=subject.section_id,
        summary=by.summary[:MAX_SUMMARY],
        source=by.source,
        details=details or {},
        patrolled_by=by.actor,
        patrolled_at=timezone.now(),
    )
    tell(change)
    return change


def _patrol_columns(by: Authorship) -> dict[str, Any]:
    """Of whom one need not look at the edits, those are patrolled as they are made.

    So is a proposal: who approved it, a reviewer of one section too, has looked at it.
    """
    is_approved = by.source == Source.PROPOSAL and by.accepted_by not in (None, by.actor)
    if not is_approved and not may(by.authority, "changes.autopatrol"):
        return {}
    return {"patrolled_by": by.authority, "patrolled_at": timezone.now()}


def tell(change: Change) -> None:
    """Call every listener with ``change``."""
    for listener in _listeners:
        listener(change)


def _section_id(instance: Versioned, subject: Subject) -> int | None:
    """A section belongs to itself, and has no id before it is written."""
    is_section = subject.object_type == ObjectType.SECTION
    return instance.pk if is_section else subject.section_id


def _swap_version(instance: Versioned) -> None:
    """Raise the stored version by one if it still is the one that the values were made from."""
    if not instance.pk:
        instance.version = 1
        return
    manager: models.Manager[Any] = type(instance)._base_manager
    swapped = manager.filter(pk=instance.pk, version=instance.version).update(
        version=F("version") + 1
    )
    if not swapped:
        raise StaleVersionError(
            f"{type(instance).__name__} {instance.pk} is newer than {instance.version}"
        )
    instance.version += 1


def _revision_columns(step: Step, by: Authorship) -> dict[str, Any]:
    return {
        "history_date": timezone.now(),
        "history_user": by.actor,
        "history_change_reason": by.summary[:MAX_SUMMARY],
        "is_minor": by.is_minor,
        "base_version": step.base_version,
        "changed_fields": list(step.changed_fields),
        "source": by.source,
        "author_label": by.actor.label,
        "accepted_by": by.accepted_by,
    }
