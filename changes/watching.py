"""Following pages, resources and sections, and telling those who do what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import Exists, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from changes.leading import attach, find_homes
from changes.lines import changes_url
from changes.mail_models import Preferences
from changes.models import Change, ObjectType
from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel, Notification
from changes.notifying import NotificationSubject, mark_read, notify_all
from changes.objects import find_refs
from changes.recording import listen
from changes.watch_models import Watch, WatchQuerySet

if TYPE_CHECKING:
    from changes.objects import ObjectRef

WATCHED_CHANGED: Final = "watched_changed"
WATCHABLE: Final = frozenset({ObjectType.PAGE, ObjectType.RESOURCE, ObjectType.SECTION})
MAX_WATCHED: Final = 5_000


def register_watching() -> None:
    """Called once by ``ChangesConfig.ready``."""
    register_kind(
        NotificationKind(
            name=WATCHED_CHANGED,
            label=gettext_lazy("Something that I watch is changed"),
            sentence=gettext_lazy("%(title)s, which you watch: %(what)s by %(actor)s."),
            word=_put_into_words,
            usual=Channel.DIGEST,
            is_mailed_once=True,  # until it is seen, as MediaWiki does
        )
    )
    listen(hear_change)
    attach(Watch, settle=settle_watches, origin="through")


def _put_into_words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    names = dict(Change.Kind.choices)
    return {"what": str(names.get(params.get("kind", ""), params.get("kind", "")))}


@transaction.atomic
def watch(*, user: User, object_type: str, object_id: int) -> bool:
    """Follow an object that everyone may see; whether that is new.

    Raises ObjectDoesNotExist for one that is not there, and ValidationError above ``MAX_WATCHED``.
    """
    key = (object_type, object_id)
    ref = find_refs([key]).get(key) if object_type in WATCHABLE else None
    if ref is None or not ref.is_public:
        raise ObjectDoesNotExist
    User.objects.select_for_update().get(pk=user.pk)
    own = Watch.objects.of(user).on(object_type, object_id)
    if own.update(through=None):
        return False
    if Watch.objects.of(user).count() >= MAX_WATCHED:
        message = _("You watch %(max)d things already: unwatch some first.") % {"max": MAX_WATCHED}
        raise ValidationError(message)
    return Watch.objects.get_or_create(user=user, object_type=object_type, object_id=object_id)[1]


def settle_watches(object_type: str, homes: Collection[int], at: int) -> None:
    """Have those who follow what leads to an object follow that as well, for as long as it does.

    As :func:`changes.leading.attach` wants it. What leads there is still watched: it may be turned
    into something else.
    """
    watches = Watch.objects.filter(object_type=object_type).order_by("pk")
    watches.filter(through__in=homes).exclude(object_id=at).delete()
    leading = watches.filter(object_id__in=set(homes) - {at}, through=None)
    Watch.objects.bulk_create(
        [
            Watch(user_id=user_id, object_type=object_type, object_id=at, through=home)
            for user_id, home in leading.values_list("user_id", "object_id")
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def unwatch(*, user: User, object_type: str, object_id: int) -> bool:
    """Follow an object no longer; whether it was."""
    return bool(_end(user, Watch.objects.of(user).on(object_type, object_id)))


@transaction.atomic
def unwatch_all(*, user: User, ids: Collection[int]) -> int:
    """Take the watches of those ids off the list of ``user``; how many there were."""
    return _end(user, Watch.objects.of(user).filter(pk__in=ids))


def _end(user: User, watches: WatchQuerySet) -> int:
    """Delete watches, those that they follow from, and those that follow from them."""
    rows = list(watches.values_list("pk", "object_type", "object_id", "through"))
    others = Q(pk__in=[])
    for _pk, object_type, object_id, through in rows:
        others |= Q(object_type=object_type, through=object_id)
        if through is not None:
            homes = find_homes(object_type, object_id)
            others |= Q(object_type=object_type, object_id__in=homes)
    Watch.objects.of(user).filter(pk__in=[row[0] for row in rows]).delete()
    Watch.objects.of(user).filter(others).delete()
    return len(rows)


def mark_seen(*, user: User, object_type: str = "", object_id: int = 0) -> int:
    """Note that ``user`` has seen what changed in an object, or in all; how much that was."""
    unseen = Notification.objects.of(user).unread().filter(kind=WATCHED_CHANGED)
    if object_type:
        unseen = unseen.filter(object_type=object_type, object_id=object_id)
    return mark_read(user=user, ids=list(unseen.values_list("pk", flat=True)))


def describe_watch(
    reader: User | AnonymousUser, object_type: str, object_id: int
) -> dict[str, Any] | None:
    """What ``changes/_watch.html`` shows of an object; None for people without an account.

    One query.
    """
    if not reader.is_authenticated:
        return None
    unseen = Notification.objects.unread().filter(
        recipient=reader.pk, kind=WATCHED_CHANGED, object_type=object_type, object_id=object_id
    )
    mine = Watch.objects.filter(user=reader.pk).on(object_type, object_id)
    asked = User.objects.filter(pk=reader.pk).values_list(Exists(mine), Exists(unseen))
    is_watched, is_unseen = asked[0]
    return {
        "object": f"{object_type}:{object_id}",
        "is_watched": is_watched,
        "is_unseen": is_unseen,
        "is_section": object_type == ObjectType.SECTION,
    }


def hear_change(change: Change) -> None:
    """Tell who watches, and watch for whoever wants to watch what they edit: a listener.

    One query of most changes; those of links are on the watchlist and told nobody.
    """
    if change.object_type not in WATCHABLE or not change.version_after:
        return
    people = list(User.objects.filter(pk__in=_find_concerned(change)))
    if change.actor in people:
        _watch_own(change.actor, change)
    others = [one for one in people if one != change.actor]
    if others:
        _tell(others, change)


def _find_concerned(change: Change) -> Any:
    """Who watches, and the author where they want to watch what they edit.

    For the database to look into: an object may have more watchers than a query has parameters.
    """
    concerned = Watch.objects.concerned_by(change.object_type, change.object_id, change.section_id)
    wanting = Preferences.objects.filter(user=change.actor, watches_edits=True)
    return concerned.exclude(user=change.actor).values("user").union(wanting.values("user"))


def _tell(people: list[User], change: Change) -> None:
    key = (change.object_type, change.object_id)
    notify_all(
        recipients=people,
        kind=WATCHED_CHANGED,
        subject=_subject(change, find_refs([key]).get(key)),
        actor=change.actor,
        params={"kind": change.kind},
    )


def _subject(change: Change, ref: ObjectRef | None) -> NotificationSubject:
    is_open = ref is not None and ref.is_public
    return NotificationSubject(
        object_type=change.object_type,
        object_id=change.object_id,
        title=change.object_title,
        url=f"{ref.url}history/" if ref is not None and is_open else changes_url(change),
    )


def _watch_own(actor: User, change: Change) -> None:
    if Watch.objects.of(actor).count() < MAX_WATCHED:
        mine = Watch(user=actor, object_type=change.object_type, object_id=change.object_id)
        Watch.objects.bulk_create(
            [mine],
            update_conflicts=True,
            unique_fields=["user", "object_type", "object_id"],
            update_fields=["through"],
        )
