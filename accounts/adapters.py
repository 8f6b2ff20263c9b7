"""How django-allauth makes our accounts."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.names import is_reserved, skeleton
from accounts.roles import CONTRIBUTORS, MODERATORS, put_in_group


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Newcomers join the contributors; nobody signs up under the name of an office."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_taken": _("This user name is taken."),
        "username_password_mismatch": _("There is no account with this name and password."),
        "email_password_mismatch": _("There is no account with this e-mail and password."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return ``username`` if a newcomer may have it; raise ``ValidationError`` otherwise."""
        name: str = super().clean_username(username, shallow=shallow)
        if is_reserved(name):
            raise ValidationError(
                _("This user name would pass for an office of the site: please choose another."),
                code="reserved",
            )
        if not shallow and _looks_like_staff(name):
            raise ValidationError(
                _("This user name looks like that of a moderator: please choose another."),
                code="lookalike",
            )
        return name

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save a newcomer together with the membership of the contributors."""
        with transaction.atomic():
            super().save_user(request, user, form, commit=commit)
            if commit:
                put_in_group(user=user, group=CONTRIBUTORS)
        return user


def _looks_like_staff(name: str) -> bool:
    moderators = Group.objects.filter(name=MODERATORS).values("user")
    names = User.objects.filter(pk__in=moderators) | User.objects.filter(is_superuser=True)
    wanted = skeleton(name)
    return any(skeleton(staff) == wanted for staff in names.values_list("username", flat=True))
