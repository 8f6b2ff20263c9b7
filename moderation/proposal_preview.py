"""Proposals as pages show them: against today's text, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, prefetch_related_objects
from django.utils.translation import gettext as _

from changes.comparing import FieldDiff, compare_many, find_revisions
from changes.conflicts import ShownConflict, put_on_top, show_conflicts
from changes.editing import EditConflictError, merge_edit, merge_onto
from changes.objects import ObjectRef, find_refs, get_tracked
from moderation.proposal_kinds import ProposalKind, find_proposal_kind
from moderation.proposal_models import Proposal, ProposalEvent

if TYPE_CHECKING:
    from accounts.models import User
    from changes.models import Versioned


@dataclass(kw_only=True)
class ShownProposal:
    """One proposal with what it would change, or would have changed.

    ``ref`` is the object, ``standing`` what stands already in the place of a new one. ``problem``
    says why it cannot be published at all. ``old`` and ``new`` are rows to be compared.
    """

    proposal: Proposal
    kind: ProposalKind | None
    events: list[ProposalEvent]
    ref: ObjectRef | None = None
    old: Any = None
    new: Any = None
    conflicts: list[ShownConflict] = field(default_factory=list)
    fields: list[FieldDiff] = field(default_factory=list)
    problem: str = ""
    standing: ObjectRef | None = None
    declined: Proposal | None = None
    declined_reason: str = ""
    record: Mapping[str, int] = field(default_factory=dict)

    @property
    def author(self) -> User | None:
        return self.proposal.author

    @property
    def label(self) -> str:
        """What kind of change it is."""
        if self.kind is None:
            return str(self.proposal.get_intent_display())
        return str(self.kind.new_label if self.proposal.is_new else self.kind.edit_label)

    @property
    def edit_url(self) -> str:
        """Where its form is; "" where there is nothing to be edited any more."""
        if self.kind is None or self.problem or "status" in self.proposal.fields:
            return ""  # no form has the field of a retirement
        return self.kind.create_url() if self.proposal.is_new else self.kind.edit_url(self.old)

    @property
    def can_be_published(self) -> bool:
        """Whether approving it as it is would work, as far as one can tell."""
        return not (self.problem or self.conflicts or self.standing)

    @property
    def changes_nothing(self) -> bool:
        """Whether somebody published the same meanwhile."""
        return not (self.fields or self.conflicts or self.problem)

    @property
    def approved_count(self) -> int:
        return self.record.get(Proposal.State.APPROVED, 0)

    @property
    def declined_count(self) -> int:
        return self.record.get(Proposal.State.DECLINED, 0)


def present_proposals(proposals: Sequence[Proposal]) -> list[ShownProposal]:
    """In the order of ``proposals``: those that are open against today's text, the others against
    the revision that they were written for."""
    prefetch_related_objects(proposals, "author", "events__actor")
    records = _find_records(proposals)
    shown = [
        ShownProposal(
            proposal=proposal,
            kind=find_proposal_kind(proposal.object_type),
            events=list(proposal.events.all()),
            record=records.get(proposal.author_id or 0, {}),
        )
        for proposal in proposals
    ]
    refs = find_refs((p.object_type, p.object_id) for p in proposals if p.object_id is not None)
    for one in shown:
        one.ref = refs.get((one.proposal.object_type, one.proposal.object_id or 0))
    for object_type in sorted({one.proposal.object_type for one in shown if one.kind}):
        _compare([one for one in shown if one.proposal.object_type == object_type])
    _find_declined([one for one in shown if one.proposal.is_new and one.proposal.is_open])
    return shown


def _compare(shown: Sequence[ShownProposal]) -> None:
    """Fill in what each changes; all are of one kind."""
    kind = shown[0].kind
    assert kind is not None
    tracked = get_tracked(kind.object_type)
    edits = [one for one in shown if not one.proposal.is_new]
    objects = kind.model._base_manager.in_bulk([one.proposal.object_id for one in edits])
    wanted: dict[int, set[int]] = {}
    for one in edits:
        wanted.setdefault(one.proposal.object_id or 0, set()).add(one.proposal.base_version or 0)
    rows = find_revisions(tracked, wanted)
    for one in edits:
        number = one.proposal.object_id or 0
        _put_on_top(
            one, kind, objects.get(number), rows.get((number, one.proposal.base_version or 0))
        )
    _look_at_new(kind, [one for one in shown if one.proposal.is_new])
    comparable = [one for one in shown if one.new is not None]
    diffs = compare_many(tracked, [(one.old, one.new) for one in comparable])
    for one, found in zip(comparable, diffs, strict=True):
        one.fields = [diff for diff in found if diff.name in one.proposal.fields]


def _put_on_top(
    one: ShownProposal, kind: ProposalKind, current: Versioned | None, base: Any | None
) -> None:
    proposal = one.proposal
    if not proposal.is_open:
        if base is not None and base.hides_text:  # a difference to it would show it
            one.problem = _("The revision that it was written for is hidden.")
            return
        one.old = base
        one.new = base and _with(base, proposal.fields)
        return
    if current is None or (one.ref is not None and not one.ref.is_public):
        one.problem = _("What this would change is gone.")
        return
    if _leads_on(kind, current) and "status" not in proposal.fields:
        one.problem = _("What this would change was merged into something else since.")
        if base is not None and not base.hides_text:
            one.old, one.new = base, _with(base, proposal.fields)
        return
    one.old = current
    try:
        if proposal.base_version == current.version:
            edit = merge_edit(
                current, base_version=current.version, values=proposal.fields, prose=kind.prose
            )
        else:
            edit = merge_onto(current, base=base, values=proposal.fields, prose=kind.prose)
        one.new = _with(current, edit.values)
    except EditConflictError as conflict:
        one.conflicts = show_conflicts(current, conflict.conflicts)
        one.new = put_on_top(current, conflict.merged, [], ())


def _leads_on(kind: ProposalKind, current: Any) -> bool:
    leads_by = get_tracked(kind.object_type).leads_by
    return bool(leads_by) and getattr(current, leads_by) is not None


def _with(row: Any, values: Mapping[str, Any]) -> Any:
    shown = copy(row)
    for name, value in values.items():
        setattr(shown, name, value)
    return shown


def _look_at_new(kind: ProposalKind, shown: Sequence[ShownProposal]) -> None:
    keys = {one.proposal.key for one in shown if one.proposal.key and one.proposal.is_open}
    standing = kind.find_standing(keys) if keys else {}
    for one in shown:
        one.new = kind.model(**one.proposal.fields)
        object_id, ref = standing.get(one.proposal.key, (None, None))
        # What was made of it once and taken away comes back when it is approved again.
        if ref is not None and one.proposal.is_open and object_id != one.proposal.object_id:
            one.standing = ref


def _find_records(proposals: Sequence[Proposal]) -> dict[int, dict[str, int]]:
    """How many of each author's proposals were approved and declined; one query."""
    ids = {p.author_id for p in proposals if p.author_id is not None}
    found: dict[int, dict[str, int]] = {}
    if not ids:
        return found
    states = (Proposal.State.APPROVED, Proposal.State.DECLINED)
    rows = Proposal.objects.filter(author__in=ids, state__in=states).order_by()
    for author, state, n in rows.values_list("author", "state").annotate(n=Count("pk")):
        found.setdefault(author, {})[state] = n
    return found


def _find_declined(shown: Sequence[ShownProposal]) -> None:
    """Whether the same was declined before, and why; two queries."""
    keys = {one.proposal.key for one in shown if one.proposal.key}
    if not keys:
        return
    declined = Proposal.objects.declined().filter(key__in=keys, intent=Proposal.Intent.CREATE)
    last = {(p.object_type, p.key): p for p in declined.order_by("decided_at")}
    prefetch_related_objects(list(last.values()), "events")
    for one in shown:
        one.declined = last.get((one.proposal.object_type, one.proposal.key))
        if one.declined is not None:
            one.declined_reason = read_reason(one.declined.events.all())


def read_reason(events: Sequence[ProposalEvent] | Any) -> str:
    """What a moderator last said of a proposal when deciding about it."""
    decisions = {
        ProposalEvent.Kind.DECLINED,
        ProposalEvent.Kind.CHANGES_REQUESTED,
        ProposalEvent.Kind.APPROVED,
    }
    texts = [event.text for event in events if event.kind in decisions and event.text]
    return texts[-1] if texts else ""
