"""What the apps that open cases tell this one about them: how they are shown and decided.

This app knows no link and no page; each owner registers a :class:`CaseHandler` for its kinds in
its ``AppConfig.ready()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from moderation.forms import DecisionForm

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import User
    from moderation.models import Case, Decision


#: The action of a decision that takes an earlier one back.
UNDO: Final = "undo"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One decision that can be made; ``key`` is the digit that makes it."""

    name: str
    label: str | Promise
    key: str
    is_primary: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a moderator wants done."""

    action: str
    params: dict[str, Any]
    reason: str
    actor: User


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """How a case is shown: ``context`` is for the handler's template, ``initial`` for its form.

    ``title`` is what people call the target today; ``withheld`` are names of actions of the kind
    that make no sense for this one.
    """

    title: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    initial: dict[str, Any] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class CaseHandler:
    """One kind of case.

    ``template`` draws the evidence, from the context that ``find_views`` gives for each case id:
    in a number of queries that does not grow with the cases. ``form_class`` has the fields that
    the actions need. ``apply(case, request)`` carries out a decision inside its transaction and
    returns what the log keeps of it, JSON-able; it raises ValidationError by field. ``describe``
    says in a sentence what a decision did. ``further_labels`` are those of decisions that are made
    elsewhere than in the queue and stand in the log. ``health`` is the shape before the title.
    ``declining`` are the decisions by which nothing of what the case asked for is granted,
    ``reasoned`` those that need a reason. ``elsewhere`` are decisions that are made on a page of
    their own: the queue knows them and does not offer them.

    ``goes_on(case)`` says after a decision whether something is left to decide: the case stays
    open then, for cases that hold several things of a kind.

    ``undo(decision, request)`` takes back what a decision did, through ordinary operations inside
    its transaction, and returns what the log keeps of it; it raises ValidationError where that
    cannot be done any more. Without it only decisions that changed nothing can be undone: those
    named in ``harmless``. ``settled(case)`` says why there is nothing left to decide about a case
    that an undone decision would open again, "" where there is.

    ``foresee(case, view, action, params)`` says what a decision would change, for the preview of
    many at once; it changes nothing and raises ValidationError where it could not be done.

    ``hides_from(case, user)`` says whether a moderator may not see what stands in a case, since it
    is about them; ``apply`` refuses them too.
    """

    kind: str
    label: str | Promise
    health: str
    template: str
    actions: Sequence[Action]
    find_views: Callable[[Sequence[Case]], Mapping[int, CaseView]]
    apply: Callable[[Case, Request], dict[str, Any]]
    describe: Callable[[Decision], str]
    form_class: type[DecisionForm] = DecisionForm
    further_labels: Mapping[str, str | Promise] = field(default_factory=dict)
    declining: frozenset[str] = frozenset({"dismiss", "decline"})
    reasoned: frozenset[str] = frozenset()
    elsewhere: Sequence[Action] = ()
    goes_on: Callable[[Case], bool] | None = None
    undo: Callable[[Decision, Request], dict[str, Any]] | None = None
    harmless: frozenset[str] = frozenset({"dismiss"})
    settled: Callable[[Case], str] | None = None
    foresee: Callable[[Case, CaseView, str, Mapping[str, Any]], str] | None = None
    hides_from: Callable[[Case, User], bool] | None = None

    def can_undo(self, action: str) -> bool:
        """Whether a decision of that name can be taken back at all."""
        return self.undo is not None or action in self.harmless

    def accepts(self, action: str) -> bool:
        """Whether a decision grants what the case asked for: the statistics count it."""
        return action not in self.declining

    def all_actions(self) -> list[Action]:
        """Every decision that can be made about a case, here or elsewhere."""
        return [*self.actions, *self.elsewhere]

    def labels(self) -> dict[str, str]:
        """Every decision that can stand in the log, by name."""
        actions = {action.name: str(action.label) for action in self.all_actions()}
        further = {name: str(label) for name, label in self.further_labels.items()}
        return actions | further | {UNDO: _("Undone")}


_handlers: dict[str, CaseHandler] = {}


def register_handler(handler: CaseHandler) -> None:
    """Make a kind of case known."""
    _handlers[handler.kind] = handler


def get_handler(kind: str) -> CaseHandler:
    """The handler of a kind; KeyError where no app registered one."""
    return _handlers[kind]


def find_handler(kind: str) -> CaseHandler | None:
    """The handler of a kind, if there is one."""
    return _handlers.get(kind)


def all_handlers() -> list[CaseHandler]:
    """Every kind that is known, in the order of registration."""
    return list(_handlers.values())
