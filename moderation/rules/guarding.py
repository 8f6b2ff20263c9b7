"""Rules at the one door: what they make of a write before it is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from changes.models import Change
from changes.objects import get_tracked
from changes.recording import Attempt, Subject
from changes.refusals import EditHeldError, EditRefusedError
from moderation.rules.attempts import (
    author_facts,
    facts_of_attempt,
    is_looked_at,
    prose_of,
    standing_of_author,
)
from moderation.rules.costs import note_costs
from moderation.rules.evaluation import Judgement, Match, ReadyRule, judge, make_all_ready
from moderation.rules.facts import EditFacts
from moderation.rules.hits import Hit, write_hits
from moderation.rules.models import EditKind, EditRule

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from changes.models import Versioned

# What can wait as a proposal, through the form that it was typed into.
_CAN_WAIT: Final = frozenset(
    {Change.Kind.CREATED, Change.Kind.EDITED, Change.Kind.MERGED, Change.Kind.MOVED}
)
# Without such a form it is refused, with the values that may wait as an edit.
_WAITS_AS_EDIT: Final = frozenset({Change.Kind.REVERTED, Change.Kind.RETIRED})
# What marked the write that is on its way between guard and record, until its Change exists.
_marks: ContextVar[_Marks | None] = ContextVar("marks of the write on its way", default=None)


@dataclass(frozen=True)
class _Marks:
    instance: Versioned
    matches: list[Match]

    def are_of(self, change: Change) -> bool:
        """Whether ``change`` is of that write: it may have failed after it was let through."""
        written = self.instance.pk, self.instance.version
        return written == (change.object_id, change.version_after)


class RuleRefusedError(EditRefusedError):
    """A rule refused an edit; ``hit`` is written once its transaction is rolled back."""

    def __init__(
        self, hit: Hit, *, advice: str = "", values: Mapping[str, Any] | None = None
    ) -> None:
        rule = hit.match.rule
        super().__init__(f"{rule.message} {advice}".strip(), rule=rule.mark, values=values)
        self.hit = hit

    def as_held(self) -> RuleHeldError:
        """The same, where it waits after all."""
        return RuleHeldError(replace(self.hit, is_refused=False))


class RuleHeldError(EditHeldError):
    """A rule holds an edit for a moderator; ``hit`` as above."""

    def __init__(self, hit: Hit) -> None:
        super().__init__(hit.match.rule.message, rule=hit.match.rule.mark)
        self.hit = hit


def load_rules() -> tuple[ReadyRule, ...]:
    """The rules that are on, in the order in which they are asked.

    One small query; one more where something was changed since this process last asked.
    """
    key = EditRule.objects.enabled().order_by("pk").values_list("pk", "version", "changed_at")
    return _make_rules(tuple(key))


@lru_cache(2)
def _make_rules(key: tuple[tuple[int, int, datetime], ...]) -> tuple[ReadyRule, ...]:
    pks = [pk for pk, _version, _changed_at in key]
    return tuple(make_all_ready(EditRule.objects.filter(pk__in=pks)))


def check_rules(attempt: Attempt) -> tuple[str, ...]:
    """Ask all rules about a write: a guard of the one door.

    Returns the labels of those that mark it; raises RuleRefusedError or RuleHeldError. What a
    moderator accepts is marked at most: a person has judged already.
    """
    _marks.set(None)
    if not is_looked_at(attempt):
        return ()
    rules: Iterable[ReadyRule] = load_rules()
    if attempt.by.accepted_by is not None:
        rules = [rule for rule in rules if rule.action == EditRule.Action.TAG]
    facts = facts_of_attempt(attempt) if rules else None
    if facts is None:
        return ()
    judgement = _judge(rules, facts)
    if judgement.stops is not None:
        _stop(judgement.stops, attempt, facts)
    _marks.set(_Marks(attempt.instance, judgement.marks))
    return tuple(match.rule.label for match in judgement.marks)


def note_marks(change: Change) -> None:
    """Write which rules marked a change: a listener of the one door; one query where one did."""
    marks = _marks.get()
    _marks.set(None)
    if marks and marks.matches and marks.are_of(change) and change.actor is not None:
        subject = Subject(object_type=change.object_type, title=change.object_title)
        hits = [
            Hit(match=m, actor=change.actor, subject=subject, kind=change.kind, change=change)
            for m in marks.matches
        ]
        write_hits(hits)


def check_proposed_edit(
    *,
    subject: Subject,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: User | AnonymousUser,
    summary: str = "",
    can_wait: bool = True,
) -> tuple[str, ...]:
    """Ask the rules about a proposal, whose values by field were ``before`` and would be ``after``.

    Raises RuleRefusedError. What a rule would hold waits anyway; returned are the labels of those
    that would mark it. ``before`` is empty for something new. What cannot wait (``can_wait``
    False), such as a post, is refused by such a rule instead.
    """
    rules = [rule for rule in load_rules() if not can_wait or rule.action != EditRule.Action.HOLD]
    if not rules:
        return ()
    prose = prose_of(get_tracked(subject.object_type))
    changed = {name for name, value in after.items() if before.get(name) != value}
    facts = EditFacts(
        object_type=subject.object_type,
        edit_kind=EditKind.EDIT if before else EditKind.CREATE,
        standing=standing_of_author(actor),
        title=subject.title,
        summary=summary,
        changed_fields=frozenset(changed),
        size_difference=sum(_size(after, n) - _size(before, n) for n in prose & changed),
        prose=prose,
        new=after,
        read_old=lambda: before,
        **author_facts(actor),
    )
    judgement = _judge(rules, facts)
    if judgement.stops is not None:
        kind = Change.Kind.EDITED if before else Change.Kind.CREATED
        raise RuleRefusedError(Hit(match=judgement.stops, actor=actor, subject=subject, kind=kind))
    return tuple(match.rule.label for match in judgement.marks)


def _judge(rules: Iterable[ReadyRule], facts: EditFacts) -> Judgement:
    judgement = judge(rules, facts, budget_ns=settings.RULES_BUDGET_MS * 1_000_000)
    note_costs(judgement.costs, judgement.left_out)
    return judgement


def _stop(match: Match, attempt: Attempt, facts: EditFacts) -> None:
    hit = Hit(
        match=match,
        actor=attempt.by.actor,
        subject=attempt.subject,
        kind=attempt.step.kind,
        object_id=attempt.instance.pk,
    )
    if match.rule.action != EditRule.Action.HOLD:
        raise RuleRefusedError(replace(hit, is_refused=True))
    if attempt.step.kind in _CAN_WAIT:
        raise RuleHeldError(hit)
    values, advice = None, _("This cannot wait as a proposal: report the page to a moderator.")
    if attempt.step.kind in _WAITS_AS_EDIT:
        values = {name: getattr(attempt.instance, name) for name in attempt.step.changed_fields}
        advice = ""
    raise RuleRefusedError(replace(hit, is_refused=True), advice=advice, values=values)


def _size(values: Mapping[str, Any], name: str) -> int:
    return len(str(values.get(name) or "").encode())
