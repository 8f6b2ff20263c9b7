"""Cases and decisions as pages show them, in a number of queries that does not grow with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from changes.hiding import find_hidden_titles
from changes.objects import ObjectRef, find_refs
from changes.veils import hidden_word
from moderation.forms import DecisionForm
from moderation.handlers import Action, CaseHandler, CaseView, find_handler
from moderation.log_kinds import LogKind, find_log_kind
from moderation.log_models import read_labels
from moderation.models import Case, Decision, Note
from moderation.undoing import find_undoable

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class CaseCard:
    """One case with its evidence and the form in which it is decided."""

    case: Case
    handler: CaseHandler
    view: CaseView
    typed: DecisionForm | None  # what was sent and could not be done
    notes: list[Note]
    viewer_id: int | None
    is_hidden: bool = False  # it is about who looks at it

    @cached_property
    def title(self) -> str:
        """What it is about, as people call it; as it was when it opened where they do not."""
        return self.view.title or self.case.title

    @cached_property
    def actions(self) -> list[Action]:
        """What can be decided about it."""
        if self.is_hidden:
            return []
        withheld = self.view.withheld
        return [action for action in self.handler.actions if action.name not in withheld]

    @cached_property
    def form(self) -> DecisionForm:
        """In which it is decided."""
        return self.form_for(number=self.case.pk, version=self.case.version)

    def form_for(self, *, number: int, version: int) -> DecisionForm:
        """What was typed, or a new form with what is suggested: its ids hold ``number``."""
        if self.typed is not None:
            return self.typed
        initial = {**self.view.initial, "version": version}
        return self.handler.form_class(initial=initial, auto_id=f"case-{number}-%s")

    @cached_property
    def likeness(self) -> tuple[object, ...]:
        """The same for cards whose forms differ in the number and the version of the case alone."""
        suggested = tuple((name, str(value)) for name, value in self.view.initial.items())
        return self.handler.kind, self.view.withheld, suggested, self.typed

    @cached_property
    def can_be_decided(self) -> bool:
        return self.case.is_open and bool(self.actions)

    @cached_property
    def is_held_by_other(self) -> bool:
        """Whether another moderator is looking at it."""
        return self.case.is_claimed_by_other(self.viewer_id)

    @cached_property
    def is_held_by_viewer(self) -> bool:
        """Whether whoever sees the card is known to look at it."""
        return self.case.is_claimed and not self.is_held_by_other

    @cached_property
    def claimed_at(self) -> datetime | None:
        """Since when somebody is looking at it."""
        until = self.case.claimed_until
        return until and until - timedelta(minutes=settings.REVIEW_CLAIM_MINUTES)


@dataclass(frozen=True)
class LogLine:
    """One decision as the public log shows it; ``ref`` leads to what it was about.

    Of a private one ``title`` and ``reason`` are for moderators alone.
    """

    decision: Decision
    kind_label: str
    action_label: str
    sentence: str
    ref: ObjectRef | None
    title: str
    reason: str
    can_be_undone: bool = False


def present_cases(
    cases: Sequence[Case], *, bound: DecisionForm | None = None, viewer: User | None = None
) -> list[CaseCard]:
    """Cards in the order of ``cases``; ``bound`` is what was typed into a single one's form."""
    # Kinds that are shown alike are asked for together.
    alike: defaultdict[Callable[..., Mapping[int, CaseView]], list[Case]] = defaultdict(list)
    for case in cases:
        handler = find_handler(case.kind)
        if handler is not None:
            alike[handler.find_views].append(case)
    views: dict[int, CaseView] = {}
    for find_views, members in alike.items():
        views.update(find_views(members))
    prefetch_related_objects(cases, "claimed_by", "assigned_to", "notes__author")
    return [_card(case, views.get(case.pk, CaseView()), bound, viewer) for case in cases]


def _is_hidden(case: Case, handler: CaseHandler, viewer: User | None) -> bool:
    if handler.hides_from is None:
        return False
    return viewer is None or handler.hides_from(case, viewer)


