"""The question every operation asks before it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


def may(actor: User | AnonymousUser, permission: str) -> bool:
    """Whether ``actor`` holds ``permission`` ("app.codename"); the site's own bot holds all."""
    return bool(getattr(actor, "is_bot", False)) or actor.has_perm(permission)


def require(actor: User | AnonymousUser, permission: str) -> None:
    """Raise PermissionDenied, with words for a person, unless :func:`may`."""
    if may(actor, permission):
        return
    if actor.is_authenticated:
        raise PermissionDenied(_("Your account may not do this."))
    raise PermissionDenied(_("Sign in to do this."))
