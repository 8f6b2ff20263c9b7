"""What moderators type when they decide about a case, or put the queue in order."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_REASON = 2000


class DecisionForm(forms.Form):
    """The reason, and the case as it was seen; each kind adds the fields of its actions."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_REASON,
        strip=True,
        help_text=_("Everyone can read it in the log of decisions."),
    )


class ClaimForm(forms.Form):
    """Whether another's claim is knowingly taken over."""

    takes_over = forms.BooleanField(required=False)


class SnoozeForm(forms.Form):
    """Until when a case is put off: for some days, or to a day."""

    days = forms.IntegerField(required=False, min_value=0, max_value=366)
    until = forms.DateField(required=False)
    text = forms.CharField(required=False, max_length=MAX_REASON)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and data.get("days") is None and not data.get("until"):
            raise forms.ValidationError(_("Say until when."))
        return data

    def moment(self) -> datetime | None:
        """When it comes back: the first minute of a day; None for at once."""
        day = self.cleaned_data.get("until")
        if day:
            return timezone.make_aware(datetime.combine(day, time.min))
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


class AssignForm(forms.Form):
    """To whom a case is given, by name; empty: to nobody in particular."""

    assignee = forms.CharField(required=False, max_length=150)
    text = forms.CharField(required=False, max_length=MAX_REASON)


class PriorityForm(forms.Form):
    """How urgent a case is, and why."""

    priority = forms.IntegerField(min_value=-100, max_value=100)
    text = forms.CharField(max_length=MAX_REASON)


class NoteForm(forms.Form):
    """What moderators tell each other."""

    text = forms.CharField(max_length=MAX_REASON, widget=forms.Textarea)
