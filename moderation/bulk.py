"""One decision about many cases of a kind: foreseen first, then each in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from moderation.cases import ClaimedError, StaleCaseError, decide
from moderation.handlers import find_handler
from moderation.models import Decision
from moderation.presenting import CaseCard, present_decisions, read_form
from moderation.scope import require_review

if TYPE_CHECKING:
    from accounts.models import User

#: So many cases at once: all of them are decided while a moderator waits.
MAX_CASES: Final = 200
#: What belongs to a case, and not to all that are chosen.
_OF_ONE = frozenset({"version", "reason"})


class Outcome(StrEnum):
    """What became of one case."""

    DONE = "done"
    STALE = "stale"
    REFUSED = "refused"


@dataclass(frozen=True)
class Foresight:
    """What a decision would do to one case; ``problem`` says why it could not be."""

    card: CaseCard
    sentence: str
    problem: str = ""


@dataclass(frozen=True)
class Result:
    """What a decision did to one case, or why it did not."""

    card: CaseCard
    outcome: Outcome
    sentence: str
    decision: Decision | None = None


def foresee(
    cards: Sequence[CaseCard], *, action: str, shared: Mapping[str, Any]
) -> list[Foresight]:
    """What ``action`` would do to each case; nothing is changed."""
    return [_foresee(card, action, shared) for card in cards]


def _foresee(card: CaseCard, action: str, shared: Mapping[str, Any]) -> Foresight:
    try:
        params = _params(card, action, shared)
        if card.handler.foresee is not None:
            return Foresight(card, card.handler.foresee(card.case, card.view, action, params))
    except ValidationError as error:
        return Foresight(card, "", " ".join(error.messages))
    label = card.handler.labels().get(action, action)
    return Foresight(card, label)


def decide_all(
    cards: Sequence[CaseCard],
    *,
    action: str,
    reason: str,
    shared: Mapping[str, Any],
    versions: Mapping[int, int],
    actor: User,
) -> list[Result]:
    """Decide each case in a transaction of its own; one that cannot be takes nothing with it.

    ``versions`` are those that the moderator saw, by case id; ``shared`` values of fields are for
    all, the others come from what is suggested for each. Raises PermissionDenied.
    """
    require_review(actor)
    return [
        _decide(card, action, reason, shared, versions.get(card.case.pk, 0), actor)
        for card in cards[:MAX_CASES]
    ]


def _decide(
    card: CaseCard,
    action: str,
    reason: str,
    shared: Mapping[str, Any],
    version: int,
    actor: User,
) -> Result:
    try:
        decision = decide(
            case_id=card.case.pk,
            version=version,
            action=action,
            reason=reason,
            actor=actor,
            params=_params(card, action, shared),
            takes_over=False,
        )
    except ValidationError as error:
        return Result(card, Outcome.REFUSED, " ".join(error.messages))
    except PermissionDenied as error:
        return Result(card, Outcome.REFUSED, str(error))
    except ClaimedError as claimed:
        name = claimed.case.claimed_by.label if claimed.case.claimed_by else ""
        return Result(card, Outcome.REFUSED, _("%(name)s is looking at it.") % {"name": name})
    except StaleCaseError as stale:
        return Result(card, Outcome.STALE, _explain(stale))
    (line,) = present_decisions([decision])
    return Result(card, Outcome.DONE, line.sentence, decision)


def _explain(stale: StaleCaseError) -> str:
    if stale.case.is_open:
        return _("It changed since you saw it.")
    return stale.case.closing_note or _("It was decided by someone else.")


def _params(card: CaseCard, action: str, shared: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form of one case: those for all, and what is suggested for itself."""
    if action in card.view.withheld:
        raise ValidationError(_("This cannot be decided about this one."))
    values = {"version": card.case.version, "reason": "", **shared, **card.view.initial}
    form = read_form(card.case, card.handler, values)
    if not form.is_valid():
        raise ValidationError([text for texts in form.errors.values() for text in texts])
    return {name: value for name, value in form.cleaned_data.items() if name not in _OF_ONE}


def shared_fields(cards: Sequence[CaseCard]) -> list[str]:
    """The fields of a kind's form that are filled in once for all; none where kinds are mixed."""
    kinds = {card.case.kind for card in cards}
    handler = find_handler(kinds.pop()) if len(kinds) == 1 else None
    if handler is None:
        return []
    own = {name for card in cards for name in card.view.initial}
    fields = handler.form_class.base_fields
    return [name for name, field in fields.items() if not _is_of_one(name, field, own)]


def _is_of_one(name: str, field: Any, own: set[str]) -> bool:
    return name in own or name in _OF_ONE or field.widget.is_hidden
