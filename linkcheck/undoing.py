"""Taking back what a moderator decided about links and hosts, through ordinary operations."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from changes.models import ObjectType, Source
from changes.nudging import nudge_after_commit
from changes.recording import Authorship
from changes.taking_back import Taken, from_json, hold, take_back
from linkcheck.kinds import (
    BAD_CERTIFICATE,
    DEAD_LINK,
    MOVED_LINK,
    SOFT_DEAD,
    UNVERIFIABLE,
)
from linkcheck.marks import mark_of
from linkcheck.models import Link, LinkUse, Mark, RepairBatch
from linkcheck.repair_queue import undo_batch
from linkcheck.tasks import carry_out_repairs
from linkcheck.transitions import refresh_uses
from linkcheck.verdicts import Override
from linkcheck.words import WORD, restore_word
from moderation.handlers import Request
from moderation.models import Case, Decision

_WORDS: Final = frozenset({*(word.value for word in Override), "withdraw"})
#: The marks that keep a case of a kind open; other kinds do not depend on the mark.
_MARKS: Final = {
    DEAD_LINK: {Mark.DEAD},
    SOFT_DEAD: {Mark.SUSPECT},
    BAD_CERTIFICATE: {Mark.SUSPECT},
    UNVERIFIABLE: {Mark.UNSURE, Mark.OK},
    MOVED_LINK: {Mark.MOVED},
}


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """Take back a decision about a link, inside its transaction; what the log keeps of it.

    Raises ValidationError where what it did is not there any more.
    """
    changed = undo_revisions(decision, request, link_ids=[decision.target_id or 0])
    held = Link.objects.select_for_update().filter(pk=decision.target_id or 0).first()
    if held is None:
        return {"changed": changed}
    if decision.action in _WORDS:
        restore_word(held, decision.details)
        held.save(update_fields=WORD)
    _judge_again(held, decision.kind)
    return {"changed": changed}


def undo_revisions(
    decision: Decision, request: Request, *, link_ids: list[int]
) -> list[tuple[str, int]]:
    """Take back the revisions that a decision made; type and id of what that changed.

    Locks objects before links, and all of either at once, as in any edit.
    """
    taken = from_json(decision.details.get("revisions", ()))
    if not taken:
        return []
    summary = request.reason or _("Decision taken back: %(title)s") % {"title": decision.title}
    by = Authorship(actor=request.actor, summary=summary, source=Source.REPAIR)
    hold(taken)
    hold_links_of(taken, link_ids)
    return take_back(taken, by)


def undo_batch_of(decision: Decision, request: Request) -> dict[str, Any]:
    """Take back a decision about many links: a worker does it, object by object.

    What still waits of it is left out. Returns how many those are (``stopped``), and the ``batch``
    that changes back, if there was anything to change.
    """
    batch = RepairBatch.objects.filter(pk=decision.details.get("batch") or 0).first()
    if batch is None:
        raise ValidationError(_("It is too long ago: what it changed is not known any more."))
    stopped, undoing = undo_batch(batch=batch, actor=request.actor, reason=request.reason)
    nudge_after_commit(carry_out_repairs)
    return {"stopped": stopped, "batch": undoing and undoing.pk}


def hold_links_of(taken: list[Taken], link_ids: list[int]) -> None:
    """Lock the links that stand in these objects, and others, in the order of their ids."""
    ids = set(link_ids)
    for one in taken:
        uses = LinkUse.objects.filter(object_type=one.object_type, object_id=one.object_id)
        ids.update(uses.values_list("link_id", flat=True))
    list(Link.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))


def settled(case: Case) -> str:
    """Why nothing is left to decide about a case of a link; "" where there is."""
    link = Link.objects.filter(pk=case.target_id).first()
    if link is None or not link.is_used:
        return _("The link is not used any more.")
    if case.kind in _MARKS and link.mark not in _MARKS[case.kind]:
        return _("The link is not as it was: it is looked at again.")
    return ""


def _judge_again(held: Link, kind: str) -> None:
    """Tell readers again what the checks say, at once; what follows from it at the next look.

    Where that is not what the case was about, the mark is gone until the next look, so that a case
    opens for whatever is wrong then.
    """
    now = timezone.now()
    before = held.mark
    mark = mark_of(held, now)
    case = Case.objects.filter(kind=kind, target_type=ObjectType.LINK, target_id=held.pk)
    held.mark = mark if mark in _MARKS.get(kind, {mark}) and case.exists() else Mark.NONE
    held.is_urgent, held.next_check_at = True, now
    held.save(update_fields=["mark", "is_urgent", "next_check_at"])
    if held.mark != before:
        refresh_uses([held.pk])
