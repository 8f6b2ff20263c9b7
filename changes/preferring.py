"""How somebody wants to be told, chosen by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from accounts.mail import keep_language
from accounts.models import User
from changes.mail_models import Preferences
from changes.notification_kinds import kinds_for
from changes.notification_models import Channel, Notification, NotificationChoice, Rhythm


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is chosen besides the channels; values as :class:`Preferences` has them."""

    mails_nothing: bool
    summary_rhythm: str
    review_rhythm: str
    time_zone: str
    watches_edits: bool


@transaction.atomic
def save_preferences(
    *, user: User, channels: Mapping[str, str], wishes: Wishes, language: str
) -> None:
    """Keep what ``user`` chose for themselves; kinds that are not theirs to hear of are left out.

    What waits unread follows: it is mailed as it is now wanted, or not at all.
    """
    User.objects.select_for_update().get(pk=user.pk)
    for kind in kinds_for(user):
        if kind.name in channels:
            _choose(user, kind.name, Channel(channels[kind.name]), usual=kind.usual)
    values = asdict(wishes)
    before = Preferences.of(user)
    if wishes.review_rhythm != Rhythm.NEVER and before.review_rhythm == Rhythm.NEVER:
        values["review_covered_at"] = timezone.now()  # the first tells of what comes from now on
    Preferences.objects.update_or_create(user=user, defaults=values)
    keep_language(user=user, language=language)


def _choose(user: User, kind: str, channel: Channel, *, usual: Channel) -> None:
    chosen = NotificationChoice.objects.filter(user=user, kind=kind)
    if channel == usual:
        chosen.delete()
    elif not chosen.update(channel=channel):
        NotificationChoice.objects.create(user=user, kind=kind, channel=channel)
    waiting = Notification.objects.filter(recipient=user, kind=kind, mailed_at__isnull=True)
    waiting.unread().update(channel=channel)


def find_channels(user: User) -> dict[str, str]:
    """How ``user`` hears of each kind that they can be told of."""
    chosen = dict(NotificationChoice.objects.filter(user=user).values_list("kind", "channel"))
    return {kind.name: chosen.get(kind.name, str(kind.usual)) for kind in kinds_for(user)}
