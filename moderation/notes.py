"""Notes between moderators about a case: never public, and told to those whom they mention."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import find_holders
from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel
from changes.notifying import NotificationSubject, notify_all
from moderation.forms import MAX_REASON
from moderation.models import Case, Note
from moderation.scope import DECIDE, REVIEW, may_decide, require_decide

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: More people than that are not called by one note.
MAX_MENTIONED = 10
_MENTION = re.compile(r"(?<![\w@.+-])@([\w.+-]{1,150})")

MENTIONED = "mentioned_in_note"


def register_notes() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_kind(
        NotificationKind(
            name=MENTIONED,
            label=gettext_lazy("A moderator calls me in a note"),
            sentence=gettext_lazy("%(actor)s calls you in a note about %(title)s."),
            usual=Channel.MAIL,
            permission=DECIDE,
        )
    )


@transaction.atomic
def add_note(*, case_id: int, text: str, actor: User) -> Note:
    """Leave a note at a case, open or closed; ``@name`` calls another moderator.

    Raises PermissionDenied, ``Case.DoesNotExist`` or ValidationError for the field ``text``.
    """
    case = Case.objects.get(pk=case_id)
    require_decide(actor, case)
    text = text.replace("\0", "").strip()
    if not text:
        raise ValidationError({"text": _("Write something.")})
    if len(text) > MAX_REASON:
        raise ValidationError({"text": _("At most %(max)d characters.") % {"max": MAX_REASON}})
    return write_note(case=case, author=actor, text=text)


def write_note(
    *,
    case: Case,
    author: User,
    text: str,
    kind: str = Note.Kind.NOTE,
    details: dict[str, Any] | None = None,
) -> Note:
    """Write a line among the notes, for operations; who is mentioned in it is told."""
    note = Note.objects.create(
        case=case,
        author=author,
        author_label=author.label,
        kind=kind,
        text=text,
        details=details or {},
    )
    _tell_mentioned(note)
    return note


def _tell_mentioned(note: Note) -> None:
    mentioned = find_mentioned(note.text, note.case)
    if mentioned:
        case = note.case
        subject = NotificationSubject(
            object_type="case", object_id=case.pk, title=case.title, url=case.get_absolute_url()
        )
        notify_all(recipients=mentioned, kind=MENTIONED, subject=subject, actor=note.author)


def find_mentioned(text: str, case: Case) -> list[User]:
    """Those who may decide ``case`` and whose names stand in ``text`` behind an @."""
    names = {name.rstrip(".+-").lower() for name in _MENTION.findall(text)} - {""}
    if not names:
        return []
    wanted = Q()
    for name in sorted(names)[:MAX_MENTIONED]:
        wanted |= Q(username__iexact=name)
    return [user for user in User.objects.filter(wanted).order_by("pk") if may_decide(user, case)]


def find_moderators() -> QuerySet[User]:
    """Those who decide cases, all or those of a section, by name."""
    return find_holders(DECIDE, REVIEW).order_by("username")
