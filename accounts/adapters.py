"""How django-allauth makes our accounts."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.addresses import client_address
from accounts.blocks import BlockedError, find_signup_block
from accounts.limits import count_account, count_address, take_back_account
from accounts.mail import keep_language
from accounts.models import ErasedName, User
from accounts.names import is_reserved, skeleton
from accounts.roles import CONTRIBUTORS, MODERATORS, NEWCOMERS, put_in_group

_JOINED = {"newcomers": NEWCOMERS, "contributors": CONTRIBUTORS}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """New accounts join a group; nobody signs up under the name of an office."""

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
        if not shallow and ErasedName.objects.has(name):
            raise ValidationError(self.error_messages["username_taken"], code="erased")
        if not shallow and _looks_like_staff(name):
            raise ValidationError(
                _("This user name looks like that of a moderator: please choose another."),
                code="lookalike",
            )
        return name

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save an account together with its first group, by NEW_ACCOUNTS_JOIN."""
        with transaction.atomic():
            if commit:
                count_address("signup", address=client_address(request))
            user.language = get_language() or ""
            super().save_user(request, user, form, commit=commit)
            if commit:
                put_in_group(user=user, group=_JOINED[settings.NEW_ACCOUNTS_JOIN])
        return user

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; of whom no language is known, that of the request is kept for mails."""
        super().login(request, user)
        if not user.language:
            keep_language(user=user, language=get_language() or "")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return True, or raise BlockedError where no account may be made from the address."""
        block = find_signup_block(client_address(request))
        if block is not None:
            raise BlockedError(block)
        return True

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the one address that all of us go by."""
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt to sign in, from one address and about one account from there.

        Never about an account from everywhere: who floods it would keep its owner out. Raises
        :class:`accounts.limits.LimitReachedError`.
        """
        address = client_address(request)
        count_address("login", address=address)
        count_account("login", account=_account(credentials), address=address)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return the account whose password was right, None otherwise; only failures count on."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            address = client_address(request)
            take_back_account("login", account=_account(credentials), address=address)
        return user


def _account(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "")


def _looks_like_staff(name: str) -> bool:
    moderators = Group.objects.filter(name=MODERATORS).values("user")
    names = User.objects.filter(pk__in=moderators) | User.objects.filter(is_superuser=True)
    wanted = skeleton(name)
    return any(skeleton(staff) == wanted for staff in names.values_list("username", flat=True))
