"""What recent changes and notifications hold of a person: handed out to them, and erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.erasing import Erasure, keep_personal_data
from changes.drafts import is_withheld
from changes.feed_token_models import FeedToken
from changes.mail_models import Mail, Preferences
from changes.models import Change, Draft, ObjectType, Source
from changes.notification_kinds import find_kind
from changes.notification_models import Notification, NotificationChoice
from changes.objects import get_tracked
from changes.people import USER
from changes.watch_models import Watch

if TYPE_CHECKING:
    from accounts.models import User

_PREFERENCES = ("mails_nothing", "summary_rhythm", "review_rhythm", "time_zone", "watches_edits")


def register_personal_data() -> None:
    """Called once by ``ChangesConfig.ready``."""
    keep_personal_data(erase=erase, export=export)


def export(user: User) -> Mapping[str, Any]:
    """Their contributions as everybody may see them, and what they were told."""
    changes = [
        {
            "at": change.at,
            "kind": change.kind,
            "object": f"{change.object_type}:{change.object_id}",
            "title": change.object_title,
            "revision": change.version_after,
            "summary": change.summary,
            "is_minor": change.is_minor,
        }
        for change in Change.objects.by(user).order_by("pk").iterator()
    ]
    notifications = [
        {"at": one.at, "url": one.url, "read_at": one.read_at, "sentence": _tell(one)}
        for one in Notification.objects.of(user).iterator()
    ]
    choices = NotificationChoice.objects.filter(user=user).order_by("kind")
    preferences = Preferences.objects.filter(user=user)
    watched = Watch.objects.of(user)
    mails = Mail.objects.filter(recipient=user).order_by("pk")
    return {
        "changes": changes,
        "notifications": notifications,
        "notification_choices": list(choices.values("kind", "channel")),
        "preferences": list(preferences.values(*_PREFERENCES)),
        "watched": list(watched.values("object_type", "object_id", "made_at")),
        "drafts": [
            {
                "object": f"{draft.object_type}:{draft.object_id}",
                "place": draft.place,
                "saved_at": draft.saved_at,
                "fields": {} if is_withheld(draft) else draft.fields,
            }
            for draft in Draft.objects.filter(user=user).order_by("pk")
        ],
        "mails": list(mails.values("made_at", "sort", "state", "ended_at")),
    }


def _tell(notification: Notification) -> str:
    return str(find_kind(notification.kind).tell(notification))


def erase(erasure: Erasure) -> None:
    """What they were told, and how, goes; sentences that the site made name the pseudonym."""
    user, name = erasure.user, erasure.name
    Notification.objects.filter(recipient=user).delete()
    for model in (Draft, NotificationChoice, Preferences, FeedToken, Watch):
        model.objects.filter(user=user).delete()
    Mail.objects.filter(recipient=user).delete()
    about = Q(object_type=USER, object_id=user.pk) | Q(actor=user)
    # Of what is none of our objects (a report), where it is called like them.
    about |= Q(object_title__iexact=name) & ~Q(object_type__in=ObjectType.values)
    erasure.reword_rows(Notification.objects.filter(about), "object_title", "url", "params")
    amended = Change.objects.filter(details__amended_by=name)
    erasure.reword_rows(amended.order_by(), "details")
    _reword_summaries(erasure)


def _reword_summaries(erasure: Erasure) -> None:
    """Those that the site makes of a revert, a rollback and an amendment name people."""
    made = Q(kind=Change.Kind.REVERTED) | Q(source=Source.PROPOSAL)
    rows = Change.objects.filter(made, summary__icontains=erasure.name).order_by()
    columns = ("pk", "object_type", "object_id", "version_after", "summary")
    for pk, object_type, object_id, version, summary in rows.values_list(*columns).iterator():
        new = erasure.reword(summary)
        if new == summary:
            continue
        Change.objects.filter(pk=pk).update(summary=new)
        model: Any = get_tracked(object_type).model
        revision = model.history.filter(id=object_id, version=version)
        revision.update(history_change_reason=new)
