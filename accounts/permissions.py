"""The question every operation asks before it writes."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.blocks import BlockedError, find_block
from accounts.models import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


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


def find_holders(*permissions: str) -> QuerySet[User]:
    """Active accounts that hold one of ``permissions``, by a group, by hand or as superusers.

    It begins with the permissions: Django's ``with_perm`` asks for each account, which takes 300 ms
    for 50,000 of them.
    """
    pairs = (permission.split(".") for permission in permissions)
    named = (Q(content_type__app_label=app, codename=codename) for app, codename in pairs)
    rights = Permission.objects.filter(reduce(or_, named))
    by_group = User.groups.through.objects.filter(group__permissions__in=rights)
    by_hand = User.user_permissions.through.objects.filter(permission__in=rights)
    return User.objects.filter(
        Q(is_superuser=True) | Q(pk__in=by_group.values("user")) | Q(pk__in=by_hand.values("user")),
        is_active=True,
    )
