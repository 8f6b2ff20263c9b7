"""Cases about entries that may be one and the same: how they are shown and decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.duplicate_models import DuplicatePair
from catalog.duplicates import DUPLICATE
from catalog.editing import merge_entries
from changes.models import ObjectType
from changes.objects import ObjectRef, TrackedObject, register
from changes.recording import Authorship, NothingChangedError
from changes.taking_back import from_json, take_back
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision

MERGE: Final = "merge"
MERGE_OTHER: Final = "merge_other"
KEEP: Final = "keep"
DISMISS: Final = "dismiss"
_STATES: Final = {
    MERGE: DuplicatePair.State.MERGED,
    MERGE_OTHER: DuplicatePair.State.MERGED,
    KEEP: DuplicatePair.State.KEPT,
    DISMISS: DuplicatePair.State.DISMISSED,
}


def register_duplicates() -> None:
    """Called once by ``catalog.tracking``."""
    register(TrackedObject(object_type=DUPLICATE, find_refs=_find_refs))
    register_handler(
        CaseHandler(
            kind=DUPLICATE,
            label=gettext_lazy("duplicate"),
            health="moved",
            template="catalog/_case_duplicate.html",
            actions=(
                Action(
                    name=MERGE,
                    label=gettext_lazy("Keep the first, retire the second"),
                    key="1",
                    is_primary=True,
                ),
                Action(
                    name=MERGE_OTHER,
                    label=gettext_lazy("Keep the second, retire the first"),
                    key="2",
                ),
                Action(name=KEEP, label=gettext_lazy("Keep both for good"), key="3"),
                Action(name=DISMISS, label=gettext_lazy("Dismiss"), key="4"),
            ),
            find_views=_find_views,
            apply=_apply,
            describe=_describe,
            declining=frozenset({KEEP, DISMISS}),
            undo=_undo,
            settled=_settled,
            foresee=_foresee,
        )
    )


def _find_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    pairs = DuplicatePair.objects.filter(pk__in=ids).select_related("first", "second")
    return {
        pair.pk: ObjectRef(
            title=pair.title, url=(pair.merged_into or pair.first).get_absolute_url()
        )
        for pair in pairs.select_related("merged_into")
    }


def _find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """Both entries with where they stand and how their links are."""
    pairs = DuplicatePair.objects.select_related("first__link", "second__link").in_bulk(
        {case.target_id for case in cases}
    )
    entries = [entry for pair in pairs.values() for entry in (pair.first, pair.second)]
    prefetch_related_objects(entries, "placements__section")
    return {
        case.pk: CaseView(
            title=pairs[case.target_id].title, context={"pair": pairs[case.target_id]}
        )
        for case in cases
        if case.target_id in pairs
    }


def _hold(pair_id: int) -> DuplicatePair:
    pairs = DuplicatePair.objects.select_for_update(of=("self",))
    pair = pairs.select_related("first", "second").filter(pk=pair_id).first()
    if pair is None:
        raise ValidationError(_("One of the entries is not there any more."))
    return pair


def _apply(case: Case, request: Request) -> dict[str, Any]:
    pair = _hold(case.target_id)
    pair.versions = [pair.first.version, pair.second.version]
    pair.state = _STATES[request.action]
    details: dict[str, Any] = {"title": ""}  # how they are called is asked when it is shown
    if pair.state == DuplicatePair.State.MERGED:
        kept, gone = pair.first, pair.second
        if request.action == MERGE_OTHER:
            kept, gone = gone, kept
        summary = request.reason or _("Merged")
        try:
            merge_entries(
                kept_id=kept.pk,
                gone_id=gone.pk,
                by=Authorship(actor=request.actor, summary=summary[:500]),
            )
        except NothingChangedError:
            raise ValidationError(
                _("“%(title)s” is retired already.") % {"title": gone.title}
            ) from None
        pair.merged_into = kept
        details |= {
            "kept": [(ObjectType.RESOURCE.value, kept.pk)],
            "gone": [(ObjectType.RESOURCE.value, gone.pk)],
        }
    pair.save(update_fields=["versions", "state", "merged_into"])
    return details


def _undo(decision: Decision, request: Request) -> dict[str, Any]:
    """Both entries stand as before, and the pair waits again."""
    pair = _hold(decision.target_id or 0)
    changed: list[tuple[str, int]] = []
    if taken := from_json(decision.details.get("revisions", ())):
        summary = request.reason or _("Merging taken back")
        changed = take_back(taken, Authorship(actor=request.actor, summary=summary[:500]))
    pair.state, pair.merged_into = DuplicatePair.State.OPEN, None
    pair.save(update_fields=["state", "merged_into"])
    return {"changed": changed}


def _settled(case: Case) -> str:
    pair = DuplicatePair.objects.select_related("first", "second").filter(pk=case.target_id).first()
    if pair is None or pair.first.is_retired or pair.second.is_retired:
        return _("One of them is not on the list any more.")
    return ""


def _foresee(case: Case, view: CaseView, action: str, params: Mapping[str, Any]) -> str:
    pair: DuplicatePair | None = view.context.get("pair")
    if pair is None:
        raise ValidationError(_("One of the entries is not there any more."))
    if action == MERGE:
        return _say_merged(pair.first.title, pair.second.title)
    if action == MERGE_OTHER:
        return _say_merged(pair.second.title, pair.first.title)
    return _say_left(action)


def _describe(decision: Decision) -> str:
    kept, gone = (", ".join(decision.titles_of(name)) for name in ("kept", "gone"))
    if kept:
        return _say_merged(kept, gone)
    return _say_left(decision.action)


def _say_merged(kept: str, gone: str) -> str:
    return _("“%(gone)s” is retired in favour of “%(kept)s”, which stands wherever it stood.") % {
        "gone": gone,
        "kept": kept,
    }


def _say_left(action: str) -> str:
    if action == KEEP:
        return _("Both are kept: nobody is asked about them again.")
    return _("Dismissed: nothing was changed.")
