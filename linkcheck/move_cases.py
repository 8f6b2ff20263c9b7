"""The one case for all trivial moves: how moderators see it, and what they can decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from changes.nudging import nudge_after_commit
from linkcheck.forms import MovesForm
from linkcheck.kinds import TRIVIAL_MOVES
from linkcheck.models import Link
from linkcheck.moves import DISMISS, find_trivial_moves, queue_moves
from linkcheck.repair_queue import find_problems
from linkcheck.tasks import carry_out_repairs
from linkcheck.undoing import undo_batch_of
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision

#: So many stand in the queue itself; all of them on a page of their own.
MOVES_SHOWN = 10
_ALL, _SOME = "replace_all", "replace_some"


@dataclass(frozen=True)
class Move:
    """One trivial move; ``problem`` says why it could not be followed when that was tried."""

    link: Link
    problem: str


def register_moves() -> None:
    """Make the kind known to moderation."""
    register_handler(
        CaseHandler(
            kind=TRIVIAL_MOVES,
            label=gettext_lazy("trivial moves"),
            health="moved",
            template="linkcheck/_case_moves.html",
            actions=(
                Action(name=_ALL, label=gettext_lazy("Replace all"), key="1", is_primary=True),
                Action(name=_SOME, label=gettext_lazy("Replace the chosen"), key="2"),
                Action(name=DISMISS, label=gettext_lazy("Dismiss"), key="4"),
            ),
            find_views=_find_views,
            apply=_apply,
            describe=_describe,
            form_class=MovesForm,
            undo=_undo,
            settled=_settled,
        )
    )


def present_moves(links: Iterable[Link]) -> list[Move]:
    """``links`` with what went wrong with them before; one query."""
    found = list(links)
    problems = find_problems([link.pk for link in found])
    return [Move(link, problems.get(link.pk, "")) for link in found]


def _find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    moves = find_trivial_moves()
    count = moves.count()
    title = ngettext("%(count)d trivial move", "%(count)d trivial moves", count) % {"count": count}
    context = {"moves": present_moves(moves[:MOVES_SHOWN]), "count": count}
    return {case.pk: CaseView(title=title, context=context) for case in cases}


def _apply(case: Case, request: Request) -> dict[str, Any]:
    if request.action == DISMISS:
        return {"count": find_trivial_moves().count()}
    chosen = request.params.get("only") or []
    if request.action == _SOME and not chosen:
        raise ValidationError(_("Choose those that are to be replaced."))
    link_ids = chosen if request.action == _SOME else None
    batch, count = queue_moves(actor=request.actor, reason=request.reason, link_ids=link_ids)
    nudge_after_commit(carry_out_repairs)
    return {"count": count, "batch": batch.pk}


def _undo(decision: Decision, request: Request) -> dict[str, Any]:
    """What waits is left out, what was followed is put back; a dismissal just ends."""
    return {} if decision.action == DISMISS else undo_batch_of(decision, request)


def _settled(case: Case) -> str:
    if find_trivial_moves().exists():
        return ""
    return _("These links are looked at again first.")


def _describe(decision: Decision) -> str:
    count = decision.details["count"]
    if decision.action == DISMISS:
        return ngettext(
            "%(count)d trivial move stays as it is.",
            "%(count)d trivial moves stay as they are.",
            count,
        ) % {"count": count}
    return ngettext(
        "%(count)d link is replaced by where it leads; what cannot be comes back with the reason.",
        "%(count)d links are replaced by where they lead, one after the other;"
        " what cannot be comes back with the reason.",
        count,
    ) % {"count": count}
