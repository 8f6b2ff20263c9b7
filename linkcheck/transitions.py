"""What follows when readers are told something else of a link: changes, cases, pages drawn anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from changes.models import Change, ObjectType
from changes.recording import Authorship, Subject, record_event
from linkcheck.explaining import explain
from linkcheck.kinds import DEAD_LINK, MOVED_LINK
from linkcheck.models import Link, LinkUse, Mark
from linkcheck.observations import Observation
from linkcheck.policy import LinkState
from linkcheck.uses import tell_of_marks
from moderation.cases import NewCase, open_cases, resolve_cases
from moderation.models import Case

_PRIORITY = {DEAD_LINK: 10, MOVED_LINK: -10}


@dataclass(frozen=True)
class Transition:
    """A link before and after one check; ``link`` has the new values already."""

    link: Link
    mark_before: str
    before: LinkState
    after: LinkState
    seen: Observation

    @property
    def is_visible(self) -> bool:
        """Whether readers are told something else than before."""
        return self.mark_before != self.link.mark

    @property
    def has_died(self) -> bool:
        return self._entered(Mark.DEAD)

    @property
    def has_recovered(self) -> bool:
        return self._left(Mark.DEAD)

    @property
    def has_moved(self) -> bool:
        """Moved to what is not merely another spelling: those wait for one decision on them all."""
        return self._entered(Mark.MOVED) and not self.after.is_trivial_move

    @property
    def is_moved_no_more(self) -> bool:
        return self._left(Mark.MOVED)

    @property
    def downtime_s(self) -> int | None:
        """How long a link that recovered was dead, in seconds (rule 14)."""
        if self.after.recovered_at == self.seen.at:
            return self.after.downtime_s
        since = self.before.first_failure_at or self.before.dead_since
        return None if since is None else int((self.seen.at - since).total_seconds())

    def _entered(self, mark: Mark) -> bool:
        return self.is_visible and self.link.mark == mark and self.link.is_used

    def _left(self, mark: Mark) -> bool:
        return self.is_visible and self.mark_before == mark


def lock_cases(link_ids: Collection[int]) -> None:
    """Hold the cases of some links until the transaction ends.

    Before the links: in a decision the case comes first as well.
    """
    cases = Case.objects.select_for_update().filter(
        target_type=ObjectType.LINK, target_id__in=link_ids
    )
    list(cases.order_by("pk").values_list("pk"))


def carry_out(transitions: Sequence[Transition]) -> None:
    """Write the changes and cases that ``transitions`` mean, and have pages drawn anew.

    Inside the transaction that writes the links, whose cases are locked.
    """
    if not transitions:
        return
    died = [t for t in transitions if t.has_died]
    recovered = [t for t in transitions if t.has_recovered]
    moved = [t for t in transitions if t.has_moved]
    _record(died, Change.Kind.LINK_DIED, _death_details)
    _record(recovered, Change.Kind.LINK_RECOVERED, _recovery_details)
    _record(moved, Change.Kind.LINK_MOVED, _move_details)
    _open(DEAD_LINK, died)
    _open(MOVED_LINK, moved)
    _resolve(DEAD_LINK, recovered, _("The link answers again."))
    unmoved = [t for t in transitions if t.is_moved_no_more]
    _resolve(MOVED_LINK, unmoved, _("The link does not lead there any more."))
    refresh_uses([t.link.pk for t in transitions])


def refresh_uses(link_ids: Collection[int]) -> None:
    """Tell the owners of what shows these links that a mark on them changed; one query."""
    ids_of: defaultdict[str, set[int]] = defaultdict(set)
    uses = LinkUse.objects.filter(link_id__in=link_ids)
    for object_type, object_id in uses.values_list("object_type", "object_id"):
        ids_of[object_type].add(object_id)
    for object_type, ids in sorted(ids_of.items()):
        tell_of_marks(object_type, sorted(ids))


def _record(
    transitions: Sequence[Transition], kind: str, details: Callable[[Transition], dict[str, Any]]
) -> None:
    for transition in transitions:
        record_event(
            subject=Subject(object_type=ObjectType.LINK, title=transition.link.url),
            object_id=transition.link.pk,
            kind=kind,
            by=Authorship(actor=User.objects.get_bot(), summary=explain(transition.after)),
            details=details(transition),
        )


def _death_details(transition: Transition) -> dict[str, Any]:
    good_at = transition.after.last_good_at
    return {
        "reason": transition.after.reason.value,
        "last_good_at": good_at and good_at.isoformat(),
    }


def _recovery_details(transition: Transition) -> dict[str, Any]:
    return {"downtime_s": transition.downtime_s}


def _move_details(transition: Transition) -> dict[str, Any]:
    return {"to": transition.after.moved_to}


def _open(kind: str, transitions: Sequence[Transition]) -> None:
    if not transitions:
        return
    open_cases(
        kind=kind,
        target_type=ObjectType.LINK,
        cases=[
            NewCase(
                target_id=t.link.pk,
                title=t.link.url,
                reason=explain(t.after),
                evidence={"state": t.after.as_dict()},
                priority=_PRIORITY[kind],
            )
            for t in transitions
        ],
    )


def _resolve(kind: str, transitions: Sequence[Transition], note: str) -> None:
    resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=[t.link.pk for t in transitions],
        note=note,
        kinds=[kind],
    )
