"""Celery's shells around checking: beat sweeps what is due, batches of whole hosts go out."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from linkcheck import outage
from linkcheck.claiming import Claim, claim_due, count_leased, database_now, withdraw
from linkcheck.models import Outage
from linkcheck.running import check_claimed
from linkcheck.uses import close_cases_of_unused

#: About so many links make a task.
BATCH = 100
#: No more than so many links wait for workers: what is beyond stands in the database.
MAX_LEASED = 2000


@shared_task
def check_due_links() -> None:
    """Claim what is due and send it out; swept by beat each minute, nudged by people."""
    close_cases_of_unused()
    if not settings.LINKCHECK_ENABLED:
        return
    lasting = outage.find_open()
    if lasting is not None:
        _look_whether_it_is_over(lasting)
        return
    free = MAX_LEASED - count_leased()
    while free > 0:
        claim = claim_due(limit=min(free, 500))
        if not claim:
            return
        free -= len(claim)
        _send(claim)


def _look_whether_it_is_over(lasting: Outage) -> None:
    """During our own outage a small batch goes out now and then (rule 13)."""
    if lasting.look_again_at <= database_now() and not count_leased():
        claim = claim_due(limit=outage.LOOK_LINKS)
        if claim:
            _send(claim)


def _send(claim: Claim) -> None:
    """Send a claim out in batches; what the broker does not take is due again at once."""
    batches = list(claim.split(BATCH))
    for number, batch in enumerate(batches):
        try:
            check_batch.delay(batch.as_message())
        except check_batch.OperationalError:
            for unsent in batches[number:]:
                withdraw(unsent)
            raise


@shared_task
def check_batch(message: list[list[list[int]]]) -> None:
    """Look at the links of one batch; a message that comes twice does nothing."""
    check_claimed(Claim.from_message(message))
