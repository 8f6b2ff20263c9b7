"""Cases of reports: how moderators see them, what they can decide, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from changes.comparing import FieldDiff, compare_many, find_revisions
from changes.lines import diff_url
from changes.models import Change, ObjectType
from changes.notification_kinds import NotificationKind, register_kind
from changes.notifying import NotificationSubject, notify_all
from changes.objects import ObjectRef, find_refs, get_tracked
from changes.people import USER
from changes.recording import Authorship
from changes.taking_back import Taken, from_json, take_back
from moderation.forms import DecisionForm
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision
from moderation.report_models import Report
from moderation.report_ranking import Record
from moderation.reporting import REPORT, find_records, rank_case

if TYPE_CHECKING:
    from collections.abc import Iterable

DONE: Final = "done"
REVERT: Final = "revert"
DISMISS: Final = "dismiss"
ABUSE: Final = "abuse"
DECIDED: Final = "report_decided"
MAX_COMPARED: Final = 20_000  # characters of a text whose difference stands in the queue itself
MAX_SHOWN: Final = 50  # reports of one object

_STATE_AFTER: Final = {
    DONE: Report.State.ACCEPTED,
    REVERT: Report.State.ACCEPTED,
    DISMISS: Report.State.DISMISSED,
    ABUSE: Report.State.ABUSIVE,
}
#: Where the forms stand that mend an object, below its address.
_FORMS: Final[Mapping[str, Sequence[tuple[str, Promise]]]] = {
    ObjectType.PAGE: (("edit/", gettext_lazy("Edit")), ("delete/", gettext_lazy("Delete"))),
    ObjectType.RESOURCE: (("edit/", gettext_lazy("Edit")), ("retire/", gettext_lazy("Retire"))),
    ObjectType.SECTION: (("edit/", gettext_lazy("Edit")),),
    ObjectType.PATH: (("edit/", gettext_lazy("Edit")), ("delete/", gettext_lazy("Delete"))),
}


class ReportDecisionForm(DecisionForm):
    """The newest report that was seen."""

    seen = forms.IntegerField(
        min_value=0, max_value=2**63 - 1, required=False, widget=forms.HiddenInput
    )


@dataclass(frozen=True, kw_only=True)
class ReportLine:
    """One report as moderators see it; ``record`` is None for people without an account."""

    report: Report
    record: Record | None
    change: Change | None = None
    url: str = ""  # of the revision's difference
    fields: Sequence[FieldDiff] = field(default_factory=list)


@dataclass(frozen=True)
class Act:
    """A form elsewhere in which something can be done about what was reported."""

    url: str
    label: str
    is_for_moderators: bool = False  # and not for the reviewers of a section


def register_reports() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_handler(
        CaseHandler(
            kind=REPORT,
            label=gettext_lazy("report"),
            health="suspect",
            template="moderation/_case_report.html",
            actions=(
                Action(name=DONE, label=gettext_lazy("Done about it"), key="1", is_primary=True),
                Action(name=REVERT, label=gettext_lazy("Take the revision back"), key="2"),
                Action(name=DISMISS, label=gettext_lazy("Dismiss"), key="4"),
                Action(name=ABUSE, label=gettext_lazy("Dismiss as abusive"), key="5"),
            ),
            find_views=find_views,
            apply=apply,
            describe=describe,
            form_class=ReportDecisionForm,
            declining=frozenset({DISMISS, ABUSE}),
            undo=undo,
            hides_from=is_about,
        )
    )
    register_kind(
        NotificationKind(
            name=DECIDED,
            label=gettext_lazy("What I reported was looked at"),
            sentence=gettext_lazy("Your report about %(title)s was looked at: %(outcome)s."),
            word=_word_outcome,
        )
    )


def _word_outcome(params: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = {
        Report.State.ACCEPTED: _("something was done about it"),
        Report.State.DISMISSED: _("nothing had to be done"),
        Report.State.ABUSIVE: _("it was dismissed, and counts against you"),
    }
    outcome = labels.get(params.get("state", ""), _("it was decided"))
    reason = params.get("reason")
    return {"outcome": f"{outcome} ({reason})" if reason else outcome}


def is_about(case: Case, user: User) -> bool:
    """Whether ``user`` is who was reported, and so must not learn by whom."""
    return user.pk in case.evidence.get("people", ())


# --- What is shown -------------------------------------------------------------------------------


def find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """The reports of each case with their reporters' records, revisions and differences."""
    lines = _find_lines({(case.target_type, case.target_id) for case in cases})
    refs = find_refs((case.target_type, case.target_id) for case in cases)
    return {
        case.pk: _view(
            refs.get((case.target_type, case.target_id)),
            case,
            lines.get((case.target_type, case.target_id), []),
        )
        for case in cases
    }


