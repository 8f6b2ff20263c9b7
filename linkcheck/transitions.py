"""What follows when readers are told something else of a link: changes, cases, pages drawn anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from changes.models import Change, ObjectType
from changes.recording import Authorship, Subject, record_event
from linkcheck.explaining import explain
from linkcheck.kinds import (
    AT_ONCE,
    BAD_CERTIFICATE,
    DEAD_LINK,
    HOST,
    MOVED_LINK,
    PRIORITY,
    REPO_RENAMED,
    SOFT_DEAD,
    UNVERIFIABLE,
    kind_for,
)
from linkcheck.models import Link, LinkUse, Mark
from linkcheck.observations import Observation
from linkcheck.policy import LinkState
from linkcheck.uses import tell_of_marks
from moderation.cases import NewCase, open_cases, resolve_cases
from moderation.models import Case

#: Why a case closed by itself.
_CLOSING_NOTES: dict[str, Promise] = {
    DEAD_LINK: gettext_lazy("The link answers again."),
    SOFT_DEAD: gettext_lazy("Something else is seen there now."),
    BAD_CERTIFICATE: gettext_lazy("The certificate is not what is wrong any more."),
    UNVERIFIABLE: gettext_lazy("It could be looked at again."),
    MOVED_LINK: gettext_lazy("The link does not lead there any more."),
}


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
    def kind_before(self) -> str:
        """The kind of case that it called for."""
        return kind_for(self.mark_before, self.before)

    @property
    def kind_after(self) -> str:
        """The kind of case that it calls for now."""
        return kind_for(self.link.mark, self.after)

    @property
    def is_of_note(self) -> bool:
        """Whether anybody has to be told: readers, or moderators by way of a case."""
        return self.is_visible or self.kind_before != self.kind_after

    @property
    def has_died(self) -> bool:
        return self._entered(Mark.DEAD)

    @property
    def has_recovered(self) -> bool:
        """Not where something answers that is not the page: soft 404, parked."""
        return self._left(Mark.DEAD) and self.kind_after != SOFT_DEAD

    @property
    def has_moved(self) -> bool:
        """Moved to what is not merely another spelling: those wait for one decision on them all."""
        return self._entered(Mark.MOVED) and not self.after.is_trivial_move

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
    """Hold the cases of some links and of their hosts until the transaction ends.

    Before the links: in a decision the case comes first as well.
    """
    hosts = Link.objects.filter(pk__among=link_ids).values("host_id")
    cases = Case.objects.select_for_update().filter(
        Q(target_type=ObjectType.LINK, target_id__among=link_ids)
        | Q(target_type=HOST, target_id__in=hosts)
    )
    list(cases.order_by("pk").values_list("pk"))


def carry_out(transitions: Sequence[Transition]) -> None:
    """Write the changes and cases that ``transitions`` mean, and have pages drawn anew.

    Inside the transaction that writes the links, whose cases are locked.
    """
    if not transitions:
        return
    _record([t for t in transitions if t.has_died], Change.Kind.LINK_DIED, _death_details)
    recovered = [t for t in transitions if t.has_recovered]
    _record(recovered, Change.Kind.LINK_RECOVERED, _recovery_details)
    _record([t for t in transitions if t.has_moved], Change.Kind.LINK_MOVED, _move_details)
    turned = [t for t in transitions if t.kind_before != t.kind_after]
    for kind, note in _CLOSING_NOTES.items():
        _resolve(kind, [t for t in turned if t.kind_before == kind], str(note))
    for kind in sorted(AT_ONCE):
        _open(kind, [t for t in turned if t.kind_after == kind and t.link.is_used])
    moved = [t for t in turned if t.kind_after == MOVED_LINK and t.link.is_used]
    # What was seen at the link itself goes before what its forge says.
    _resolve(REPO_RENAMED, moved, _("The link itself leads to the new name: that case decides."))
    visible = [t.link.pk for t in transitions if t.is_visible]
    if visible:
        refresh_uses(visible)


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
    if transitions:
        cases = new_cases(kind, [(t.link, t.after) for t in transitions])
        open_cases(kind=kind, target_type=ObjectType.LINK, cases=cases)


def new_cases(kind: str, found: Sequence[tuple[Link, LinkState]]) -> list[NewCase]:
    """What moderators are told of links: why, and the state that the case is about; one query."""
    sections = _find_sections([link.pk for link, _state in found])
    return [
        NewCase(
            target_id=link.pk,
            title=link.url,
            reason=explain(state),
            evidence={"state": state.as_dict()},
            priority=PRIORITY[kind],
            section_id=sections.get(link.pk),
        )
        for link, state in found
    ]


def _find_sections(link_ids: Collection[int]) -> dict[int, int]:
    """Where each link stands first, by the newest change of what it stands in."""
    changes = Change.objects.filter(
        object_type=OuterRef("object_type"),
        object_id=OuterRef("object_id"),
        version_after__isnull=False,
    )
    newest = changes.order_by("-id").values("section_id")[:1]
    uses = LinkUse.objects.filter(link_id__in=link_ids).annotate(section_id=Subquery(newest))
    known = uses.filter(section_id__isnull=False).order_by("-id")
    return dict(known.values_list("link_id", "section_id"))  # of several the first one stays


def _resolve(kind: str, transitions: Sequence[Transition], note: str) -> None:
    resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=[t.link.pk for t in transitions],
        note=note,
        kinds=[kind],
    )
