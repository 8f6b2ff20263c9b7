"""What mails say: each sort has a writer, which is asked at the very moment of sending.

Registered in ``AppConfig.ready()``, as kinds of objects are (:mod:`changes.objects`). A writer
reads what holds now, in the active language and time zone, and returns None where nothing is left
to say: what was hidden, read or forbidden since the mail was planned never gets into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from accounts.mail import find_mail_address, find_mail_language, may_be_mailed
from changes.feeds import absolute
from changes.mail_models import Mail, Preferences
from changes.notification_kinds import find_kind, may_hear
from changes.notification_models import Channel, Notification
from changes.unsubscribing import NOTICES, SUMMARY, Subscription, make_token
from changes.writing_direction import without_isolates

MAX_LINES: Final = 50
MAX_SUBJECT: Final = 150


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail before it is put on paper.

    ``template`` names a pair below ``templates/``: ``….txt`` and ``….html``. ``ends`` is what one
    click on "unsubscribe" ends.
    """

    subject: str
    template: str
    ends: Subscription
    context: Mapping[str, Any] = field(default_factory=dict)


Writer = Callable[[Mail], Letter | None]
_writers: dict[str, Writer] = {}


def register_writer(sort: str, writer: Writer) -> None:
    """Make a sort of mails known; twice the same sort replaces it (app reloads)."""
    _writers[sort] = writer


def register_notices() -> None:
    """Called once by ``ChangesConfig.ready``."""
    register_writer(NOTICES, write_notices)
    register_writer(SUMMARY, write_notices)


def write_message(mail: Mail) -> EmailMultiAlternatives | None:
    """``mail`` as it would be sent at this moment; None where it must not or need not be.

    In the language and the time zone of its recipient. Raises KeyError for an unknown sort.
    """
    user = mail.recipient
    preferences = Preferences.of(user)
    address = find_mail_address(user)
    if preferences.mails_nothing or not address or not may_be_mailed(user):
        return None
    language = find_mail_language(user)
    with translation.override(language), timezone.override(preferences.zone):
        letter = _writers[mail.sort](mail)
        return None if letter is None else _put_on_paper(letter, mail, address)


def _put_on_paper(letter: Letter, mail: Mail, address: str) -> EmailMultiAlternatives:
    token = make_token(letter.ends)
    leave = absolute(reverse("changes:mail_unsubscribe", args=[token]))
    host = urlsplit(settings.SITE_URL).hostname
    context = {
        **letter.context,
        "subject": letter.subject,
        "site_name": settings.SITE_NAME,
        "site_url": f"{settings.SITE_URL}/",
        "recipient": mail.recipient,
        "language": translation.get_language(),
        "preferences_url": absolute(reverse("changes:preference_edit")),
        "unsubscribe_url": leave,
    }
    subject = " ".join(without_isolates(letter.subject).split())[:MAX_SUBJECT]
    message = EmailMultiAlternatives(
        subject=f"[{settings.SITE_NAME}] {subject}",
        body=render_to_string(f"{letter.template}.txt", context),
        to=[address],
        headers={
            # The same at each try, and no name of this machine in it.
            "Message-ID": f"<mail.{mail.pk}.{int(mail.made_at.timestamp())}@{host}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: holiday answers stay away
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        },
    )
    message.attach_alternative(render_to_string(f"{letter.template}.html", context), "text/html")
    return message


@dataclass(frozen=True, kw_only=True)
class LetterLine:
    """One notification in words, with a whole address."""

    notification: Notification
    sentence: str
    url: str


def write_notices(mail: Mail) -> Letter | None:
    """Notifications, one or many: those that are unread and still to be mailed."""
    told = mail.notifications.unread().exclude(channel__in=[Channel.SITE, Channel.OFF])
    rows = list(told.order_by("-at", "-id")[: MAX_LINES + 1])
    rows = [row for row in rows if may_hear(mail.recipient, row.kind)]
    if not rows:
        return None
    lines = [
        LetterLine(notification=row, sentence=find_kind(row.kind).tell(row), url=absolute(row.url))
        for row in rows[:MAX_LINES]
    ]
    total = told.count() if len(rows) > MAX_LINES else len(lines)
    kinds = sorted({row.kind for row in rows})
    ends = Subscription(user_id=mail.recipient_id, sort=mail.sort, kinds=kinds)
    return Letter(
        subject=_subject(mail, lines, total),
        template="changes/mail/notices",
        ends=ends,
        context={
            "lines": lines,
            "more": total - len(lines),
            "is_summary": mail.sort == SUMMARY,
            "list_url": absolute(reverse("changes:notification_list")),
        },
    )


def _subject(mail: Mail, lines: Sequence[LetterLine], total: int) -> str:
    if len(lines) == 1 and mail.sort == NOTICES:
        return lines[0].sentence
    return ngettext("%d notification", "%d notifications", total) % total
