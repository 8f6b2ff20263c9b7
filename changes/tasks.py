"""Celery's shells around telling people."""

from celery import shared_task

from changes import drafts, mailing, notifying


@shared_task
def forget_old() -> None:
    """Delete what was told, and drafts that were left, long ago; swept by beat each day."""
    notifying.forget_notifications()
    mailing.forget_mails()
    drafts.forget_drafts()


@shared_task
def send_mails() -> None:
    """Plan and send what is to be mailed; nudged by what happens, swept by beat each minute."""
    mailing.plan_mails()
    if mailing.send_mails() == mailing.MAILS_AT_ONCE:
        send_mails.delay()
