"""People as objects that the log, notifications and the watchlist can be about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from accounts.models import User
from changes.objects import ObjectRef, TrackedObject, register

USER: Final = "user"


def register_people() -> None:
    """Make accounts known by title and address; they have no revisions."""
    register(TrackedObject(object_type=USER, find_refs=find_user_refs))


def find_user_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    """How accounts are called and reached, by id. One query."""
    users = User.objects.filter(pk__in=ids).only("username")
    return {user.pk: ObjectRef(title=user.label, url=user.get_absolute_url()) for user in users}
