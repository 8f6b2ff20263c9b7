"""Suggestions for improvement: what readers missed, as cases of the review queue."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.limits import count
from accounts.permissions import refuse_blocked
from changes.leading import hold_end, made_on, move
from changes.objects import find_refs, get_tracked
from feedback.models import Suggestion
from feedback.voting import find_voted_on
from moderation.cases import open_case, resolve
from moderation.models import Case

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

KIND: Final = "suggestion"
MAX_TEXT: Final = 1000


@transaction.atomic
def suggest(*, object_type: str, object_id: int, text: str, by: User | AnonymousUser) -> Suggestion:
    """Tell who reviews an object what is missing there; all about one object are one case.

    Raises PermissionDenied (BlockedError), LimitReachedError, or ValidationError by field.
    """
    refuse_blocked(by)
    text = _clean(text)
    if find_voted_on(object_type, object_id) is None:
        raise ValidationError(_("There is nothing to be seen there any more."))
    count("report", actor=by)
    end = hold_end(object_type, object_id)
    case = _open(object_type, end)
    made = Suggestion.objects.create(
        object_type=object_type,
        object_id=end,
        author=by if by.is_authenticated else None,
        text=text,
    )
    describe_case(case)
    return made


def settle_suggestions(object_type: str, homes: Collection[int], at: int) -> None:
    """Have suggestions follow what they were made on, and their cases with them.

    As :func:`changes.leading.attach` wants it.
    """
    rows = Suggestion.objects.filter(object_type=object_type)
    concerned = rows.filter(made_on(homes))
    places = {at, *homes, *concerned.values_list("object_id", flat=True).distinct()}
    cases = Case.objects.filter(kind=KIND, target_type=object_type, target_id__in=places)
    if not concerned.exists():
        return
    list(cases.select_for_update().order_by("pk").values_list("pk"))  # as by a decision: first
    move(rows, homes, at)
    for place in sorted(places):
        settle_case(object_type, place)


def settle_case(object_type: str, object_id: int) -> None:
    """Open the case about an object where suggestions wait, and close it where none does.

    Who saw it before has to look again: others may have come.
    """
    cases = Case.objects.filter(kind=KIND, target_type=object_type, target_id=object_id)
    if Suggestion.objects.open().about(object_type, object_id).exists():
        case = _open(object_type, object_id)
        case.version += 1
        case.save(update_fields=["version"])
        describe_case(case)
        return
    with override(settings.LANGUAGE_CODE):
        resolve(cases, note=_("What was suggested stands elsewhere now, or was looked at."))


def _open(object_type: str, object_id: int) -> Case:
    """The case about an object, open and locked."""
    ref = find_refs([(object_type, object_id)]).get((object_type, object_id))
    opened = open_case(
        kind=KIND,
        target_type=object_type,
        target_id=object_id,
        title=ref.title if ref else "",
        reason="",
        section_id=_section_of(object_type, object_id),
    )
    return Case.objects.select_for_update().get(pk=opened.pk)


def describe_case(case: Case) -> None:
    """Say in a case, which the caller holds, how many suggestions wait."""
    waiting = Suggestion.objects.open().about(case.target_type, case.target_id).count()
    with override(settings.LANGUAGE_CODE):
        text = ngettext("%(n)d suggestion", "%(n)d suggestions", waiting)
        case.reason = text % {"n": waiting}
    case.save(update_fields=["reason"])


def _clean(text: str) -> str:
    text = text.replace("\0", "").strip()
    if not text:
        raise ValidationError({"text": _("Say what is missing.")})
    if len(text) > MAX_TEXT:
        raise ValidationError({"text": _("At most %(max)d characters.") % {"max": MAX_TEXT}})
    return text


def _section_of(object_type: str, object_id: int) -> int | None:
    """Its section's reviewers see it too."""
    tracked = get_tracked(object_type)
    model: Any = tracked.model
    obj = model._base_manager.filter(pk=object_id).first()
    return tracked.place_of(obj).section_id if obj is not None and tracked.place_of else None
