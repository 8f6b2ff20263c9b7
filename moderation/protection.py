"""Who may write where: the question that every operation and every form asks of protections."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.permissions import may
from changes.models import ObjectType
from changes.objects import ObjectRef, Place, find_refs, get_tracked
from changes.recording import Attempt
from changes.refusals import MayNotPublishError
from moderation.protection_models import STRICTNESS, Level, Protection
from moderation.scope import REVIEW, find_scope
from moderation.sections import Parents, find_around, read_parents

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

PROTECT: Final = "moderation.protect"
_ASKED: Final[dict[str, str]] = {
    Level.TRUSTED: "moderation.edit_protected",
    Level.MODERATORS: PROTECT,
}
_NOWHERE: Final = Place(section_id=None, listed_in=frozenset())


@dataclass(frozen=True)
class ShownProtection:
    """A protection as pages show it; ``section`` is the one it comes from, None for its own.

    ``keeps_out``: whoever sees it may not write there.
    """

    protection: Protection
    section: ObjectRef | None = None
    keeps_out: bool = True


def may_protect(user: User | AnonymousUser) -> bool:
    """Whether ``user`` protects things, and so writes on all that are protected."""
    return may(user, PROTECT)


def may_publish(actor: User | AnonymousUser, object_type: str, obj: Any) -> bool:
    """Whether no protection keeps ``actor`` from writing on an object that exists.

    Whether they may write at all is not asked here.
    """
    return find_barrier(actor, object_type, obj) is None


def find_barrier(actor: User | AnonymousUser, object_type: str, obj: Any) -> Protection | None:
    """The protection that keeps ``actor`` from writing on an object, if there is one."""
    if may_protect(actor):
        return None
    found = find_protections(object_type, obj)
    return _first_barrier(actor, found, {_place_of(object_type, obj).section_id})


def find_kept_out(actor: User | AnonymousUser, object_type: str, objs: Sequence[Any]) -> set[int]:
    """Ids of those of several objects on which a protection keeps ``actor`` from writing.

    Two queries, but for reviewers of sections, whose protected objects are looked at one by one.
    """
    if may_protect(actor) or not objs:
        return set()
    ids = [obj.pk for obj in objs]
    own = Q(object_type=object_type, object_id__in=ids)
    rows = Protection.objects.standing().filter(own | Q(object_type=ObjectType.SECTION))
    standing = list(rows)
    if not standing:
        return set()
    parents = read_parents()
    kept_out: set[int] = set()
    for obj in objs:
        section_ids = {_place_of(object_type, obj).section_id}
        holding = _choose(standing, object_type, obj.pk, section_ids, parents)
        if holding and _first_barrier(actor, holding, section_ids) is not None:
            kept_out.add(obj.pk)
    return kept_out


def find_protections(object_type: str, obj: Any) -> list[Protection]:
    """What holds for an object, its own and those of sections around it: the strictest first.

    One query where no section is protected, two at most.
    """
    standing = list(Protection.objects.standing().touching(object_type, obj.pk))
    place = _place_of(object_type, obj)
    return _choose(standing, object_type, obj.pk, {place.section_id})


def require_publish(actor: User | AnonymousUser, object_type: str, obj: Any) -> None:
    """Raise MayNotPublishError, with words for a person, unless :func:`may_publish`."""
    barrier = find_barrier(actor, object_type, obj)
    if barrier is not None:
        raise MayNotPublishError(_explain(barrier))


def show_protection(
    object_type: str, obj: Any, *, viewer: User | AnonymousUser
) -> ShownProtection | None:
    """The strictest that holds for an object, with where it comes from; three queries at most."""
    found = find_protections(object_type, obj)
    if not found:
        return None
    first = found[0]
    section_id = _place_of(object_type, obj).section_id
    keeps_out = _first_barrier(viewer, found, {section_id}) is not None
    if is_own(first, object_type, obj):
        return ShownProtection(first, keeps_out=keeps_out)
    key = first.object_type, first.object_id
    return ShownProtection(first, find_refs([key]).get(key), keeps_out)


def is_own(protection: Protection, object_type: str, obj: Any) -> bool:
    """Whether it is the object's own, not that of a section around it."""
    return (protection.object_type, protection.object_id) == (object_type, obj.pk)