def _view(ref: ObjectRef | None, case: Case, lines: Sequence[ReportLine]) -> CaseView:
    waiting = [line for line in lines if line.report.state == Report.State.OPEN]
    can_revert = any(_is_reverted_by(line) for line in waiting)
    return CaseView(
        title=ref.title if ref else "",
        context={
            "ref": ref,
            "lines": waiting,
            "earlier": [line for line in lines if line.report.state != Report.State.OPEN],
            "acts": _find_acts(case, ref, waiting),
        },
        initial={"seen": max((line.report.pk for line in waiting), default=0)},
        withheld=frozenset() if can_revert else frozenset({REVERT}),
    )


def _is_reverted_by(line: ReportLine) -> bool:
    return line.change is not None and line.change.version_before is not None


def _find_acts(case: Case, ref: ObjectRef | None, lines: Sequence[ReportLine]) -> list[Act]:
    if ref is None:
        return []
    acts = [
        Act(f"{ref.url}{suffix}", str(label), is_for_moderators=suffix == "delete/")
        for suffix, label in _FORMS.get(case.target_type, ())
    ]
    names = {line.change.actor.username for line in lines if line.change and line.change.actor}
    if case.target_type == USER:
        names.add(ref.title)
    for name in sorted(names):
        block = f"{reverse('moderation:block_create')}?{urlencode({'user': name})}"
        acts.append(Act(block, _("Block %(name)s") % {"name": name}, is_for_moderators=True))
        back = reverse("moderation:mass_revert", args=[name])
        label = _("Take back what %(name)s did") % {"name": name}
        acts.append(Act(back, label, is_for_moderators=True))
    return acts


def _find_lines(keys: set[tuple[str, int]]) -> dict[tuple[str, int], list[ReportLine]]:
    """The newest reports about each object, what waits first, the newest last."""
    reports: list[Report] = []
    for target_type in sorted({target_type for target_type, _id in keys}):
        ids = [target_id for kind, target_id in keys if kind == target_type]
        found = Report.objects.filter(target_type=target_type, target_id__in=ids)
        reports += found.select_related("reporter").order_by("-pk")[: MAX_SHOWN * len(ids)]
    records = find_records({one.reporter_id for one in reports if one.reporter_id})
    changes = _find_changes(reports)
    urls = find_refs(keys)
    diffs = _find_differences(changes.values())
    lines: dict[tuple[str, int], list[ReportLine]] = {}
    for one in sorted(reports, key=lambda report: report.pk):
        key = (one.target_type, one.target_id)
        change = changes.get((*key, one.revision or 0))
        ref = urls.get(key)
        lines.setdefault(key, []).append(
            ReportLine(
                report=one,
                record=records[one.reporter_id] if one.reporter_id else None,
                change=change,
                url=diff_url(ref.url, change.version_before, change.version_after)
                if ref and change
                else "",
                fields=diffs.get(change.pk, []) if change else [],
            )
        )
    return lines


def _find_changes(reports: Sequence[Report]) -> dict[tuple[str, int, int], Change]:
    """The changes that made the revisions reported; one query for each type of object."""
    found: dict[tuple[str, int, int], Change] = {}
    for target_type in sorted({one.target_type for one in reports if one.revision}):
        own = [one for one in reports if one.target_type == target_type and one.revision]
        changes = Change.objects.select_related("actor").filter(
            object_type=target_type,
            object_id__in={one.target_id for one in own},
            version_after__in={one.revision for one in own},
        )
        for change in changes:
            found[target_type, change.object_id, change.version_after or 0] = change
    return found


