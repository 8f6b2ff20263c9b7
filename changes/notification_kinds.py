"""The kinds of notifications, as the apps that send them describe them.

Registered in ``AppConfig.ready()``, as kinds of objects are (:mod:`changes.objects`)::

    register_kind(
        NotificationKind(
            name="proposal_approved",
            label=_("A proposal of mine is approved"),
            sentence=_("%(actor)s approved your proposal for %(title)s."),
            usual=Channel.MAIL,
        )
    )
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.permissions import may
from changes.notification_models import Channel
from changes.writing_direction import isolated

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from accounts.models import User
    from changes.notification_models import Notification


def _as_they_are(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return params


@dataclass(frozen=True, kw_only=True)
class NotificationKind:
    """One kind.

    ``label`` completes "Tell me when …" in the preferences. ``sentence`` is lazy and may name
    ``%(actor)s``, ``%(title)s`` and whatever is in ``params``; it is filled in when somebody reads
    it, in their language. ``word`` puts params into words where they are names of something
    (``{"group": "Editors"}``). ``usual`` is how it is told to those who chose nothing. Only who
    holds ``permission`` is asked for a choice. ``is_mailed_once``: what is merged into an unread
    one that was mailed is not mailed again, for what happens often.
    """

    name: str
    label: StrOrPromise
    sentence: StrOrPromise
    word: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _as_they_are
    usual: Channel = Channel.SITE
    permission: str = ""
    is_mailed_once: bool = False

    def tell(self, notification: Notification) -> str:
        """The sentence as plain text, in the active language."""
        values = {
            **self.word(notification.params),
            "actor": notification.actor_label or _("Somebody"),
            "title": notification.object_title or _("untitled"),
        }
        return str(self.sentence) % {name: isolated(str(v)) for name, v in values.items()}


_kinds: dict[str, NotificationKind] = {}


def register_kind(kind: NotificationKind) -> None:
    """Make a kind known; twice the same name replaces it (app reloads)."""
    _kinds[kind.name] = kind


def get_kind(name: str) -> NotificationKind:
    """The kind of that name; KeyError where no app registered one."""
    return _kinds[name]


def find_kind(name: str) -> NotificationKind:
    """The kind of that name; one that says what it is about where its app is not installed."""
    return _kinds.get(name) or NotificationKind(name=name, label=name, sentence="%(title)s")


def all_kinds() -> list[NotificationKind]:
    """Every kind, in the order of registration."""
    return list(_kinds.values())


def may_hear(user: User, kind: str) -> bool:
    """Whether somebody may still be told of a kind."""
    permission = find_kind(kind).permission
    return not permission or may(user, permission)


def kinds_for(user: User) -> list[NotificationKind]:
    """The kinds that somebody can be told of."""
    return [kind for kind in _kinds.values() if not kind.permission or may(user, kind.permission)]
