"""Erasing an account: its name gives way to a pseudonym everywhere, and what it wrote stays.

Apps above this one say what of a person they hold besides the columns that this module finds by
itself: they register an :data:`Eraser` and an :data:`Exporter` in ``AppConfig.ready()``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from urllib.parse import quote

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import ANONYMOUS_NAME, ErasedName, User
from accounts.names import ERASED_PREFIX
from accounts.permissions import require

ERASE: Final = "accounts.delete_user"


@dataclass(frozen=True)
class Erasure:
    """Whose account is erased: the name that goes, and the one that stands there from now on."""

    user: User
    name: str
    pseudonym: str

    @cached_property
    def _as_word(self) -> re.Pattern[str]:
        spellings = "|".join(map(re.escape, (self.name, quote(self.name))))
        return re.compile(rf"(?<![\w.-])(?:{spellings})(?![\w-]|\.\w)", re.IGNORECASE)

    def reword(self, value: Any) -> Any:
        """``value`` (a text, or what JSON holds) with the pseudonym wherever the name is a word."""
        match value:
            case str():
                return self._as_word.sub(self.pseudonym, value)
            case dict():
                return {key: self.reword(one) for key, one in value.items()}
            case list():
                return [self.reword(one) for one in value]
        return value

    def reword_rows(self, rows: models.QuerySet[Any], *names: str) -> None:
        """Do so in columns of ``rows``: for sentences and lists that the site itself made."""
        for row in rows.values("pk", *names).iterator():
            new = {name: self.reword(row[name]) for name in names}
            if any(new[name] != row[name] for name in names):
                rows.model._base_manager.filter(pk=row["pk"]).update(**new)


Eraser = Callable[[Erasure], None]
Exporter = Callable[[User], Mapping[str, Any]]
_erasers: list[Eraser] = []
_exporters: list[Exporter] = []


def keep_personal_data(*, erase: Eraser, export: Exporter) -> None:
    """Have ``erase`` called before an account is, and ``export`` asked for what it wrote and owns.

    ``export`` returns lists and values (JSON-able) by names that no other app uses.
    """
    if erase not in _erasers:
        _erasers.append(erase)
        _exporters.append(export)


def export_data(user: User) -> dict[str, Any]:
    """All that is kept about a person and by them, for themselves: JSON-able."""
    account = {
        "user_name": user.username,
        "about": user.about,
        "language": user.language,
        "signed_up_at": user.date_joined,
        "last_signed_in_at": user.last_login,
        "groups": [group.name for group in user.groups.order_by("name")],
        "email_addresses": [
            {"email": one.email, "is_verified": one.verified, "is_primary": one.primary}
            for one in EmailAddress.objects.filter(user=user).order_by("pk")
        ],
    }
    blocks = user.blocks.order_by("pk").values("reason", "made_at", "expires_at", "ended_at")
    found: dict[str, Any] = {"account": account, "blocks": list(blocks)}
    for export in _exporters:
        found.update(export(user))
    return found


@transaction.atomic
def erase_user(*, user: User, actor: User) -> str:
    """Erase an account for good; the pseudonym that stands in its place.

    What it wrote stays, under the pseudonym. Its name, addresses, profile, sessions and
    notifications are gone, nobody can sign in with it, and nobody can sign up under its name.
    People erase their own account, administrators and the site itself any. Raises PermissionDenied,
    or ValidationError where the site needs the account.
    """
    if actor != user:
        require(actor, ERASE)
    held = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    _refuse_needed(held)
    erasure = Erasure(user=held, name=held.username, pseudonym=_make_pseudonym())
    for erase in _erasers:
        erase(erasure)
    for model, columns in find_labels():
        for actor_column, label in columns:
            rows = model._base_manager.filter(**{actor_column: held})
            rows.update(**{label: erasure.pseudonym})
    _erase_account(held, erasure)
    ErasedName.objects.keep(erasure.name)
    # Other processes forget within READER_CACHE_SECONDS.
    transaction.on_commit(lambda: caches["readers"].clear())
    return erasure.pseudonym


def find_labels() -> Iterator[tuple[Any, list[tuple[str, str]]]]:
    """Each model with its columns that name an account, and the one beside each with its label.

    ``actor`` and ``actor_label``; of a revision ``history_user`` and ``author_label``.
    """
    for model in apps.get_models(include_auto_created=True):
        names = {field.name for field in model._meta.concrete_fields}
        found = []
        for name in sorted(names):
            if model._meta.get_field(name).related_model is not User:
                continue
            label = "author_label" if name == "history_user" else f"{name}_label"
            if label in names:
                found.append((name, label))
        if found:
            yield model, found


def _refuse_needed(user: User) -> None:
    if user.is_bot or user.username == ANONYMOUS_NAME:
        raise ValidationError(_("The site itself needs this account."))
    if not user.is_active and user.username.startswith(ERASED_PREFIX):
        raise ValidationError(_("This account is erased already."))
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    if user.is_superuser and not administrators.exclude(pk=user.pk).exists():
        raise ValidationError(_("This is the only administrator: make another one first."))


def _make_pseudonym() -> str:
    """A new name that says nothing of whom it stands for."""
    while True:
        name = f"{ERASED_PREFIX}{secrets.token_hex(4)}"
        if not User.objects.filter(username=name).exists():
            return name


def _erase_account(user: User, erasure: Erasure) -> None:
    EmailAddress.objects.filter(user=user).delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.username, user.email, user.about = erasure.pseudonym, "", ""
    user.last_login, user.language = None, ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    _end_sessions(user)
    accounts = ContentType.objects.get_for_model(User)
    about = LogEntry.objects.filter(content_type=accounts, object_id=str(user.pk))
    about.update(object_repr=erasure.pseudonym, change_message="")


def _end_sessions(user: User) -> None:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    for session in Session.objects.order_by("pk").iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            store(session.session_key).delete()
