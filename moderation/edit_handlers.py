"""Cases about edits: how moderators see them, and what they can decide (:mod:`edit_cases`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import may
from changes.comparing import FieldDiff, compare_many, find_revisions
from changes.editing import EditConflictError
from changes.lines import changes_url, diff_url
from changes.models import Change
from changes.objects import ObjectRef, find_refs, get_tracked
from changes.patrolling import PATROL as PATROL_CHANGE
from changes.patrolling import mark_patrolled
from changes.recording import Authorship, StaleVersionError
from changes.rolling_back import Rollback, find_rollbacks, roll_back
from changes.taking_back import from_json, take_back
from moderation.edit_cases import SUSPICIOUS, UNPATROLLED, is_waiting
from moderation.forms import DecisionForm
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision
from moderation.scope import REVIEW

PATROL: Final = "patrol"
ROLLBACK: Final = "rollback"
MAX_COMPARED: Final = 20_000  # characters of a text whose difference stands in the queue itself
MAX_SHOWN: Final = 200  # changes of one object
_MAX_ID: Final = 2**63 - 1

Key = tuple[str, int]


class EditDecisionForm(DecisionForm):
    """The newest change that was seen, and the newest revision of its object."""

    seen = forms.IntegerField(
        min_value=0, max_value=_MAX_ID, required=False, widget=forms.HiddenInput
    )
    through = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, widget=forms.HiddenInput
    )


@dataclass(frozen=True, kw_only=True)
class EditEvidence:
    """What waits in one object, oldest first; ``fields`` is the difference over all of it."""

    ref: ObjectRef | None
    waiting: Sequence[Change]
    rollback: Rollback | None
    fields: Sequence[FieldDiff] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The revision before the first that waits; 0 where that made the object."""
        return self.waiting[0].version_before or 0

    @property
    def last(self) -> int:
        """The newest revision that waits."""
        return self.waiting[-1].version_after or 0

    @property
    def is_new(self) -> bool:
        """Whether the object itself waits."""
        return self.first == 0

    @property
    def url(self) -> str:
        """Where the difference stands; in recent changes where the object is gone."""
        if self.ref is None:
            return changes_url(self.waiting[-1])
        if self.is_new and self.last > 1:
            return diff_url(self.ref.url, 1, self.last)
        return diff_url(self.ref.url, self.first or None, self.last)


def register_edit_cases() -> None:
    """Called once by ``ModerationConfig.ready``."""
    for kind, label, health, declining in (
        (SUSPICIOUS, gettext_lazy("suspicious edit"), "suspect", PATROL),
        (UNPATROLLED, gettext_lazy("unpatrolled"), "unsure", ROLLBACK),
    ):
        register_handler(
            CaseHandler(
                kind=kind,
                label=label,
                health=health,
                template="moderation/_case_edit.html",
                actions=(
                    Action(
                        name=PATROL,
                        label=gettext_lazy("It is fine: patrolled"),
                        key="1",
                        is_primary=True,
                    ),
                    Action(name=ROLLBACK, label=gettext_lazy("Roll back"), key="2"),
                ),
                find_views=find_views,
                apply=apply,
                describe=describe,
                form_class=EditDecisionForm,
                declining=frozenset({declining}),
                undo=undo,
                settled=settled,
                foresee=foresee,
            )
        )


def find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """The edits that wait in each object, with their difference and what can be rolled back."""
    keys = {case.pk: (case.target_type, case.target_id) for case in cases}
    evidence = find_evidence(set(keys.values()))
    return {
        pk: _view(evidence[key]) if key in evidence else CaseView(withheld=_BOTH)
        for pk, key in keys.items()
    }


_BOTH: Final = frozenset({PATROL, ROLLBACK})


def _view(evidence: EditEvidence) -> CaseView:
    through = evidence.rollback.through if evidence.rollback else 0
    return CaseView(
        title=evidence.ref.title if evidence.ref else "",
        context={"evidence": evidence},
        initial={"seen": evidence.waiting[-1].pk, "through": through},
        withheld=frozenset() if evidence.rollback else frozenset({ROLLBACK}),
    )


def find_evidence(keys: set[Key]) -> dict[Key, EditEvidence]:
    """What waits in some objects, by type and id; without those of which nothing does."""
    waiting = _find_waiting(keys)
    refs = find_refs(waiting)
    rollbacks = find_rollbacks(waiting)
    found = {
        key: EditEvidence(ref=refs.get(key), waiting=changes, rollback=rollbacks.get(key))
        for key, changes in waiting.items()
    }
    return found | _with_differences(found)


def _find_waiting(keys: set[Key]) -> dict[Key, list[Change]]:
    about = Q(pk=None)
    for object_type in {object_type for object_type, _id in keys}:
        ids = [object_id for kind, object_id in keys if kind == object_type]
        about |= Q(object_type=object_type, object_id__in=ids)
    changes = Change.objects.unpatrolled().revisions().filter(about)
    found: dict[Key, list[Change]] = {}
    for change in changes.select_related("actor").order_by("pk")[: MAX_SHOWN * max(1, len(keys))]:
        found.setdefault((change.object_type, change.object_id), []).append(change)
    return found