def _find_differences(changes: Iterable[Change]) -> dict[int, list[FieldDiff]]:
    """What each change did, by its id, where its texts are not too long to be compared here."""
    by_type: dict[str, list[Change]] = {}
    for change in changes:
        by_type.setdefault(change.object_type, []).append(change)
    found: dict[int, list[FieldDiff]] = {}
    for object_type, own in by_type.items():
        tracked = get_tracked(object_type)
        wanted: dict[int, set[int]] = {}
        for change in own:
            numbers = {change.version_before, change.version_after}
            wanted.setdefault(change.object_id, set()).update(n for n in numbers if n)
        rows = find_revisions(tracked, wanted, max_length=MAX_COMPARED)
        shown = {
            change.pk: (
                rows.get((change.object_id, change.version_before or 0)),
                rows[change.object_id, change.version_after or 0],
            )
            for change in own
            if (change.object_id, change.version_after) in rows
            and (not change.version_before or (change.object_id, change.version_before) in rows)
        }
        diffs = compare_many(tracked, list(shown.values()))
        found |= dict(zip(shown, diffs, strict=True))
    return found


# --- What is decided -----------------------------------------------------------------------------


def apply(case: Case, request: Request) -> dict[str, Any]:
    """Decide all reports that were seen; the reporters are told."""
    if is_about(case, request.actor):
        raise PermissionDenied(_("This is about you: another moderator decides it."))
    reports = list(
        Report.objects.open()
        .about(case.target_type, case.target_id)
        .select_related("reporter")
        .select_for_update(of=("self",))
    )
    if any(one.pk > (request.params.get("seen") or 0) for one in reports):
        raise ValidationError(_("Another report came since you looked: look again."))
    changed = _revert(case, reports, request) if request.action == REVERT else []
    state = _STATE_AFTER[request.action]
    ids = [one.pk for one in reports]
    Report.objects.filter(pk__in=ids).update(state=state)
    is_private = bool(case.evidence.get("is_private"))
    _tell(case, reports, state, "" if is_private else request.reason, request.actor)
    details: dict[str, Any] = {"reports": ids, "count": len(ids), "changed": changed}
    return {**details, "is_private": True} if is_private else details


def _revert(case: Case, reports: Sequence[Report], request: Request) -> list[tuple[str, int]]:
    numbers = sorted({one.revision for one in reports if one.revision and one.revision > 1})
    if not numbers:
        raise ValidationError(_("No revision is reported that could be taken back."))
    taken = [Taken(case.target_type, case.target_id, n - 1, n) for n in numbers]
    summary = request.reason or _("Taken back after a report")
    if case.evidence.get("is_private"):
        summary = _("Taken back after a report")
    changed = take_back(taken, Authorship(actor=request.actor, summary=summary[:500]))
    if not changed:
        raise ValidationError(_("It is taken back already: decide that it is done."))
    return changed


def _tell(case: Case, reports: Sequence[Report], state: str, reason: str, actor: User) -> None:
    """Reporters hear what became of it, without what was decided about whom."""
    reporters = [one.reporter for one in reports if one.reporter is not None]
    ref = find_refs([(case.target_type, case.target_id)]).get((case.target_type, case.target_id))
    subject = NotificationSubject(
        object_type=REPORT,
        object_id=case.pk,
        title=case.title,
        url=ref.url if ref and ref.is_public else reverse("changes:notification_list"),
    )
    params = {"state": state, "reason": reason[:200]}
    notify_all(recipients=reporters, kind=DECIDED, subject=subject, actor=actor, params=params)


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """The reports wait again, and what was reverted is brought back."""
    changed: list[tuple[str, int]] = []
    if taken := from_json(decision.details.get("revisions", ())):
        summary = request.reason or _("Decision taken back")
        changed = take_back(taken, Authorship(actor=request.actor, summary=summary[:500]))
    reports = Report.objects.filter(pk__in=decision.details["reports"])
    about = Report.objects.about(decision.target_type, decision.target_id or 0)
    again = about.open().filter(reporter__isnull=False).values("reporter_id")
    reports.exclude(reporter_id__in=again).update(state=Report.State.OPEN)
    reports.filter(reporter__isnull=True).update(state=Report.State.OPEN)
    if decision.case is not None:
        rank_case(Case.objects.select_for_update().get(pk=decision.case.pk))
    details: dict[str, Any] = {"changed": changed}
    return {**details, "is_private": True} if decision.details.get("is_private") else details


def describe(decision: Decision) -> str:
    """What became of the reports, never who made them."""
    count = decision.details["count"]
    told = ngettext("%(count)d report.", "%(count)d reports.", count) % {"count": count}
    match decision.action:
        case "revert":
            return _("The revision was taken back.") + " " + told
        case "done":
            return _("Something was done about it.") + " " + told
    return _("Nothing had to be done.") + " " + told
