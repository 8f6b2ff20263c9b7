"""What each standing is called and allows, in the log, in notifications and on people's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, NEWCOMERS, TRUSTED
from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel
from changes.notifying import NotificationSubject, notify

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.log_models import Decision

CHANGED: Final = "standing_changed"

NAMES: Final = {
    NEWCOMERS: gettext_lazy("newcomer"),
    CONTRIBUTORS: gettext_lazy("contributor"),
    EDITORS: gettext_lazy("editor"),
    TRUSTED: gettext_lazy("trusted contributor"),
    MODERATORS: gettext_lazy("moderator"),
}
ABILITIES: Final = {
    NEWCOMERS: gettext_lazy("What you write waits until a moderator has looked at it."),
    CONTRIBUTORS: gettext_lazy(
        "What you write is published at once, wherever nothing is protected."
    ),
    EDITORS: gettext_lazy(
        "You also rename pages, add sections, and write on what is protected for trusted people."
    ),
    TRUSTED: gettext_lazy(
        "Nobody needs to check your edits. You patrol those of others, rename pages, and write on"
        " what is protected for trusted people."
    ),
    MODERATORS: gettext_lazy("You decide what waits for review, protect pages and block accounts."),
}


def register_words() -> None:
    """Make the notification known."""
    register_kind(
        NotificationKind(
            name=CHANGED,
            label=gettext_lazy("My standing changes: what I may do by myself"),
            sentence=gettext_lazy("%(news)s %(abilities)s"),
            word=_put_into_words,
            usual=Channel.SITE,
        )
    )


def name_of(standing: str) -> str:
    """What a standing is called; its bare name where nobody named it."""
    return str(NAMES.get(standing, standing))


def describe(decision: Decision) -> str:
    """From which standing to which, and by what."""
    details = decision.details
    before, after = name_of(details.get("from", "")), name_of(details.get("to", ""))
    if decision.action == "release":
        return _("The site decides about it again: %(standing)s for now.") % {"standing": after}
    if before == after:
        return _("Stays %(standing)s, until a moderator decides otherwise.") % {"standing": after}
    step = _("From %(before)s to %(after)s.") % {"before": before, "after": after}
    return f"{step} {_describe_counts(decision)}".strip()


def _describe_counts(decision: Decision) -> str:
    details = decision.details
    match decision.action:
        case "promote":
            edits = ngettext("%(n)d accepted edit", "%(n)d accepted edits", details["accepted"])
            days = ngettext("on %(n)d day.", "on %(n)d days.", details["days"])
            return f"{edits % {'n': details['accepted']}} {days % {'n': details['days']}}"
        case "demote":
            total = details["declined"] + details["recent"]
            return _("%(declined)d of the last %(total)d edits were declined or taken back.") % {
                "declined": details["declined"],
                "total": total,
            }
    return ""


def tell_person(user: User, action: str, before: str, after: str, *, by: User) -> None:
    """Tell somebody of their new standing, and what it means."""
    subject = NotificationSubject(
        object_type="user",
        object_id=user.pk,
        title=user.label,
        url=user.get_absolute_url(),
    )
    params = {"action": action, "from": before, "to": after}
    notify(recipient=user, kind=CHANGED, subject=subject, actor=by, params=params)


def _put_into_words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    after = str(params.get("to", ""))
    words = {"standing": name_of(after)}
    match params.get("action"):
        case "promote":
            news = _("Thank you for your edits: you are a %(standing)s now.") % words
        case "demote":
            news = _("Much of what you wrote lately was not kept: you are a %(standing)s now.")
            news = news % words
        case _other:
            news = _("A moderator made you a %(standing)s.") % words
    return {"news": news, "abilities": str(ABILITIES.get(after, ""))}
