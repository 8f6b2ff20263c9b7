"""Suggestions for improvement: what readers missed, as cases of the review queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.limits import count
from accounts.permissions import refuse_blocked
from changes.objects import get_tracked
from feedback.models import Suggestion
from feedback.voting import find_voted_on
from moderation.cases import open_case
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
    ref = find_voted_on(object_type, object_id)
    if ref is None:
        raise ValidationError(_("There is nothing to be seen there any more."))
    count("report", actor=by)
    opened = open_case(
        kind=KIND,
        target_type=object_type,
        target_id=object_id,
        title=ref.title,
        reason="",
        section_id=_section_of(object_type, object_id),
    )
    case = Case.objects.select_for_update().get(pk=opened.pk)
    made = Suggestion.objects.create(
        object_type=object_type,
        object_id=object_id,
        author=by if by.is_authenticated else None,
        text=text,
    )
    describe_case(case)
    return made


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
