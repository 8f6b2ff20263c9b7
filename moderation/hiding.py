"""Hiding parts of revisions as moderators decide it: in the public log, without what is hidden."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from changes import hiding
from changes.hiding import HIDE, Part
from changes.objects import find_refs
from changes.veils import hidden_word
from moderation.edit_cases import SUSPICIOUS, UNPATROLLED
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind
from moderation.models import Case, Proposal
from moderation.rules.models import RuleHit

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.log_models import Decision

KIND: Final = "hiding"


def register_hiding() -> None:
    """Make hiding known to the log."""
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Hidden revision"),
            actions={"hide": gettext_lazy("Hidden"), "show": gettext_lazy("Shown again")},
            describe=describe,
        )
    )


@transaction.atomic
def hide_parts(
    *,
    object_type: str,
    object_id: int,
    first: int,
    last: int,
    parts: Collection[str],
    reason: str,
    by: User,
) -> hiding.Hiding:
    """As :func:`changes.hiding.hide_parts`, which raises; with a line for each direction."""
    done = hiding.hide_parts(
        object_type=object_type,
        object_id=object_id,
        first=first,
        last=last,
        parts=parts,
        reason=reason,
        by=by,
    )
    title = _public_title(object_type, object_id)
    for action, touched in (("hide", done.added), ("show", done.removed)):
        if not touched:
            continue
        numbers = sorted({version for version, _part in touched})
        log_decision(
            kind=KIND,
            target_type=object_type,
            target_id=object_id,
            title=title,
            action=action,
            actor=by,
            reason=reason,
            details={
                "first": numbers[0],
                "last": numbers[-1],
                "parts": sorted({str(part) for _version, part in touched}),
            },
            permission=HIDE,
        )
    if any(part != Part.SUMMARY for _version, part in done.added):
        _reword_cases(object_type, object_id, title)
    if done.added:
        _empty_hits(object_type, object_id, title)
        _empty_proposals(object_type, object_id, title, done.added)
    return done


def describe(decision: Decision) -> str:
    """Which parts of which revisions, and not what stood there."""
    details = decision.details
    known = {part.value: str(part.label) for part in Part}
    parts = ", ".join(known.get(part, part) for part in details.get("parts", ()))
    first, last = details.get("first"), details.get("last")
    if first == last:
        return _("Of revision %(number)s: %(parts)s.") % {"number": first, "parts": parts}
    values = {"first": first, "last": last, "parts": parts}
    return _("Of revisions %(first)s to %(last)s: %(parts)s.") % values


def _public_title(object_type: str, object_id: int) -> str:
    """What everybody may know that it is called."""
    key = object_type, object_id
    ref = find_refs([key]).get(key)
    return ref.title if ref is not None and ref.is_public else hidden_word()


def _empty_hits(object_type: str, object_id: int, title: str) -> None:
    """What rules on edits quoted of it, and whom they named, goes; that they matched stays."""
    hits = RuleHit.objects.filter(object_type=object_type, object_id=object_id)
    hits.update(findings=[], object_title=title, actor=None, actor_label=hidden_word())


def _empty_proposals(
    object_type: str, object_id: int, title: str, added: Collection[tuple[int, str]]
) -> None:
    """What is hidden of a revision that was a proposal goes from it too; the revision keeps it."""
    values: dict[str, dict[str, Any]] = {
        Part.TEXT: {"fields": {}, "title": title},
        Part.SUMMARY: {"summary": ""},
        Part.AUTHOR: {"author": None, "author_label": hidden_word()},
    }
    approved = Proposal.objects.filter(object_type=object_type, object_id=object_id)
    for part, emptied in values.items():
        versions = [version for version, hidden in added if hidden == part]
        approved.filter(result_version__in=versions).update(**emptied)


def _reword_cases(object_type: str, object_id: int, title: str) -> None:
    """Cases about it were named when it may have had another title; some name who wrote there."""
    cases = Case.objects.filter(target_type=object_type, target_id=object_id)
    cases.update(title=title)
    reason = _("Something of it was hidden since.")
    cases.filter(kind__in=(SUSPICIOUS, UNPATROLLED)).update(reason=reason)
