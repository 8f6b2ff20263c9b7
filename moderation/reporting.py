"""Reports: anybody tells moderators of what is wrong; all about one object are one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.limits import count
from accounts.permissions import refuse_blocked
from changes.models import CONTENT_TYPES, Change
from changes.objects import ObjectRef, find_refs
from changes.people import USER
from moderation.cases import open_case
from moderation.forms import MAX_REASON
from moderation.models import Case
from moderation.report_models import Report
from moderation.report_ranking import Record, Weighed, rank
from moderation.sections import find_section

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

REPORT: Final = "report"
AuthorsOf = Callable[[int], Collection[int]]
#: What can be reported; the owner of something else adds its type in ``AppConfig.ready()``.
_reportable: dict[str, AuthorsOf | None] = dict.fromkeys((*CONTENT_TYPES, USER))
#: For so long a case of nothing but broken links waits for the check that it asked for.
LOOKS_FIRST: Final = timedelta(minutes=15)
_MAX_VERSION: Final = 2**31 - 1


@dataclass(frozen=True)
class About:
    """What a report is about: an object, or with ``revision`` one of its revisions."""

    target_type: str
    target_id: int
    revision: int | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.target_type, self.target_id

    def __str__(self) -> str:
        name = f"{self.target_type}:{self.target_id}"
        return name if self.revision is None else f"{name}@{self.revision}"


def make_reportable(object_type: str, authors_of: AuthorsOf) -> None:
    """Have objects of a type reported too; it is known to :mod:`changes.objects`.

    ``authors_of(id)`` are the accounts that such a report is about: they never learn who reported.
    """
    _reportable[object_type] = authors_of


def parse_about(text: str) -> About | None:
    """What "page:12" or "page:12@7" (its revision 7) names; None for anything else."""
    name, _at, revision = text.partition("@")
    target_type, _colon, number = name.partition(":")
    if target_type not in _reportable or not _is_number(number, 18):
        return None
    if "@" not in text:
        return About(target_type, int(number))
    if target_type not in CONTENT_TYPES or not _is_number(revision, 9):
        return None
    return About(target_type, int(number), int(revision))


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits


def find_reported(about: About) -> ObjectRef | None:
    """How what is reported is called and reached; None where readers do not see it."""
    ref = find_refs([about.key]).get(about.key)
    if ref is None or not ref.is_public:
        return None
    if about.revision is not None and _find_change(about) is None:
        return None
    return ref


def _find_change(about: About) -> Change | None:
    if about.revision is None or about.revision > _MAX_VERSION:
        return None
    changes = Change.objects.of_object(about.target_type, about.target_id)
    return changes.filter(version_after=about.revision).first()


Asker = Callable[[Report], bool]
_askers: list[Asker] = []


def look_first(asker: Asker) -> None:
    """Have ``asker`` called with each report of a broken link, inside its transaction.

    It has the link checked and says whether there was one to check: the case then waits for a
    little while. Registered in ``AppConfig.ready()`` by whoever checks links.
    """
    if asker not in _askers:
        _askers.append(asker)


def may_report(actor: User | AnonymousUser) -> bool:
    """Whether ``actor`` may report at all, blocked or not."""
    return bool(actor.is_authenticated or settings.REPORTS_FROM_ANYONE)


@transaction.atomic
def report(*, about: About, reason: str, text: str, reporter: User | AnonymousUser) -> Report:
    """Tell the moderators of something; a person's report that waits is brought up to date.

    Raises PermissionDenied (BlockedError), LimitReachedError, or ValidationError by field, where
    there is no such object too.
    """
    refuse_blocked(reporter)
    if not may_report(reporter):
        raise PermissionDenied(_("Sign in to report something."))
    text = _clean(reason, text)
    ref = find_reported(about)
    if ref is None:
        raise ValidationError(_("There is nothing to be seen there any more."))
    count("report", actor=reporter)
    before = _find_case(about)
    case = _hold_case(about, ref)
    made = _write(about, reason, text, reporter if reporter.is_authenticated else None)
    asked = [ask(made) for ask in _askers] if reason == Report.Reason.BROKEN_LINK else []
    rank_case(case)
    _let_the_checker_first(case, before, is_looked_at=any(asked))
    return made


def _find_case(about: About) -> Case | None:
    target = {"target_type": about.target_type, "target_id": about.target_id}
    return Case.objects.filter(kind=REPORT, state=Case.State.OPEN, **target).first()


def _clean(reason: str, text: str) -> str:
    text = text.replace("\0", "").strip()
    if reason not in Report.Reason.values:
        raise ValidationError({"reason": _("Choose what is wrong.")})
    if reason == Report.Reason.OTHER and not text:
        raise ValidationError({"text": _("Say what is wrong.")})
    if len(text) > MAX_REASON:
        raise ValidationError({"text": _("At most %(max)d characters.") % {"max": MAX_REASON}})
    return text


def _hold_case(about: About, ref: ObjectRef) -> Case:
    """The case, open and locked before its reports: in the order of a decision."""
    opened = open_case(
        kind=REPORT,
        target_type=about.target_type,
        target_id=about.target_id,
        title=ref.title,
        reason="",
    )
    return Case.objects.select_for_update().get(pk=opened.pk)


def _write(about: About, reason: str, text: str, reporter: User | None) -> Report:
    known = None
    if reporter is not None:
        known = Report.objects.open().by(reporter).about(*about.key).select_for_update().first()
    if known is None:
        return Report.objects.create(
            target_type=about.target_type,
            target_id=about.target_id,
            revision=about.revision,
            reporter=reporter,
            reason=reason,
            text=text,
        )
    known.reason, known.revision, known.at = reason, about.revision, timezone.now()
    if text and text not in known.text:
        known.text = f"{known.text}\n\n{text}".strip()[-2 * MAX_REASON :]
    known.save(update_fields=["reason", "revision", "at", "text"])
    return known


def rank_case(case: Case) -> None:
    """Give a case, which the caller holds, the rank, reasons and people of its open reports.

    A priority that a moderator set stays. The case belongs to the section of what it is about, for
    its reviewers; where personal data was ever reported to none, for moderators alone.
    """
    about = Report.objects.about(case.target_type, case.target_id)
    reports = list(about.open())
    records = find_records({report.reporter_id for report in reports if report.reporter_id})
    weighed = [
        Weighed(one.reason, records[one.reporter_id] if one.reporter_id else None)
        for one in reports
    ]
    if not case.is_priority_set:
        case.priority = rank(weighed)
    with override(settings.LANGUAGE_CODE):
        by_reason = Counter(one.get_reason_display() for one in reports)
        case.reason = ", ".join(f"{label} ({n})" for label, n in by_reason.most_common())
    case.evidence = {
        "is_private": any(one.is_private for one in reports),
        "people": find_people(case, reports),
    }
    was_private = about.filter(reason=Report.Reason.PERSONAL_DATA).exists()
    case.section_id = None if was_private else find_section(case.target_type, case.target_id)
    case.save(update_fields=["priority", "reason", "evidence", "section_id"])


def _let_the_checker_first(case: Case, before: Case | None, *, is_looked_at: bool) -> None:
    """Nobody need look before the checker did; a report of anything else brings it back at once."""
    was_asked = before is not None and bool(before.evidence.get("is_checked_first"))
    if is_looked_at and (before is None or was_asked):
        case.snoozed_until = timezone.now() + LOOKS_FIRST
        case.evidence["is_checked_first"] = True
    elif was_asked:
        case.snoozed_until = None
    case.save(update_fields=["snoozed_until", "evidence"])


def find_people(case: Case, reports: Sequence[Report]) -> list[int]:
    """Ids of those whom reports are about: they never learn who reported."""
    if case.target_type == USER:
        return [case.target_id]
    authors_of = _reportable.get(case.target_type)
    if authors_of is not None:
        return sorted(authors_of(case.target_id))
    numbers = {one.revision for one in reports if one.revision}
    if not numbers:
        return []
    changes = Change.objects.of_object(case.target_type, case.target_id)
    authors = changes.filter(version_after__in=numbers, actor__isnull=False).order_by()
    return sorted(set(authors.values_list("actor_id", flat=True)))


def find_records(user_ids: Collection[int]) -> dict[int, Record]:
    """What became of the earlier reports of some people, by id; one query."""
    counts: dict[int, dict[str, int]] = {pk: {} for pk in user_ids}
    decided = Report.objects.filter(reporter_id__in=user_ids).exclude(state=Report.State.OPEN)
    for user_id, state in decided.order_by().values_list("reporter_id", "state"):
        if user_id is not None:
            counts[user_id][state] = counts[user_id].get(state, 0) + 1
    return {pk: _record(states) for pk, states in counts.items()}


def _record(states: Mapping[str, int]) -> Record:
    values: dict[str, Any] = {name: states.get(name, 0) for name in _STATES}
    return Record(**values)


_STATES: Final = ("accepted", "dismissed", "abusive")
