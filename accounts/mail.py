"""To whom the site may write of its own accord, where to, and in which language."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.conf import settings

from accounts.blocks import find_block
from accounts.models import User


def find_mail_address(user: User) -> str:
    """The address that ``user`` confirmed, their primary one first; "" where there is none."""
    confirmed = EmailAddress.objects.filter(user_id=user.pk, verified=True)
    return confirmed.order_by("-primary", "pk").values_list("email", flat=True).first() or ""


def may_be_mailed(user: User) -> bool:
    """Whether mail of what happens may go to ``user``: to nobody whose account is shut."""
    return user.is_active and not user.is_bot and find_block(user) is None


def keep_language(*, user: User, language: str) -> None:
    """Write to ``user`` in that language from now on."""
    User.objects.filter(pk=user.pk).update(language=language)


def find_mail_language(user: User) -> str:
    """The language that ``user`` reads: chosen, or that of signing up; else the site's."""
    known = {code for code, _name in settings.LANGUAGES}
    return user.language if user.language in known else settings.LANGUAGE_CODE