def keeps_out(shown: ShownProtection | None) -> bool:
    """Whether that keeps whom it was shown to from writing."""
    return shown is not None and shown.keeps_out


def explain_protection(shown: ShownProtection | None) -> str:
    """Until when and why, in one sentence; "" where it keeps nobody out to whom it was shown."""
    return _explain(shown.protection) if shown is not None and shown.keeps_out else ""


def _explain(protection: Protection) -> str:
    reason = {"reason": protection.reason}
    if protection.expires_at is None:
        return _("Protected: %(reason)s") % reason
    until = date_format(protection.expires_at, "DATETIME_FORMAT")
    return _("Protected until %(until)s UTC: %(reason)s") % {"until": until, **reason}


def check_protection(attempt: Attempt) -> Collection[str]:
    """A guard of every write: refuse what a protection keeps from its author.

    Asked are the protections of the object, of the section that it is part of, and of those whose
    lists it would enter or leave. Raises MayNotPublishError. One query where nothing is protected.
    """
    actor = attempt.by.authority
    if may_protect(actor):
        return ()
    object_type, obj = attempt.subject.object_type, attempt.instance
    standing = list(Protection.objects.standing().touching(object_type, obj.pk))
    if standing:
        touched = _find_touched(object_type, obj)
        holding = _choose(standing, object_type, obj.pk, touched)
        barrier = _first_barrier(actor, holding, touched)
        if barrier is not None:
            raise MayNotPublishError(_explain(barrier))
    return ()


def _find_touched(object_type: str, obj: Any) -> set[int | None]:
    """The sections that a write of ``obj`` concerns: its own, and those it enters or leaves."""
    after = _place_of(object_type, obj)
    stored = type(obj)._base_manager.filter(pk=obj.pk).first() if obj.pk else None
    before = _NOWHERE if stored is None else _place_of(object_type, stored)
    return {before.section_id, *(before.listed_in ^ after.listed_in)}


def _choose(
    standing: Sequence[Protection],
    object_type: str,
    object_id: int | None,
    section_ids: Iterable[int | None],
    parents: Parents | None = None,
) -> list[Protection]:
    """Those that hold for an object, or for what belongs to these sections: strictest first."""
    if not standing:
        return []
    around: set[int] = set()
    if any(one.object_type == ObjectType.SECTION for one in standing):
        wanted = [section_id for section_id in section_ids if section_id is not None]
        known = parents or (read_parents() if wanted else {})
        around = find_around(wanted, known)
    chosen = [
        one
        for one in standing
        if (one.object_type, one.object_id) == (object_type, object_id)
        or (one.object_type == ObjectType.SECTION and one.object_id in around)
    ]
    return sorted(chosen, key=lambda one: (-STRICTNESS[one.level], one.pk))


def _first_barrier(
    actor: User | AnonymousUser,
    protections: Iterable[Protection],
    section_ids: Collection[int | None],
) -> Protection | None:
    """What keeps ``actor`` out; reviewers of all those sections are trusted there."""
    barrier = next((one for one in protections if not may(actor, _ASKED[one.level])), None)
    if barrier is None or barrier.level != Level.TRUSTED or not may(actor, REVIEW):
        return barrier
    reviewed = find_scope(actor).section_ids or frozenset()
    wanted = {section_id for section_id in section_ids if section_id is not None}
    return None if wanted and wanted <= reviewed else barrier


def _place_of(object_type: str, obj: Any) -> Place:
    place_of = get_tracked(object_type).place_of
    return _NOWHERE if place_of is None else place_of(obj)
