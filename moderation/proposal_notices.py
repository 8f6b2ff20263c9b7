"""Telling authors what became of their proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel
from changes.notifying import NotificationSubject, notify
from moderation.proposal_models import Proposal

if TYPE_CHECKING:
    from accounts.models import User

APPROVED: Final = "proposal_approved"
AMENDED: Final = "proposal_amended"
SUPERSEDED: Final = "proposal_superseded"
DECLINED: Final = "proposal_declined"
CHANGES_REQUESTED: Final = "proposal_changes"
REOPENED: Final = "proposal_reopened"

_KINDS: Final = (
    NotificationKind(
        name=APPROVED,
        label=_("A proposal of mine is approved"),
        sentence=_("%(actor)s approved your proposal for %(title)s: it is published."),
        usual=Channel.MAIL,
    ),
    NotificationKind(
        name=AMENDED,
        label=_("A proposal of mine is approved with changes"),
        sentence=_("%(actor)s approved your proposal for %(title)s with changes: it is published."),
        usual=Channel.MAIL,
    ),
    NotificationKind(
        name=DECLINED,
        label=_("A proposal of mine is declined"),
        sentence=_("%(actor)s declined your proposal for %(title)s: %(reason)s"),
        usual=Channel.MAIL,
    ),
    NotificationKind(
        name=CHANGES_REQUESTED,
        label=_("Changes of a proposal of mine are asked for"),
        sentence=_("%(actor)s asks for changes of your proposal for %(title)s: %(reason)s"),
        usual=Channel.MAIL,
    ),
    NotificationKind(
        name=SUPERSEDED,
        label=_("A proposal of mine is not needed any more"),
        sentence=_("What you proposed for %(title)s is published already, by somebody else."),
    ),
    NotificationKind(
        name=REOPENED,
        label=_("A decision about a proposal of mine is taken back"),
        sentence=_("A decision about your proposal for %(title)s was taken back: it waits again."),
    ),
)


def register_notices() -> None:
    """Called once by ``ModerationConfig.ready``."""
    for kind in _KINDS:
        register_kind(kind)


def tell_author(proposal: Proposal, kind: str, *, actor: User, reason: str = "") -> None:
    """Tell the author of ``proposal``; nobody where there is no account."""
    if proposal.author is not None:
        params: Mapping[str, Any] = {"reason": reason} if reason else {}
        notify(
            recipient=proposal.author,
            kind=kind,
            subject=subject_of(proposal),
            actor=actor,
            params=params,
        )


def tell_approved(proposal: Proposal, *, actor: User, is_amended: bool) -> None:
    """Tell the author that what they proposed stands there now."""
    is_superseded = proposal.state == Proposal.State.SUPERSEDED
    kind = SUPERSEDED if is_superseded else AMENDED if is_amended else APPROVED
    tell_author(proposal, kind, actor=actor)


def subject_of(proposal: Proposal) -> NotificationSubject:
    """A proposal as notifications name it."""
    return NotificationSubject(
        object_type="proposal",
        object_id=proposal.pk,
        title=proposal.title,
        url=proposal.get_absolute_url(),
    )
