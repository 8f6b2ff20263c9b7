"""Telling people what happened: on the site, and by e-mail where they want it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from changes.notification_kinds import get_kind
from changes.notification_models import Channel, Notification, NotificationChoice
from changes.nudging import nudge_after_commit

if TYPE_CHECKING:
    from accounts.models import User
    from changes.notification_kinds import NotificationKind


@dataclass(frozen=True, kw_only=True)
class NotificationSubject:
    """What a notification is about; ``url`` is the address on this site that it leads to.

    ``object_type`` and ``object_id`` say what counts as the same: of a kind, one unread
    notification is kept for each.
    """

    object_type: str
    object_id: int
    title: str
    url: str


def notify(
    *,
    recipient: User,
    kind: str,
    subject: NotificationSubject,
    actor: User | None,
    params: Mapping[str, Any] | None = None,
) -> None:
    """Tell one person; see :func:`notify_all`."""
    notify_all(recipients=[recipient], kind=kind, subject=subject, actor=actor, params=params)


@transaction.atomic
def notify_all(
    *,
    recipients: Iterable[User],
    kind: str,
    subject: NotificationSubject,
    actor: User | None,
    params: Mapping[str, Any] | None = None,
) -> None:
    """Tell some people what ``actor`` did: a constant number of queries.

    Nobody is told of what they did themselves, nor a bot, a closed account, or who chose not to
    hear of the kind. What is unread of the same kind and subject is merged with it. ``params``
    (JSON-able) are for the kind's sentence. To be called in the transaction of what happened;
    mails go out after the commit. KeyError where no app registered the kind.
    """
    known = get_kind(kind)
    ids = {
        user.pk
        for user in recipients
        if user.is_active and not user.is_bot and (actor is None or user.pk != actor.pk)
    }
    channels = _find_channels(ids, known)
    if not channels:
        return
    values = {
        "object_title": subject.title[:2000],
        "url": subject.url[:2000],
        "actor": actor,
        "actor_label": actor.label if actor else "",
        "params": dict(params or {}),
        "at": timezone.now(),
    }
    told = _merge(channels.keys(), known, subject, values)
    _create({pk: way for pk, way in channels.items() if pk not in told}, kind, subject, values)
    if Channel.MAIL in channels.values():
        _nudge()


def _nudge() -> None:
    from changes.tasks import send_mails

    nudge_after_commit(send_mails)


def _find_channels(ids: Collection[int], kind: NotificationKind) -> dict[int, str]:
    """How each of some people is told; without those who do not want to be."""
    if not ids:
        return {}
    chosen = dict(
        NotificationChoice.objects.filter(user_id__in=ids, kind=kind.name).values_list(
            "user_id", "channel"
        )
    )
    channels = {pk: str(chosen.get(pk, kind.usual)) for pk in ids}
    return {pk: channel for pk, channel in channels.items() if channel != Channel.OFF}


def _key(recipient_id: int, kind: str, subject: NotificationSubject) -> str:
    return f"{recipient_id}:{kind}:{subject.object_type}:{subject.object_id}"


def _merge(
    ids: Iterable[int],
    kind: NotificationKind,
    subject: NotificationSubject,
    values: dict[str, Any],
) -> set[int]:
    """Bring what is unread up to date; the people who had it."""
    keys = [_key(pk, kind.name, subject) for pk in sorted(ids)]
    unread = Notification.objects.select_for_update().filter(unread_key__in=keys).order_by("pk")
    held = dict(unread.values_list("pk", "recipient_id"))
    if held:
        again = {} if kind.is_mailed_once else {"mailed_at": None}
        Notification.objects.filter(pk__in=held).update(count=F("count") + 1, **again, **values)
    return set(held.values())


def _create(
    channels: Mapping[int, str], kind: str, subject: NotificationSubject, values: dict[str, Any]
) -> None:
    """Write new rows; where another transaction was first, its row takes the newer values."""
    Notification.objects.bulk_create(
        [
            Notification(
                recipient_id=pk,
                kind=kind,
                object_type=subject.object_type,
                object_id=subject.object_id,
                unread_key=_key(pk, kind, subject),
                channel=channel,
                **values,
            )
            for pk, channel in sorted(channels.items())
        ],
        update_conflicts=True,
        unique_fields=["unread_key"],
        update_fields=list(values),
    )


def mark_read(*, user: User, ids: Collection[int] | None = None, until: int | None = None) -> int:
    """Mark notifications of ``user`` as read; how many there were.

    Those of ``ids``, or all; of all only those up to the id ``until``: what came while somebody
    looked at the list stays unread.
    """
    unread = Notification.objects.filter(recipient=user).unread()
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    if until is not None:
        unread = unread.filter(pk__lte=until)
    return unread.update(read_at=timezone.now(), unread_key=None)


def forget_notifications() -> int:
    """Delete what is older than ``NOTIFICATIONS_KEEP_DAYS``, read or not; how many there were."""
    cutoff = timezone.now() - timedelta(days=settings.NOTIFICATIONS_KEEP_DAYS)
    deleted, _by_model = Notification.objects.filter(at__lt=cutoff).delete()
    return deleted
