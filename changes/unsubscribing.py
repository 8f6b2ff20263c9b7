"""Ending mails by the link in them: signed, for people who are not signed in too (RFC 8058)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.core import signing
from django.db import transaction

from accounts.models import User
from changes.mail_models import Preferences
from changes.notification_models import Channel, Notification, NotificationChoice, Rhythm

NOTICES: Final = "notices"
SUMMARY: Final = "summary"
REVIEW: Final = "review"
_SALT: Final = "changes.unsubscribing"


class BadTokenError(Exception):
    """The link was not made by this site, or was mangled on its way."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Which mails to whom: the sort, and of single notices the kinds."""

    user_id: int
    sort: str
    kinds: Sequence[str] = ()


def make_token(subscription: Subscription) -> str:
    """What stands in the link. It never expires: mails are kept for long, and it only ends mails.

    Who has it can end these mails, and see or change nothing else.
    """
    parts = [subscription.user_id, subscription.sort, *subscription.kinds]
    return signing.Signer(salt=_SALT).sign_object(parts)


def read_token(token: str) -> Subscription:
    """What :func:`make_token` was given; raises :class:`BadTokenError`."""
    try:
        user_id, sort, *kinds = signing.Signer(salt=_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise BadTokenError from error
    return Subscription(user_id=user_id, sort=sort, kinds=kinds)


@transaction.atomic
def unsubscribe(*, subscription: Subscription, from_all: bool = False) -> None:
    """End mails of a subscription, or all; what happens is still told on the site. Safe twice.

    Whoever holds the signed link may: that is the permission. Nothing is done for an account that
    is no more.
    """
    user = User.objects.select_for_update().filter(pk=subscription.user_id).first()
    if user is None:
        return
    if from_all:
        Preferences.objects.update_or_create(user=user, defaults={"mails_nothing": True})
    elif subscription.sort == SUMMARY:
        _never(user, "summary_rhythm")
    elif subscription.sort == REVIEW:
        _never(user, "review_rhythm")
    else:
        for kind in subscription.kinds:
            NotificationChoice.objects.update_or_create(
                user=user, kind=kind, defaults={"channel": Channel.SITE}
            )
            waiting = Notification.objects.filter(recipient=user, kind=kind).unread()
            waiting.update(channel=Channel.SITE)


def _never(user: User, rhythm: str) -> None:
    Preferences.objects.update_or_create(user=user, defaults={rhythm: Rhythm.NEVER})
