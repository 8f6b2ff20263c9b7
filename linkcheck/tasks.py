"""Celery's shells around checking: beat sweeps what is due, batches of whole hosts go out.

What people wait for goes through a queue of its own, which a backlog does not fill.
"""

from __future__ import annotations

from typing import Any

from celery import current_app, shared_task
from django.conf import settings

from linkcheck import (
    aging,
    helping,
    outage,
    recalling,
    repair_queue,
    repositories,
    retention,
    trend,
)
from linkcheck.bookings import forget_bookings
from linkcheck.claiming import claim_due
from linkcheck.leases import (
    Claim,
    count_leased,
    database_now,
    free_lost,
    is_anyone_waiting,
    withdraw,
)
from linkcheck.missing_hosts import close_cases_of_unused_hosts
from linkcheck.models import Outage
from linkcheck.running import check_claimed
from linkcheck.uses import close_cases_of_unused, close_cases_of_unused_fragments

#: About so many links make a task.
BATCH = 100
#: What people wait for goes out in smaller parts: the first to ask is answered first.
URGENT_BATCH = 20
#: No more than so many links wait for workers: what is beyond stands in the database.
MAX_LEASED = 2000
MAX_URGENT_LEASED = 500
_A_CLAIM = 500
#: So many repairs are carried out, and links looked through, well within the time of a task.
REPAIRS_AT_ONCE = 100
LINKS_THINNED_A_DAY = 40_000


@shared_task
def check_due_links() -> None:
    """Claim what is due and send it out; swept by beat each minute."""
    close_cases_of_unused()
    close_cases_of_unused_fragments()
    close_cases_of_unused_hosts()
    if not settings.LINKCHECK_ENABLED:
        return
    if not count_messages():
        free_lost()
    lasting = outage.find_open()
    if lasting is not None:
        _look_whether_it_is_over(lasting)
        return
    _send_urgent()
    free = MAX_LEASED - count_leased()
    while free > 0 and (claim := claim_due(limit=min(free, _A_CLAIM))):
        free -= len(claim)
        _send(claim, BATCH, settings.CELERY_TASK_DEFAULT_QUEUE)


@shared_task
def check_urgent_links() -> None:
    """Claim what people wait for and send it out; nudged by them."""
    if settings.LINKCHECK_ENABLED and outage.find_open() is None:
        _send_urgent()


def _send_urgent() -> None:
    free = MAX_URGENT_LEASED - count_leased(only_urgent=True)
    while free > 0 and (claim := claim_due(limit=min(free, _A_CLAIM), only_urgent=True)):
        free -= len(claim)
        _send(claim, URGENT_BATCH, settings.URGENT_QUEUE)


def _look_whether_it_is_over(lasting: Outage) -> None:
    """During our own outage a small batch goes out now and then (rule 13)."""
    if lasting.look_again_at <= database_now() and not count_leased():
        claim = claim_due(limit=outage.LOOK_LINKS)
        if claim:
            _send(claim, BATCH, settings.URGENT_QUEUE)


def _send(claim: Claim, size: int, queue: str) -> None:
    """Send a claim out in batches; what the broker does not take is due again at once."""
    batches = list(claim.split(size))
    for number, batch in enumerate(batches):
        try:
            check_batch.apply_async((batch.as_message(),), queue=queue)
        except check_batch.OperationalError:
            for unsent in batches[number:]:
                withdraw(unsent)
            raise


def count_messages() -> int:
    """How many messages wait with the broker for a worker."""
    with current_app.connection_for_read() as broker:
        channel: Any = broker.default_channel  # the stubs know nothing of it
        queues = settings.CELERY_TASK_QUEUES
        return sum(channel.queue_declare(queue.name).message_count for queue in queues)


@shared_task
def check_batch(message: list[list[list[int]]]) -> None:
    """Look at the links of one batch; a message that comes twice does nothing."""
    check_claimed(Claim.from_message(message), gives_way=True)
    if is_anyone_waiting():
        check_urgent_links.delay()


@shared_task
def open_aged_cases() -> None:
    """Open the cases that time makes due; swept by beat each hour."""
    aging.open_aged_cases()


@shared_task
def carry_out_repairs() -> None:
    """Carry out some of what moderators decided about many links; swept by beat each minute."""
    if repair_queue.carry_out_repairs(REPAIRS_AT_ONCE) == REPAIRS_AT_ONCE:
        carry_out_repairs.delay()


@shared_task
def find_repair_help() -> None:
    """Look for copies and successors of what died; swept by beat each minute."""
    if settings.LINKCHECK_ENABLED:
        helping.find_help()


@shared_task
def refresh_repositories() -> None:
    """Ask forges about some repositories that are due; swept by beat each ten minutes."""
    if settings.LINKCHECK_ENABLED:
        repositories.refresh_repositories()


@shared_task
def count_links() -> None:
    """Write down how many links are how, for the trend; swept by beat each hour."""
    trend.count_links()


@shared_task
def thin_checks() -> None:
    """Thin old checks, and forget what is too old to count; swept by beat each day."""
    retention.thin_checks(limit=LINKS_THINNED_A_DAY)
    recalling.forget_honesty(database_now())
    forget_bookings(database_now())
