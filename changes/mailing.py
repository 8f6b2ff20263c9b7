"""Planning mails and handing them to the mail server: each one at most once.

The promise, and why it is this one. A mail server says "accepted" at the end of a conversation;
whoever dies before hearing it cannot know. So a sender either risks to send twice or not to send.
Everything that is mailed stands on the site as well, and a mail that comes twice is what makes
people turn mails off: **at most once**.

1. A notification is put into one mail: the update that sets ``mailed_at`` where it was empty (of
   two planners at once one finds nothing to update).
2. A mail is taken by one worker: the update from WAITING to SENDING.
3. It is written, then handed over. Where the server was not reached or said no, it was certainly
   not sent: it waits again, longer each time, and is given up after ``MAX_TRIES``. Where the
   conversation broke off, or the worker died, it may have been: it is UNCERTAIN and never sent
   again.
"""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, Min
from django.utils import timezone

from changes.letters import write_message
from changes.mail_models import Mail, Preferences, find_slot
from changes.notification_models import Channel, Notification, Rhythm
from changes.unsubscribing import NOTICES, SUMMARY

logger = logging.getLogger(__name__)

MAILS_AT_ONCE: Final = 50
PEOPLE_AT_ONCE: Final = 500
MAX_TRIES: Final = 8
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
#: Longer than a task may take: who holds a mail for so long is dead.
HELD_AT_MOST: Final = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 300)


def plan_mails() -> int:
    """Put what waits to be mailed into mails, one a person: at once, or when their summary is due.

    How many there were. Constant queries where nothing is due.
    """
    return _plan_notices() + _plan_summaries()


def _plan_notices() -> int:
    waiting = Notification.objects.to_mail(Channel.MAIL).order_by()
    people = waiting.values_list("recipient_id", flat=True).distinct()[:PEOPLE_AT_ONCE]
    return sum(_plan(user_id, Channel.MAIL, NOTICES) for user_id in list(people))


def _plan_summaries() -> int:
    now = timezone.now()
    waiting = Notification.objects.to_mail(Channel.DIGEST).exclude(
        recipient__preferences__summary_rhythm=Rhythm.NEVER
    )
    oldest = dict(
        waiting.order_by().values_list("recipient_id").annotate(oldest=Min("at"))[:PEOPLE_AT_ONCE]
    )
    chosen = Preferences.objects.in_bulk(list(oldest))
    due = []
    for user_id, at in oldest.items():
        preferences = chosen.get(user_id) or Preferences(user_id=user_id)
        if at < find_slot(preferences.summary_rhythm, preferences.zone, now):
            due.append(user_id)
    return sum(_plan(user_id, Channel.DIGEST, SUMMARY) for user_id in due)


@transaction.atomic
def _plan(user_id: int, channel: Channel, sort: str) -> bool:
    """One mail of all that waits for somebody; False where another planner was first."""
    mail = Mail.objects.create(recipient_id=user_id, sort=sort)
    waiting = Notification.objects.filter(recipient_id=user_id).to_mail(channel)
    if waiting.update(mail=mail, mailed_at=timezone.now()):
        return True
    mail.delete()
    return False


def send_mails(limit: int = MAILS_AT_ONCE) -> int:
    """Send what waits, at most ``limit``; how many mails were looked at.

    Ends early where the mail server cannot be reached: the others wait for the next time.
    """
    give_up_lost()
    for done in range(limit):
        mail = _claim()
        if mail is None:
            return done
        if not _send(mail):
            return done + 1
    return limit


def give_up_lost() -> int:
    """End mails whose worker died while it held them; whether they arrived nobody knows."""
    lost = Mail.objects.held_since(timezone.now() - HELD_AT_MOST)
    count = lost.update(state=Mail.State.UNCERTAIN, ended_at=timezone.now())
    if count:
        logger.warning("%d mails were held by a worker that died; they are not sent again", count)
    return count


def _claim() -> Mail | None:
    """The next mail, in the hands of this worker alone; None where none waits."""
    while True:
        pk = Mail.objects.waiting().values_list("pk", flat=True).first()
        if pk is None:
            return None
        mine = Mail.objects.filter(pk=pk, state=Mail.State.WAITING)
        now = timezone.now()
        if mine.update(state=Mail.State.SENDING, claimed_at=now, tries=F("tries") + 1):
            return Mail.objects.select_related("recipient").get(pk=pk)


def _send(mail: Mail) -> bool:
    """Hand ``mail`` over and note what became of it; whether the server could be reached.

    Written between greeting the server and handing over: nothing is hidden in the meantime.
    """
    connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        _put_off(mail, error)
        return False
    with closing(_Quiet(connection)):
        try:
            message = write_message(mail)
        except Exception as error:
            logger.exception("mail %d could not be written", mail.pk)
            _put_off(mail, error)
            return True
        if message is None:
            _end(mail, Mail.State.DROPPED)
        else:
            _hand_over(mail, message, connection)
    return True


class _Quiet:
    """A connection whose goodbye does not matter: all that counts is said by then."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def close(self) -> None:
        try:
            self.connection.close()
        except (OSError, SMTPException) as error:
            logger.info("the mail server did not say goodbye: %s", type(error).__name__)


def _hand_over(mail: Mail, message: EmailMultiAlternatives, connection: Any) -> None:
    try:
        connection.send_messages([message])
    except (SMTPRecipientsRefused, SMTPResponseException) as error:
        if _is_final(error):
            logger.warning("mail %d is refused for good: %s", mail.pk, _describe(error))
            _end(mail, Mail.State.FAILED)
        else:
            _put_off(mail, error)
    except (OSError, SMTPException) as error:
        logger.warning("mail %d is perhaps sent: %s", mail.pk, _describe(error))
        _end(mail, Mail.State.UNCERTAIN)
    else:
        _end(mail, Mail.State.SENT)


def _codes(error: Exception) -> list[int]:
    if isinstance(error, SMTPRecipientsRefused):
        return [code for code, _words in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, SMTPResponseException) else []


def _is_final(error: Exception) -> bool:
    """Whether the server will never take it: what is wrong with us, an operator can mend."""
    is_about_mail = isinstance(error, SMTPRecipientsRefused | SMTPDataError)
    return is_about_mail and all(code >= 500 for code in _codes(error))


def _describe(error: Exception) -> str:
    """What went wrong, without the words of a server: they name addresses."""
    return " ".join([type(error).__name__, *map(str, _codes(error))])


def _put_off(mail: Mail, error: Exception) -> None:
    """Wait again for what was certainly not sent; after MAX_TRIES no more."""
    logger.warning("mail %d is not sent, try %d: %s", mail.pk, mail.tries, _describe(error))
    if mail.tries >= MAX_TRIES:
        _end(mail, Mail.State.FAILED)
        return
    wait = min(FIRST_WAIT * 4 ** (mail.tries - 1), LONGEST_WAIT)
    _held(mail).update(state=Mail.State.WAITING, claimed_at=None, due_at=timezone.now() + wait)


def _end(mail: Mail, state: Mail.State) -> None:
    _held(mail).update(state=state, ended_at=timezone.now())


def _held(mail: Mail) -> Any:
    return Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING)


def forget_mails() -> int:
    """Delete what is known of mails older than ``NOTIFICATIONS_KEEP_DAYS``; how many."""
    cutoff = timezone.now() - timedelta(days=settings.NOTIFICATIONS_KEEP_DAYS)
    deleted, _by_model = Mail.objects.filter(made_at__lt=cutoff).delete()
    return deleted
