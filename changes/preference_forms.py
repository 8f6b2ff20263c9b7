"""The form of how one wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy

from accounts.mail import find_mail_language
from accounts.models import User
from accounts.permissions import may
from changes.mail_models import Preferences
from changes.notification_kinds import kinds_for
from changes.notification_models import Channel, Rhythm
from changes.preferring import Wishes, find_channels

_CHANNELS = [
    (Channel.SITE, gettext_lazy("on this site")),
    (Channel.MAIL, gettext_lazy("on this site and by e-mail, at once")),
    (Channel.DIGEST, gettext_lazy("on this site and in a summary by e-mail")),
    (Channel.OFF, gettext_lazy("not at all")),
]
#: Who decides cases, of all sections or of some; both belong to an upper app.
DECIDING: Final = ("moderation.decide_case", "moderation.review_sections")


@cache
def _zones() -> list[tuple[str, str]]:
    """Names that people look for: places, and UTC. Read from hundreds of files, and so but once."""
    places = {name for name in available_timezones() if "/" in name and _is_place(name)}
    return [(name, name.replace("_", " ")) for name in ["UTC", *sorted(places)]]


def _is_place(name: str) -> bool:
    return name.partition("/")[0] not in ("Etc", "SystemV", "posix", "right")


class PreferenceForm(forms.Form):
    """A field ``kind_<name>`` for each kind of notification, and how mails come."""

    mails_nothing = forms.BooleanField(
        label=gettext_lazy("Send me no such mail at all"),
        required=False,
        help_text=gettext_lazy("Whatever is chosen below. Mails about your password still come."),
    )
    summary_rhythm = forms.ChoiceField(
        label=gettext_lazy("Summary by e-mail"),
        choices=Rhythm.choices,
        help_text=gettext_lazy("In the morning at eight; the weekly one on Monday."),
    )
    review_rhythm = forms.ChoiceField(
        label=gettext_lazy("Digest of the review queue"),
        choices=Rhythm.choices,
        required=False,
        help_text=gettext_lazy("What waits and what was decided; none where nothing did."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lazy(_zones, list),
        widget=forms.Select(attrs={"data-time-zone": ""}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of mails"), choices=settings.LANGUAGES
    )

    watches_edits = forms.BooleanField(label=gettext_lazy("Watch whatever I edit"), required=False)

    def __init__(self, data: Any, *, user: User) -> None:
        saved = Preferences.of(user)
        names = ("mails_nothing", "summary_rhythm", "review_rhythm", "time_zone", "watches_edits")
        initial = {name: getattr(saved, name) for name in names}
        initial["language"] = find_mail_language(user)
        super().__init__(data, initial=initial, label_suffix="")
        self.channel_names: list[str] = []
        channels = find_channels(user)
        for kind in kinds_for(user):
            name = f"kind_{kind.name}"
            self.channel_names.append(name)
            self.fields[name] = forms.ChoiceField(
                label=kind.label, choices=_CHANNELS, initial=channels[kind.name], required=False
            )
        if not any(may(user, permission) for permission in DECIDING):
            del self.fields["review_rhythm"]
        if saved.time_zone != "UTC" or not saved._state.adding:
            self.fields["time_zone"].widget.attrs.pop("data-time-zone")
        self._saved = saved

    @property
    def channel_fields(self) -> Sequence[forms.BoundField]:
        """How one hears of each kind."""
        return [self[name] for name in self.channel_names]

    @property
    def mail_fields(self) -> Sequence[forms.BoundField]:
        """How mails come."""
        others = {*self.channel_names, "watches_edits"}
        return [self[name] for name in self.fields if name not in others]

    def channels(self) -> dict[str, str]:
        """What was chosen, by kind; a kind that the form did not have is left as it was."""
        data = self.cleaned_data
        return {name.removeprefix("kind_"): data[name] for name in self.channel_names if data[name]}

    def wishes(self) -> Wishes:
        """What was chosen besides."""
        data = self.cleaned_data
        return Wishes(
            mails_nothing=data["mails_nothing"],
            summary_rhythm=data["summary_rhythm"],
            review_rhythm=data.get("review_rhythm") or self._saved.review_rhythm,
            time_zone=data["time_zone"],
            watches_edits=data["watches_edits"],
        )
