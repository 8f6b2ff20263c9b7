"""The digest of the review queue, mailed daily or weekly to those who decide and want it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import ngettext

from changes.feeds import absolute
from changes.letters import Letter, register_writer
from changes.mail_models import Mail, Preferences, find_slot
from changes.notification_models import Rhythm
from changes.nudging import nudge_after_commit
from changes.unsubscribing import REVIEW, Subscription
from moderation.models import Case, Decision
from moderation.presenting import LogLine, present_decisions
from moderation.queue import count_waiting, make_tabs
from moderation.scope import Scope, find_scope, may_review

if TYPE_CHECKING:
    pass

DECISIONS_SHOWN: Final = 15
_PERIODS: Final = {Rhythm.DAILY: timedelta(days=1), Rhythm.WEEKLY: timedelta(days=7)}


def register_digest() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_writer(REVIEW, write_digest)


def plan_digests() -> int:
    """Plan a mail for everybody whose digest is due; how many. Whatever runs twice, one is made."""
    now = timezone.now()
    planned = 0
    for one in Preferences.objects.exclude(review_rhythm=Rhythm.NEVER):
        slot = find_slot(one.review_rhythm, one.zone, now)
        if one.review_covered_at is None or one.review_covered_at < slot:
            planned += _plan(one, now)
    return planned


@transaction.atomic
def _plan(preferences: Preferences, now: datetime) -> bool:
    """One mail about what came since the last; False where another worker was first."""
    from changes.tasks import send_mails

    since = preferences.review_covered_at
    mine = Preferences.objects.filter(pk=preferences.pk, review_covered_at=since)
    if not mine.update(review_covered_at=now):
        return False
    period = _PERIODS[Rhythm(preferences.review_rhythm)]
    user_id = preferences.user_id
    Mail.objects.create(recipient_id=user_id, sort=REVIEW, since=since or now - period)
    nudge_after_commit(send_mails)
    return True


@dataclass(frozen=True, kw_only=True)
class DigestLine:
    """How many cases of a kind wait, and where."""

    label: str
    count: int
    url: str


def write_digest(mail: Mail) -> Letter | None:
    """What waits for the recipient at this moment and what was decided since the last digest.

    None where there is neither, or where they decide nothing any more. It names no case: what
    stands in cases is read on the site.
    """
    user = mail.recipient
    if not may_review(user) or mail.since is None:
        return None
    scope = find_scope(user)
    lines = _count(scope)
    decisions = Decision.objects.filter(at__gt=mail.since)
    decided = decisions.count()
    if not lines and not decided:
        return None
    waiting = sum(line.count for line in lines)
    oldest = scope.narrow(Case.objects.waiting()).order_by("opened_at", "pk").first()
    return Letter(
        subject=ngettext("%d case waits for review", "%d cases wait for review", waiting) % waiting,
        template="moderation/mail/digest",
        ends=Subscription(user_id=user.pk, sort=REVIEW),
        context={
            "lines": lines,
            "waiting": waiting,
            "oldest": oldest,
            "oldest_url": absolute(oldest.get_absolute_url()) if oldest else "",
            "since": mail.since,
            "decided": decided,
            "decisions": _present(decisions),
            "queue_url": absolute(reverse("moderation:case_list")),
            "log_url": absolute(reverse("moderation:decision_list")),
        },
    )


def _count(scope: Scope) -> list[DigestLine]:
    queue = absolute(reverse("moderation:case_list"))
    tabs = make_tabs(count_waiting(scope), "")
    return [
        DigestLine(label=tab.label, count=tab.count, url=f"{queue}?{urlencode({'kind': tab.kind})}")
        for tab in tabs
    ]


def _present(decisions: object) -> Sequence[LogLine]:
    """The newest, as everyone reads them in the log: of private ones only that there was one."""
    newest = list(decisions.order_by("-id")[:DECISIONS_SHOWN])  # type: ignore[attr-defined]
    return present_decisions(newest)
