"""Cases and decisions as pages show them, in a number of queries that does not grow with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from changes.objects import ObjectRef, find_refs
from moderation.forms import DecisionForm
from moderation.handlers import Action, CaseHandler, CaseView, find_handler
from moderation.models import Case, Decision


@dataclass(frozen=True)
class CaseCard:
    """One case with its evidence and the form in which it is decided."""

    case: Case
    handler: CaseHandler
    view: CaseView
    form: DecisionForm

    @property
    def title(self) -> str:
        """What it is about, as people call it; as it was when it opened where they do not."""
        return self.view.title or self.case.title

    @property
    def actions(self) -> list[Action]:
        """What can be decided about it."""
        withheld = self.view.withheld
        return [action for action in self.handler.actions if action.name not in withheld]


@dataclass(frozen=True)
class LogLine:
    """One decision as the public log shows it; ``ref`` leads to what it was about."""

    decision: Decision
    kind_label: str
    action_label: str
    sentence: str
    ref: ObjectRef | None


def present_cases(cases: Sequence[Case], *, bound: DecisionForm | None = None) -> list[CaseCard]:
    """Cards in the order of ``cases``; ``bound`` is what was typed into a single one's form."""
    by_kind: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_kind[case.kind].append(case)
    views: dict[int, CaseView] = {}
    for kind, members in by_kind.items():
        handler = find_handler(kind)
        if handler is not None:
            views.update(handler.find_views(members))
    return [_card(case, views.get(case.pk, CaseView()), bound) for case in cases]


def _card(case: Case, view: CaseView, bound: DecisionForm | None) -> CaseCard:
    handler = find_handler(case.kind) or unknown_kind(case.kind)
    form = bound or make_form(case, handler, initial=view.initial)
    return CaseCard(case, handler, view, form)


def make_form(
    case: Case,
    handler: CaseHandler,
    *,
    data: object = None,
    initial: dict[str, object] | None = None,
) -> DecisionForm:
    """The form of one case: its ids differ from those of the other cases on the page."""
    return handler.form_class(
        data,  # type: ignore[arg-type]
        initial={"version": case.version, **(initial or {})},
        auto_id=f"case-{case.pk}-%s",
    )


def present_decisions(decisions: Sequence[Decision]) -> list[LogLine]:
    """Lines in the order of ``decisions``, which have their cases with them."""
    refs = find_refs((d.case.target_type, d.case.target_id) for d in decisions)
    return [_line(d, refs.get((d.case.target_type, d.case.target_id))) for d in decisions]


def _line(decision: Decision, ref: ObjectRef | None) -> LogLine:
    handler = find_handler(decision.kind) or unknown_kind(decision.kind)
    return LogLine(
        decision=decision,
        kind_label=str(handler.label),
        action_label=handler.labels().get(decision.action, decision.action),
        sentence=handler.describe(decision),
        ref=ref if ref is None or ref.is_public else None,
    )


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
