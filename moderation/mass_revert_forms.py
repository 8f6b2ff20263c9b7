"""What a moderator chooses before everything that somebody did is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.finding import find_named
from accounts.models import User
from changes.filters import MAX_ID
from moderation.mass_reverting import MAX_REASON
from moderation.selecting import KINDS, Selection

MAX_ACCOUNTS = 50
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S"
_NEW = timedelta(days=30)  # an account that is not older is looked at as a whole


class SelectionForm(forms.Form):
    """Whose changes, since when and of which kinds."""

    since = forms.DateTimeField(
        label=gettext_lazy("Since (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=_FORMAT),
    )
    accounts = forms.CharField(
        label=gettext_lazy("Together with these accounts"),
        required=False,
        max_length=MAX_ACCOUNTS * 42,
        help_text=gettext_lazy(
            "User names with commas between. Name all accounts of one person here: "
            "where they wrote after each other, each alone could not be told apart."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Only these kinds of changes"),
        required=False,
        choices=[(kind.value, kind.label) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means all."),
    )

    def __init__(self, profile: User, data: Any) -> None:
        super().__init__(data)
        self.profile = profile

    @staticmethod
    def initial_of(profile: User) -> dict[str, Any]:
        """All that a young account did, the last day of an older one."""
        now = timezone.now()
        is_new = now - profile.date_joined <= _NEW
        since = profile.date_joined if is_new else now - timedelta(days=1)
        return {"since": timezone.localtime(since).strftime(_FORMAT)}

    def clean_accounts(self) -> list[User]:
        names = list(dict.fromkeys(n.strip() for n in self.cleaned_data["accounts"].split(",")))
        names = [name for name in names if name]
        if len(names) > MAX_ACCOUNTS:
            message = _("At most %(max)d accounts at once.") % {"max": MAX_ACCOUNTS}
            raise ValidationError(message)
        return [user for name in names if (user := find_named(name))]

    def selection(self, up_to: int | None = None) -> Selection:
        """What was chosen; the form must be valid."""
        users = {user.pk: user for user in (self.profile, *self.cleaned_data["accounts"])}
        return Selection(
            users=list(users.values()),
            since=self.cleaned_data["since"],
            kinds=self.cleaned_data["kinds"],
            up_to=up_to,
        )

    def hidden(self) -> list[tuple[str, str]]:
        """Names and values as they were sent, for the form that confirms."""
        data: Any = self.data
        single = [(name, data.get(name, "")) for name in ("since", "accounts")]
        kinds = data.getlist("kinds") if hasattr(data, "getlist") else []
        return [*single, *(("kinds", kind) for kind in kinds)]


class ConfirmForm(forms.Form):
    """Why, and the newest change that the moderator saw."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        help_text=gettext_lazy(
            "Everyone can read it in the log and as the summary of each revision."
        ),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    up_to = forms.IntegerField(min_value=0, max_value=MAX_ID, widget=forms.HiddenInput)