def _with_differences(found: Mapping[Key, EditEvidence]) -> dict[Key, EditEvidence]:
    """The same with the differences of those whose texts are not too long to be compared here."""
    compared: dict[Key, EditEvidence] = {}
    for object_type in {object_type for object_type, _id in found}:
        tracked = get_tracked(object_type)
        own = {key: evidence for key, evidence in found.items() if key[0] == object_type}
        wanted = {key[1]: {e.first, e.last} - {0} for key, e in own.items()}
        rows = find_revisions(tracked, wanted, max_length=MAX_COMPARED)
        pairs = {
            key: (rows.get((key[1], e.first)), rows[key[1], e.last])
            for key, e in own.items()
            if (key[1], e.last) in rows and (e.is_new or (key[1], e.first) in rows)
        }
        diffs = compare_many(tracked, list(pairs.values()))
        for key, fields in zip(pairs, diffs, strict=True):
            e = own[key]
            compared[key] = EditEvidence(
                ref=e.ref, waiting=e.waiting, rollback=e.rollback, fields=fields
            )
    return compared


def apply(case: Case, request: Request) -> dict[str, Any]:
    """Mark what was seen as patrolled, or roll the object's last author back."""
    changes = Change.objects.of_object(case.target_type, case.target_id).unpatrolled()
    if request.action == PATROL:
        seen = changes.filter(pk__lte=request.params.get("seen") or 0)
        ids = sorted(seen.values_list("pk", flat=True))
        if not ids:
            raise ValidationError(_("There is nothing left to patrol."))
        marked = mark_patrolled(
            Change.objects.filter(pk__in=ids), actor=request.actor, permission=_permission(request)
        )
        if not marked:
            raise ValidationError(_("Nobody patrols what they wrote themselves."))
        return {"patrolled": ids}
    ids = sorted(changes.values_list("pk", flat=True))
    try:
        done = roll_back(
            object_type=case.target_type,
            object_id=case.target_id,
            through=request.params.get("through") or 0,
            actor=request.actor,
            summary=request.reason,
            permission=_permission(request),
        )
    except StaleVersionError:
        raise ValidationError(_("Somebody wrote there since you looked: look again.")) from None
    except EditConflictError:
        raise ValidationError(_("Something else stands in its way: revert it by hand.")) from None
    rolled_back = Change.objects.filter(pk__in=ids, patrolled_at__isnull=False)
    return {
        "patrolled": sorted(rolled_back.values_list("pk", flat=True)),
        **({"author_id": done.author_id} if done.author_id else {"author": done.author_label}),
        "count": done.count,
        "to": done.to,
    }


def _permission(request: Request) -> str:
    """What is asked for: who reviews a section decides its cases, and patrols nowhere else."""
    return PATROL_CHANGE if may(request.actor, PATROL_CHANGE) else REVIEW


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """The edits wait again; what was rolled back is brought back."""
    details = decision.details
    changed: list[tuple[str, int]] = []
    if taken := from_json(details.get("revisions", ())):
        summary = request.reason or _("Rollback taken back")
        changed = take_back(taken, Authorship(actor=request.actor, summary=summary[:500]))
    marked = Change.objects.filter(pk__in=details["patrolled"], patrolled_by=decision.actor)
    marked.update(patrolled_by=None, patrolled_at=None)
    return {"changed": changed}


def settled(case: Case) -> str:
    """Why nothing waits any more; "" where something does."""
    return "" if is_waiting(case) else _("Everything in it is patrolled, or was taken back.")


def foresee(case: Case, view: CaseView, action: str, params: Mapping[str, Any]) -> str:
    """What a decision would do, in a sentence."""
    evidence: EditEvidence | None = view.context.get("evidence")
    if evidence is None:
        raise ValidationError(_("There is nothing left to patrol."))
    if action == PATROL:
        return _say_patrolled(len(evidence.waiting))
    if evidence.rollback is None:
        raise ValidationError(_("Nobody else wrote there: there is nothing to go back to."))
    rollback = evidence.rollback
    return _say_rolled_back(rollback.count, rollback.author_label, rollback.to)


def describe(decision: Decision) -> str:
    """What a decision did, in a sentence."""
    details = decision.details
    if decision.action == ROLLBACK:
        return _say_rolled_back(details["count"], decision.name_of("author"), details["to"])
    return _say_patrolled(len(details.get("patrolled", ())))


def _say_patrolled(count: int) -> str:
    text = ngettext("%(count)d change is patrolled.", "%(count)d changes are patrolled.", count)
    return text % {"count": count}


def _say_rolled_back(count: int, author: str, number: int) -> str:
    text = ngettext(
        "%(count)d change by %(author)s is taken back, to revision %(number)d.",
        "%(count)d changes by %(author)s are taken back, to revision %(number)d.",
        count,
    )
    return text % {"count": count, "author": author, "number": number}
