"""Saying who reviews a section: a person or a group; each step stands in the public log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import may, require
from changes.cleaning import clean_reason
from changes.models import ObjectType
from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel
from changes.notifying import NotificationSubject, notify
from changes.objects import get_tracked
from changes.recording import NothingChangedError
from moderation.forms import MAX_REASON
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind
from moderation.reviewer_models import SectionReviewer
from moderation.scope import REVIEW

if TYPE_CHECKING:
    from moderation.log_models import Decision

KIND: Final = "reviewers"
APPOINT: Final = "moderation.appoint_reviewers"
#: Who reviews is known here: in one of the groups from the contributors up.
KNOWN: Final = "accounts.has_full_rate"


def register_reviewers() -> None:
    """Make reviewers known to the log and to notifications."""
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Reviewers of a section"),
            actions={
                "appoint": gettext_lazy("Reviewer appointed"),
                "dismiss": gettext_lazy("Reviewer dismissed"),
            },
            describe=describe,
        )
    )
    register_kind(
        NotificationKind(
            name="appointed_reviewer",
            label=gettext_lazy("I am made a reviewer of a section, or am one no longer"),
            sentence=gettext_lazy("%(actor)s: %(news)s (%(title)s)"),
            word=_put_into_words,
            usual=Channel.MAIL,
        )
    )


def _put_into_words(params: Any) -> dict[str, str]:
    if params.get("action") == "appoint":
        return {"news": _("You review this section now: you decide what waits there.")}
    return {"news": _("You do not review this section any more.")}


@transaction.atomic
def appoint_reviewer(
    *, section_id: int, reviewer: User | Group, reason: str, by: User
) -> SectionReviewer:
    """Have a person, or all of a group, decide the cases of a section and of those inside it.

    Raises PermissionDenied, NothingChangedError where they do already, or ValidationError by field:
    a person has to be known here.
    """
    require(by, APPOINT)
    section = _hold_section(section_id)
    reason = _clean_reason(reason)
    if isinstance(reviewer, User) and not _may_be_reviewer(reviewer):
        message = _("%(name)s is not known well enough here: only contributors review.")
        raise ValidationError({"reviewer": message % {"name": reviewer.label}})
    made, is_new = SectionReviewer.objects.get_or_create(
        section_id=section_id, **_as_column(reviewer), defaults={"made_by": by}
    )
    if not is_new:
        raise NothingChangedError
    _permissions_of(reviewer).add(_permission())
    _tell("appoint", section, reviewer, reason, by)
    return made


@transaction.atomic
def dismiss_reviewer(*, reviewer_id: int, reason: str, by: User) -> None:
    """End it; their decisions stand. Raises PermissionDenied, ``DoesNotExist``, ValidationError."""
    require(by, APPOINT)
    row = SectionReviewer.objects.select_for_update(of=("self",)).get(pk=reviewer_id)
    section, reason = _hold_section(row.section_id), _clean_reason(reason)
    reviewer = row.user or row.group
    assert reviewer is not None
    row.delete()
    if not SectionReviewer.objects.filter(**_as_column(reviewer)).exists():
        _permissions_of(reviewer).remove(_permission())
    _tell("dismiss", section, reviewer, reason, by)


def describe(decision: Decision) -> str:
    """Whom it is about."""
    name = decision.name_of("reviewer")
    if decision.details.get("is_group"):
        return _("Everybody in the group %(name)s.") % {"name": name}
    return name


def _may_be_reviewer(user: User) -> bool:
    return user.is_active and not user.is_bot and may(user, KNOWN)


def _hold_section(section_id: int) -> Any:
    """The section, locked: appointing and dismissing come one after the other."""
    model: Any = get_tracked(ObjectType.SECTION).model
    return model.objects.select_for_update(of=("self",)).get(pk=section_id)


def _as_column(reviewer: User | Group) -> dict[str, Any]:
    return {"user": reviewer} if isinstance(reviewer, User) else {"group": reviewer}


def _permissions_of(reviewer: User | Group) -> Any:
    return reviewer.user_permissions if isinstance(reviewer, User) else reviewer.permissions


def _permission() -> Permission:
    app_label, codename = REVIEW.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def _clean_reason(reason: str) -> str:
    return clean_reason(reason, max_length=MAX_REASON, unsaid=_("Say why: everyone can read it."))


def _tell(action: str, section: Any, reviewer: User | Group, reason: str, by: User) -> None:
    whom: dict[str, Any] = {"is_group": isinstance(reviewer, Group)}
    if isinstance(reviewer, Group):
        whom["reviewer"] = reviewer.name
    else:
        whom["reviewer_id"] = reviewer.pk
    log_decision(
        kind=KIND,
        target_type=ObjectType.SECTION,
        target_id=section.pk,
        title=str(section),
        action=action,
        actor=by,
        reason=reason,
        details=whom,
        permission=APPOINT,
    )
    if isinstance(reviewer, User):
        url = reverse("moderation:case_list") if action == "appoint" else section.get_absolute_url()
        subject = NotificationSubject(
            object_type=ObjectType.SECTION, object_id=section.pk, title=str(section), url=url
        )
        params = {"action": action}
        notify(
            recipient=reviewer, kind="appointed_reviewer", subject=subject, actor=by, params=params
        )
