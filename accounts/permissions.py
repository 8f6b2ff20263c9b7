"""The question every operation asks before it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.blocks import BlockedError, find_block

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


def may(actor: User | AnonymousUser, permission: str) -> bool:
    """Whether ``actor`` holds ``permission`` ("app.codename") and is not blocked.

    The site's own bot holds all.
    """
    if getattr(actor, "is_bot", False):
        return True
    return actor.has_perm(permission) and find_block(actor) is None


def require(actor: User | AnonymousUser, permission: str) -> None:
    """Raise PermissionDenied, with words for a person, unless :func:`may`."""
    if may(actor, permission):
        return
    refuse_blocked(actor)
    if actor.is_authenticated:
        raise PermissionDenied(_("Your account may not do this."))
    raise PermissionDenied(_("Sign in to do this."))


def refuse_blocked(actor: User | AnonymousUser) -> None:
    """Raise BlockedError for whoever is blocked: of what asks for no permission."""
    block = find_block(actor)
    if block is not None:
        raise BlockedError(block)
