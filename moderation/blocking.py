"""Blocks as moderators decide them: each stands in the public log, and the blocked are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import blocking
from accounts.blocking import BLOCK, BlockTerms
from accounts.models import Block, User
from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel
from changes.notifying import NotificationSubject, notify
from changes.people import USER
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind

if TYPE_CHECKING:
    from moderation.log_models import Decision

KIND: Final = "block"


def register_blocks() -> None:
    """Make blocks known to the log and to notifications."""
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Block"),
            actions={
                "block": gettext_lazy("Blocked"),
                "change": gettext_lazy("Block changed"),
                "lift": gettext_lazy("Block lifted"),
            },
            describe=describe,
        )
    )
    register_kind(
        NotificationKind(
            name="account_blocked",
            label=gettext_lazy("My account is blocked, or a block of it is changed or lifted"),
            sentence=gettext_lazy("%(actor)s decided about a block of your account: %(reason)s"),
            usual=Channel.MAIL,
        )
    )


@transaction.atomic
def block(*, target: User | str, terms: BlockTerms, by: User) -> Block:
    """Block an account, or a range in CIDR; raises what :mod:`accounts.blocking` raises."""
    if isinstance(target, User):
        made = blocking.block_user(user=target, terms=terms, by=by)
    else:
        made = blocking.block_range(network=target, terms=terms, by=by)
    _tell(made, "block", made.reason, by)
    return made


@transaction.atomic
def change_block(*, block_id: int, terms: BlockTerms, by: User) -> Block:
    """Give a standing block other terms."""
    changed = blocking.change_block(block_id=block_id, terms=terms, by=by)
    _tell(changed, "change", changed.reason, by)
    return changed


@transaction.atomic
def lift_block(*, block_id: int, reason: str, by: User) -> Block:
    """End a block before its time."""
    lifted = blocking.lift_block(block_id=block_id, by=by)
    _tell(lifted, "lift", reason, by)
    return lifted


def describe(decision: Decision) -> str:
    """Until when, in words; of a lifted block nothing."""
    if decision.action == "lift":
        return ""
    until = parse_datetime(decision.details.get("until") or "")
    if until is None:
        return _("For good.")
    return _("Until %(when)s UTC.") % {"when": date_format(until, "DATETIME_FORMAT")}


def _tell(told: Block, action: str, reason: str, by: User) -> None:
    log_decision(
        kind=KIND,
        target_type=USER if told.user_id else "",
        target_id=told.user_id,
        title=told.title,
        action=action,
        actor=by,
        reason=reason,
        details={"until": told.expires_at.isoformat() if told.expires_at else ""},
        permission=BLOCK,
    )
    if told.user is not None:
        subject = NotificationSubject(
            object_type=USER,
            object_id=told.user.pk,
            title=told.user.label,
            url=reverse("moderation:decision_list") + f"?kind={KIND}",
        )
        params = {"reason": reason}
        notify(
            recipient=told.user, kind="account_blocked", subject=subject, actor=by, params=params
        )
