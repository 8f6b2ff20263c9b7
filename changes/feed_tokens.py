"""Keys by which a feed reader, which cannot sign in, reads private feeds of one person."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from changes.feed_token_models import FeedToken

if TYPE_CHECKING:
    from accounts.models import User


def _digest(token: str) -> str:
    """Without salt and stretching: nobody guesses 256 bits."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


@transaction.atomic
def renew_feed_token(*, user: User) -> str:
    """A new key for ``user``, shown this once; the one before opens nothing from now on."""
    token = secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "made_at": timezone.now()}
    FeedToken.objects.update_or_create(user=user, defaults=values)
    return token


@transaction.atomic
def revoke_feed_token(*, user: User) -> bool:
    """Take the key of ``user`` away; whether there was one."""
    deleted, _by_model = FeedToken.objects.filter(user=user).delete()
    return bool(deleted)


def find_feed_reader(token: str) -> User | None:
    """Whose key it is; None for no key, and for people whose account is closed.

    What they may read is asked of them anew at every request. One query.
    """
    found = FeedToken.objects.select_related("user").filter(digest=_digest(token)).first()
    return found.user if found is not None and found.user.is_active else None
