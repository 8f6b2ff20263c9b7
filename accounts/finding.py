"""Accounts as people name them in forms."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User


def find_named(name: str) -> User | None:
    """The account of that name in whatever case, None where none is given; ValidationError."""
    if not name:
        return None
    try:
        return User.objects.get_named(name)
    except User.DoesNotExist:
        message = _("Nobody here has the name “%(name)s”.") % {"name": name}
        raise ValidationError(message) from None