def _card(case: Case, view: CaseView, bound: DecisionForm | None, viewer: User | None) -> CaseCard:
    handler = find_handler(case.kind) or unknown_kind(case.kind)
    is_hidden = _is_hidden(case, handler, viewer)
    if is_hidden:
        every = frozenset(action.name for action in handler.actions)
        view = CaseView(title=view.title, withheld=every)
    notes = [] if is_hidden else list(case.notes.all())
    return CaseCard(case, handler, view, bound, notes, viewer.pk if viewer else None, is_hidden)


def read_form(case: Case, handler: CaseHandler, data: Mapping[str, object]) -> DecisionForm:
    """The form of one case with what was typed: its ids differ from those of other cases."""
    return handler.form_class(data, auto_id=f"case-{case.pk}-%s")


def present_decisions(decisions: Sequence[Decision], *, offers_undo: bool = False) -> list[LogLine]:
    """Lines in the order of ``decisions``; one query for each type of target among them, and one.

    With ``offers_undo``, for moderators, also which of them can be taken back (one query), and what
    is not for everyone.
    """
    targets = [_target(d) for d in decisions if d.target_id is not None]
    refs = find_refs([*targets, *(key for d in decisions for key in d.named())])
    labels = read_labels(decisions)
    for decision in decisions:
        decision.labels, decision.refs = labels, refs
    veiled = find_hidden_titles(targets) if targets else set()
    undoable = find_undoable(decisions) if offers_undo else set()
    lines = [
        _line(d, refs.get(_target(d)), d.pk in undoable, is_veiled=_target(d) in veiled)
        for d in decisions
    ]
    return lines if offers_undo else [_mask(line) for line in lines]


def _mask(line: LogLine) -> LogLine:
    """What everyone may know of a private decision: that there was one, and of which kind."""
    if not line.decision.is_private:
        return line
    unsaid = _("something that is not public")
    return replace(line, title=unsaid, ref=None, reason="", sentence="")


def _target(decision: Decision) -> tuple[str, int]:
    return decision.target_type, decision.target_id or 0


def _line(
    decision: Decision, ref: ObjectRef | None, can_be_undone: bool, *, is_veiled: bool
) -> LogLine:
    kind = find_log_kind(decision.kind)
    is_public = ref is not None and ref.is_public
    title = decision.shown_title or (ref.title if ref is not None and is_public else "")
    if is_veiled:  # a text of it is hidden: perhaps what it was called then, as well
        title = ref.title if ref is not None and is_public else hidden_word()
    return LogLine(
        decision=decision,
        title=title,
        reason=decision.reason,
        kind_label=str(kind.label),
        action_label=kind.action_label(decision.action),
        sentence=_describe(decision, kind),
        ref=ref if is_public else None,
        can_be_undone=can_be_undone,
    )


def _describe(decision: Decision, kind: LogKind) -> str:
    """What a decision did; of one that takes another back, which that was and what it changed.

    What it changed is called as it is today: what it was called then may be hidden since.
    """
    if decision.undoes_id is None:
        return kind.describe(decision)
    undone = kind.action_label(decision.details.get("undone", ""))
    sentence = _("“%(decision)s” was taken back.") % {"decision": undone}
    titles = decision.titles_of("changed")
    if titles:
        changed = _("Put back: %(titles)s.") % {"titles": ", ".join(titles)}
        return f"{sentence} {changed}"
    return sentence


def unknown_kind(kind: str) -> CaseHandler:
    """What stands in for a kind whose app is not installed any more: shown, but not decided."""
    return CaseHandler(
        kind=kind,
        label=kind,
        health="unsure",
        template="moderation/_case_unknown.html",
        actions=(),
        find_views=lambda _cases: {},
        apply=_refuse,
        describe=lambda _decision: "",
    )


def _refuse(case: Case, request: object) -> dict[str, object]:
    raise LookupError(f"nothing handles cases of the kind {case.kind}")
