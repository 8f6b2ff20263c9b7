"""What the public log can tell of: decisions about cases, and those made outside the queue.

Who decides outside the queue (a page is protected, an account blocked) registers a
:class:`LogKind` in its ``AppConfig.ready()`` and calls :func:`moderation.log.log_decision`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moderation.handlers import CaseHandler, Request, all_handlers, find_handler

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from moderation.log_models import Decision


def _say_nothing(decision: Decision) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class LogKind:
    """One kind of decision: ``actions`` are their names in words.

    ``describe`` says in a sentence what a decision did, from its ``details``; for the whole world.
    ``undo`` takes one back, as :class:`moderation.handlers.CaseHandler` has it; without it none
    can be.
    """

    kind: str
    label: StrOrPromise
    actions: Mapping[str, StrOrPromise] = field(default_factory=dict)
    describe: Callable[[Decision], str] = _say_nothing
    undo: Callable[[Decision, Request], dict[str, Any]] | None = None

    def can_undo(self, action: str) -> bool:
        """Whether a decision of that name can be taken back at all."""
        return self.undo is not None

    def action_label(self, action: str) -> str:
        """What a decision is called; its bare name where nobody named it."""
        return str(self.actions.get(action, action))


_kinds: dict[str, LogKind] = {}


def register_log_kind(kind: LogKind) -> None:
    """Make a kind of decision known that has no cases."""
    _kinds[kind.kind] = kind


def find_undoer(name: str) -> CaseHandler | LogKind | None:
    """Whatever knows how decisions of a kind are taken back."""
    return find_handler(name) or _kinds.get(name)


def find_log_kind(name: str) -> LogKind:
    """The kind of that name; of one whose app is not installed any more, its bare name."""
    handler = find_handler(name)
    known = _kinds.get(name)
    if handler is None:
        return known or LogKind(kind=name, label=name)
    return LogKind(
        kind=name,
        label=str(handler.label),
        actions={**(known.actions if known else {}), **handler.labels()},
        describe=handler.describe,
    )


def all_log_kinds() -> list[LogKind]:
    """Every kind that is known: those of cases first, each in the order of registration."""
    names = [handler.kind for handler in all_handlers()]
    return [find_log_kind(name) for name in [*names, *(k for k in _kinds if k not in names)]]
