"""The facts of an edit that is about to be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils import timezone

from accounts.limits import FULL_RATE, UNLIMITED
from changes.models import Change, Source
from changes.objects import TrackedObject, get_tracked
from changes.recording import Attempt
from moderation.rules.author_conditions import MAX_COUNTED, MAX_MINUTES, MAX_RECENT
from moderation.rules.facts import EditFacts
from moderation.rules.models import EditKind, Standing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import Manager

    from accounts.models import User
    from changes.models import Versioned

AUTOPATROL: Final = "changes.autopatrol"
_STATE_FIELDS: Final = {"deleted_at", "status", "retired_reason"}
#: Decisions about many objects at once, by somebody who may take them.
NOT_LOOKED_AT: Final = (Source.IMPORT, Source.REPAIR)

_KINDS: Final[Mapping[str, EditKind]] = {
    Change.Kind.CREATED: EditKind.CREATE,
    Change.Kind.RENAMED: EditKind.RENAME,
    Change.Kind.REVERTED: EditKind.REVERT,
    Change.Kind.RETIRED: EditKind.REMOVE,
}


def edit_kind_of(change_kind: str) -> EditKind:
    """What rules call a kind of change."""
    return _KINDS.get(change_kind, EditKind.EDIT)


def standing_of_author(actor: User | AnonymousUser) -> Standing:
    """Where the rights of an account put it among those whom rules tell apart."""
    if not actor.is_authenticated:
        return Standing.ANONYMOUS
    for permission, standing in STANDINGS.items():
        if actor.has_perm(permission):
            return standing
    return Standing.NEWCOMER


#: The permission that makes each standing, the highest first.
STANDINGS: Final = {
    UNLIMITED: Standing.MODERATOR,
    AUTOPATROL: Standing.TRUSTED,
    FULL_RATE: Standing.CONTRIBUTOR,
}


def is_looked_at(attempt: Attempt) -> bool:
    """Whether rules are asked about a write at all.

    Not about one that follows from another.
    """
    by, step = attempt.by, attempt.step
    if by.source in NOT_LOOKED_AT or step.is_consequence or by.actor.is_bot:
        return False
    return has_content(step.kind, step.changed_fields)


def has_content(change_kind: str, changed_fields: Collection[str]) -> bool:
    """Whether a change of that kind writes anything that a rule could object to.

    Deleting is for moderators, and what is restored just as it was had been judged before.
    """
    if change_kind == Change.Kind.RESTORED:
        return not set(changed_fields) <= _STATE_FIELDS
    return change_kind != Change.Kind.DELETED


def facts_of_attempt(attempt: Attempt) -> EditFacts | None:
    """What is known of a write; None of an object whose fields nobody described. No query."""
    instance, subject, step, by = attempt.instance, attempt.subject, attempt.step, attempt.by
    try:
        tracked = get_tracked(subject.object_type)
    except KeyError:
        return None
    return EditFacts(
        object_type=subject.object_type,
        edit_kind=edit_kind_of(step.kind),
        standing=standing_of_author(by.actor),
        title=subject.title,
        summary=by.summary,
        changed_fields=frozenset(step.changed_fields),
        size_difference=step.size_difference,
        prose=prose_of(tracked),
        new=values_of(tracked, instance),
        read_old=lambda: _read_stored(tracked, instance),
        **author_facts(by.actor),
    )


def author_facts(actor: User | AnonymousUser) -> dict[str, Any]:
    """What is known of who makes an edit now; queries only for what a rule asks."""
    common = {"site_url": settings.SITE_URL}
    if not actor.is_authenticated:
        return common
    return {
        **common,
        "account_age": timezone.now() - actor.date_joined,
        "read_edit_ages": lambda: _read_edit_ages(actor),
        "count_edits": lambda: _count_edits(actor),
    }


def prose_of(tracked: TrackedObject) -> frozenset[str]:
    """The fields of a kind of object that hold Markdown."""
    return frozenset(field.name for field in tracked.fields if field.is_prose)


def values_of(tracked: TrackedObject, row: Any) -> dict[str, Any]:
    """The values of an object, or of one of its revisions, by field."""
    return {field.name: getattr(row, field.name) for field in tracked.fields}


def _read_stored(tracked: TrackedObject, instance: Versioned) -> Mapping[str, Any]:
    if not instance.pk:
        return {}
    manager: Manager[Any] = type(instance)._base_manager
    names = [field.name for field in tracked.fields]
    return manager.filter(pk=instance.pk).values(*names).first() or {}


def _read_edit_ages(actor: User) -> Sequence[timedelta]:
    now = timezone.now()
    since = now - timedelta(minutes=MAX_MINUTES)
    edits = Change.objects.by(actor).revisions().filter(at__gt=since)
    return [now - at for at in edits.values_list("at", flat=True)[:MAX_RECENT]]


def _count_edits(actor: User) -> int:
    return Change.objects.by(actor).revisions()[:MAX_COUNTED].count()
