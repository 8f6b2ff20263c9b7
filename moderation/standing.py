"""The standing of people: reviewed by the site after each edit that counts, or set by hand.

Each step stands in the public log, and the person is told what it means for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Block, User
from accounts.permissions import may, require
from accounts.roles import CONTRIBUTORS, EDITORS, GROUPS, MODERATORS, NEWCOMERS
from changes.cleaning import clean_reason
from changes.recording import NothingChangedError
from moderation.forms import MAX_REASON
from moderation.log import log_decision
from moderation.reviewer_models import SectionReviewer
from moderation.standing_models import HeldStanding
from moderation.standing_words import tell_person
from moderation.track_record import STANDING, find_record, read_rules
from moderation.trust import ABOVE, BELOW, Record, Verdict, judge

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from moderation.handlers import Request
    from moderation.log_models import Decision

SET: Final = "moderation.set_standing"
APPOINT: Final = "moderation.appoint_moderators"


def find_standing(user: User) -> str:
    """The highest of somebody's groups; who is in none of them is a newcomer."""
    names = {group.name for group in user.groups.all()}
    return next((name for name in reversed(GROUPS) if name in names), NEWCOMERS)


def find_exemption(user: User, standing: str) -> str:
    """Why the site leaves somebody's standing alone, in words; "" where it does not."""
    if user.is_bot or not user.is_active:
        return _("The account is closed, or that of a program.")
    if user.is_superuser or user.is_staff or standing in (EDITORS, MODERATORS):
        return _("Editors, moderators and administrators are named by people.")
    if HeldStanding.objects.filter(user=user).exists():
        return _("A moderator set it by hand.")
    if Block.objects.standing().filter(user=user).exists():
        return _("The account is blocked.")
    return ""


@transaction.atomic
def review_standing(*, user_id: int) -> Decision | None:
    """Move somebody a step up or down if their edits say so; the decision, None where none is due.

    In the name of the site's bot. Safe to run twice, and by several workers at once.
    """
    if not settings.TRUST_AUTOMATIC:
        return None
    user = User.objects.select_for_update(of=("self",)).filter(pk=user_id).first()
    if user is None:
        return None
    standing = find_standing(user)
    if find_exemption(user, standing):
        return None
    record = find_record(user)
    match judge(standing, record, read_rules()):
        case Verdict.UP:
            return _step(user, standing, ABOVE[standing], "promote", record)
        case Verdict.DOWN if not SectionReviewer.objects.filter(user=user).exists():
            return _step(user, standing, BELOW[standing], "demote", record)
    return None


def _step(user: User, before: str, after: str, action: str, record: Record) -> Decision:
    _put(user, after)
    counts = {
        "accepted": record.accepted,
        "days": record.days,
        "declined": record.declined,
        "recent": record.recent,
    }
    return _log(user, action, before, after, by=User.objects.get_bot(), counts=counts)


@transaction.atomic
def set_standing(*, user: User, standing: str, reason: str, by: User) -> Decision:
    """Set somebody's standing by hand; the site leaves it alone until :func:`release_standing`.

    Setting it to what it is holds it. Moderators set that of people who are none, and up to
    trusted; administrators any. Raises PermissionDenied, NothingChangedError where it is held so
    already, or ValidationError by field.
    """
    held = _hold(user)
    before = find_standing(held)
    require_set(held, by, before, standing)
    if standing not in GROUPS:
        raise ValidationError({"standing": _("This is not a standing.")})
    reason = _clean_reason(reason)
    if before == standing and HeldStanding.objects.filter(user=held).exists():
        raise NothingChangedError
    _put(held, standing)
    _keep(held, reason, by)
    return _log(held, "set", before, standing, by=by, reason=reason)


@transaction.atomic
def release_standing(*, user: User, reason: str, by: User) -> Decision:
    """Let the site decide about somebody's standing again; the count begins anew.

    Raises PermissionDenied, NothingChangedError where nobody holds it, or ValidationError.
    """
    held = _hold(user)
    standing = find_standing(held)
    require_set(held, by, standing)
    reason = _clean_reason(reason)
    if not HeldStanding.objects.filter(user=held).delete()[0]:
        raise NothingChangedError
    return _log(held, "release", standing, standing, by=by, reason=reason)


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """Put back the standing from before a decision, and keep it: the site would decide so again.

    Raises ValidationError where it is another one since.
    """
    user = User.objects.select_for_update(of=("self",)).filter(pk=decision.target_id or 0).first()
    before, after = decision.details["from"], decision.details["to"]
    if user is None or find_standing(user) != after:
        raise ValidationError(_("Their standing is another one since."))
    require_set(user, request.actor, after, before)
    _put(user, before)
    reason = request.reason or _("A step was taken back.")
    _keep(user, reason, request.actor)
    tell_person(user, "set", after, before, by=request.actor)
    return {"from": after, "to": before}


def may_set(by: User | AnonymousUser, user: User) -> bool:
    """Whether ``by`` may set the standing of ``user`` at all; pages offer it then."""
    return _why_not_set(by, user, [find_standing(user)]) == ""


def require_set(user: User, by: User, *standings: str) -> None:
    """Raise PermissionDenied unless ``by`` may move ``user`` between those standings."""
    require(by, SET)
    why_not = _why_not_set(by, user, standings)
    if why_not:
        raise PermissionDenied(why_not)


def _why_not_set(by: User | AnonymousUser, user: User, standings: Any) -> str:
    if not may(by, SET):
        return _("Your account may not do this.")
    if user == by:
        return _("Nobody sets their own standing.")
    if user.is_bot:
        return _("This is the account in whose name the site itself acts.")
    if (user.is_superuser or MODERATORS in standings) and not may(by, APPOINT):
        return _("Only an administrator makes moderators, or sets their standing.")
    return ""


def _hold(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).get(pk=user.pk)


def _put(user: User, standing: str) -> None:
    """Make somebody a member of the groups of a standing, and of no other rung's."""
    wanted = {NEWCOMERS} if standing == NEWCOMERS else {CONTRIBUTORS, standing}
    groups = {group.name: group for group in Group.objects.filter(name__in=GROUPS)}
    user.groups.remove(*(group for name, group in groups.items() if name not in wanted))
    user.groups.add(*(groups[name] for name in wanted))


def _keep(user: User, reason: str, by: User) -> None:
    HeldStanding.objects.update_or_create(user=user, defaults={"reason": reason, "held_by": by})


def _clean_reason(reason: str) -> str:
    return clean_reason(reason, max_length=MAX_REASON, unsaid=_("Say why: everyone can read it."))


def _log(
    user: User,
    action: str,
    before: str,
    after: str,
    *,
    by: User,
    reason: str = "",
    counts: dict[str, int] | None = None,
) -> Decision:
    decision = log_decision(
        kind=STANDING,
        target_type="user",
        target_id=user.pk,
        title=user.label,
        action=action,
        actor=by,
        reason=reason,
        details={"from": before, "to": after, **(counts or {})},
        permission=SET,
    )
    if before != after:
        tell_person(user, action, before, after, by=by)
    return decision
