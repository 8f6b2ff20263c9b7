"""Cases that time opens: what has stood for so long that a person should look."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changes.models import ObjectType
from linkcheck.kinds import (
    BAD_CERTIFICATE,
    DEAD_HOST,
    HOST,
    PRIORITY,
    TRIVIAL_MOVES,
    UNVERIFIABLE,
)
from linkcheck.models import Host, Link, LinkQuerySet, Mark
from linkcheck.moves import TARGET_ID, TARGET_TYPE, find_trivial_moves
from linkcheck.states import LinkState, as_stored
from linkcheck.transitions import new_cases
from linkcheck.verdicts import Verdict
from moderation.cases import open_case, open_cases, resolve_cases
from moderation.models import Case

#: LINK_POLICY, Verdicts: the column "opens a Case".
BAD_CERTIFICATE_AFTER = timedelta(days=14)
UNVERIFIABLE_AFTER = timedelta(days=90)
#: What was decided about them is asked again after so long, if they are still so.
ASKED_AGAIN_AFTER = timedelta(days=90)
_BATCH = 500
#: The verdicts in which a case of the kind may stay open.
_VERDICTS = {
    BAD_CERTIFICATE: (Verdict.TLS_INVALID,),
    UNVERIFIABLE: (Verdict.BLOCKED, Verdict.UNSTABLE),
}


def open_aged_cases(now: datetime | None = None) -> int:
    """Open the cases that are due by their age and close what is over; how many were opened.

    A bad certificate after 14 days; what a wall has hidden for 90; all trivial moves in one. A few
    queries for each five hundred cases; safe to run at any time, and twice.
    """
    now = now or timezone.now()
    for kind, verdicts in _VERDICTS.items():
        _close_outlived(kind, verdicts)
    _close_ended_words(now)
    opened = _open_all(BAD_CERTIFICATE, _with_bad_certificate(now), now)
    opened += _open_all(UNVERIFIABLE, _behind_walls(now), now)
    return opened + _gather_trivial_moves()


def _with_bad_certificate(now: datetime) -> LinkQuerySet:
    return Link.objects.used().filter(
        verdict=Verdict.TLS_INVALID.value,
        mark=Mark.SUSPECT,
        verdict_since__lte=now - BAD_CERTIFICATE_AFTER,
    )


def _behind_walls(now: datetime) -> LinkQuerySet:
    """By when the wall was met first: a failure in between begins the verdict anew, not the wait.

    A state has its times as ISO 8601 in UTC: they compare as text.
    """
    return (
        Link.objects.used()
        .filter(verdict=Verdict.BLOCKED.value, mark=Mark.UNSURE)
        .alias(blocked_since=Cast(KT("state__blocked_since"), TextField()))
        .filter(blocked_since__lte=as_stored(now - UNVERIFIABLE_AFTER))
    )


def _open_all(kind: str, links: LinkQuerySet, now: datetime) -> int:
    """Open a case for each of ``links`` that has none open and none decided lately."""
    answered = Case.objects.filter(
        Q(state=Case.State.OPEN)
        | Q(state=Case.State.DECIDED, closed_at__gt=now - ASKED_AGAIN_AFTER),
        kind=kind,
        target_type=ObjectType.LINK,
        target_id=OuterRef("pk"),
    )
    unanswered = links.filter(~Exists(answered)).order_by("pk")
    opened = 0
    while batch := list(unanswered[:_BATCH]):
        cases = new_cases(kind, [(link, LinkState.from_dict(link.state)) for link in batch])
        open_cases(kind=kind, target_type=ObjectType.LINK, cases=cases)
        opened += len(batch)
    return opened


def _close_outlived(kind: str, verdicts: tuple[Verdict, ...]) -> None:
    """Close what was opened while a check was being written that made an end of its reason."""
    still_so = Link.objects.filter(
        pk=OuterRef("target_id"), verdict__in=[verdict.value for verdict in verdicts]
    )
    cases = Case.objects.filter(state=Case.State.OPEN, kind=kind, target_type=ObjectType.LINK)
    resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=list(cases.filter(~Exists(still_so)).values_list("target_id", flat=True)),
        note=_("It is not so any more."),
        kinds=[kind],
    )


def _close_ended_words(now: datetime) -> None:
    """Close the cases of hosts that only a moderator's word said were dead, when it is over."""
    cases = Case.objects.filter(state=Case.State.OPEN, kind=DEAD_HOST, target_type=HOST)
    hosts = Host.objects.filter(
        pk__in=cases.values("target_id"), missing_since__isnull=True, override_until__lte=now
    )
    resolve_cases(
        target_type=HOST,
        target_ids=list(hosts.values_list("pk", flat=True)),
        note=_("The word of a moderator is over."),
        kinds=[DEAD_HOST],
    )


def _gather_trivial_moves() -> int:
    """Have one case for all trivial moves while there are any; 1 if it was opened now."""
    count = find_trivial_moves().count()
    is_open = Case.objects.filter(kind=TRIVIAL_MOVES, state=Case.State.OPEN).exists()
    if count:
        text = ngettext("%(count)d trivial move", "%(count)d trivial moves", count)
        open_case(
            kind=TRIVIAL_MOVES,
            target_type=TARGET_TYPE,
            target_id=TARGET_ID,
            title=text % {"count": count},
            reason=_("Only a slash, https or www differs."),
            evidence={"count": count},
            priority=PRIORITY[TRIVIAL_MOVES],
        )
    elif is_open:
        resolve_cases(
            target_type=TARGET_TYPE,
            target_ids=[TARGET_ID],
            note=_("None of them leads elsewhere any more."),
            kinds=[TRIVIAL_MOVES],
        )
    return int(bool(count) and not is_open)
