"""Who may do what to a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.permissions import may
from changes.models import ObjectType
from moderation.protection import may_publish

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from wiki.paths.models import Path


def may_edit_path(actor: User | AnonymousUser, path: Path) -> bool:
    """Whether ``actor`` may change ``path``: by right, and no protection keeps them out."""
    return may(actor, "wiki.change_path") and may_publish(actor, ObjectType.PATH, path)
