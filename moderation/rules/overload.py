"""A rule that suddenly stops a large share of all edits switches itself off and says so."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import find_holders
from changes.models import Change
from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel
from changes.notifying import NotificationSubject, notify_all
from changes.recording import NothingChangedError
from changes.refusals import Refusal, hear_refusals
from moderation.proposal_models import Proposal
from moderation.rules.attempts import NOT_LOOKED_AT
from moderation.rules.editing import KIND, MANAGE_RULES, switch_off_rule
from moderation.rules.guarding import RuleHeldError, RuleRefusedError
from moderation.rules.hits import write_hits
from moderation.rules.models import EditRule, RuleHit

logger = logging.getLogger(__name__)

OVERLOAD: Final = "rule_switched_itself_off"
#: Of one author no more edits than these count, and so many authors must be hit: nobody switches a
#: rule off by running into it over and over.
MOST_OF_ONE_AUTHOR: Final = 3
FEWEST_AUTHORS: Final = 3


def register_overload() -> None:
    """Called once by ``ModerationConfig.ready``."""
    hear_refusals(hear_rule)
    register_kind(
        NotificationKind(
            name=OVERLOAD,
            label=gettext_lazy("A rule on edits switches itself off"),
            sentence=gettext_lazy(
                "The rule %(title)s switched itself off: it stopped %(matched)s of the last"
                " %(edits)s edits."
            ),
            usual=Channel.MAIL,
            permission=MANAGE_RULES,
        )
    )


def hear_rule(error: Refusal) -> None:
    """Write down what a rule stopped, once that is rolled back, and look at its share."""
    if isinstance(error, RuleRefusedError | RuleHeldError):
        with transaction.atomic():
            write_hits([error.hit])
            switch_off_if_overloaded(error.hit.match.rule.pk)


def switch_off_if_overloaded(rule_id: int) -> bool:
    """Switch a rule off that stopped more than its share of the last edits; whether it did.

    Looked at are the last ``RULES_OVERLOAD_EDITS`` edits and proposals, stopped or not, since it
    was switched on; with fewer than ``RULES_OVERLOAD_FEWEST`` of them nothing is said. Four
    queries.
    """
    rule = EditRule.objects.enabled().filter(pk=rule_id).first()
    if rule is None or rule.enabled_at is None or not rule.stops_edits:
        return False
    matched, edits = _count_share(rule, rule.enabled_at)
    if edits < settings.RULES_OVERLOAD_FEWEST:
        return False
    if matched * 100 <= settings.RULES_OVERLOAD_PERCENT * edits:
        return False
    _switch_off(rule, matched, edits)
    return True


def _count_share(rule: EditRule, since: datetime) -> tuple[int, int]:
    """How many of the last edits the rule stopped, and how many there were."""
    most = settings.RULES_OVERLOAD_EDITS
    written = (
        Change.objects.revisions()
        .filter(at__gte=since)
        .exclude(source__in=NOT_LOOKED_AT)
        .values_list("at", flat=True)[:most]
    )
    stopped = (
        RuleHit.objects.filter(at__gte=since)
        .exclude(outcome=RuleHit.Outcome.TAGGED)
        .values_list("at", "rule_id", "actor_id")[:most]
    )
    seen: list[tuple[datetime, int | None, int | None]] = [(at, None, None) for at in written]
    seen += stopped
    # Of these a rule that holds has its hit already.
    proposed = Proposal.objects.filter(created_at__gte=since, rule="").order_by("-id")
    seen += [(at, None, None) for at in proposed.values_list("created_at", flat=True)[:most]]
    latest = sorted(seen, key=lambda row: row[0], reverse=True)[:most]
    by_author = Counter(actor for _at, pk, actor in latest if pk == rule.pk)
    matched = sum(min(count, MOST_OF_ONE_AUTHOR) for count in by_author.values())
    if len(by_author) < FEWEST_AUTHORS:
        matched = 0
    return matched, len(latest) - (sum(by_author.values()) - matched)


def _switch_off(rule: EditRule, matched: int, edits: int) -> None:
    reason = _("It stopped %(matched)d of the last %(edits)d edits.") % {
        "matched": matched,
        "edits": edits,
    }
    try:
        switch_off_rule(
            rule_id=rule.pk, by=User.objects.get_bot(), reason=reason, is_by_itself=True
        )
    except NothingChangedError:
        return  # another process was first
    logger.warning("rule %s switched itself off: %s of %s edits", rule.pk, matched, edits)
    notify_all(
        recipients=find_administrators(),
        kind=OVERLOAD,
        subject=NotificationSubject(
            object_type=KIND, object_id=rule.pk, title=rule.name, url=rule.get_absolute_url()
        ),
        actor=None,
        params={"matched": matched, "edits": edits},
    )


def find_administrators() -> list[User]:
    """Those who may write rules."""
    return list(find_holders(MANAGE_RULES))
