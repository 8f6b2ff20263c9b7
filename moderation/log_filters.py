"""The question that the public log answers, as a form and as an address (``GET``)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.log_models import DecisionQuerySet
from moderation.models import Decision

_TARGET = re.compile(r"([a-z_]{1,24}):([0-9]{1,18})", re.ASCII)


class LogFilterForm(forms.Form):
    """About what, by whom and when; both days are part of the answer."""

    kind = forms.CharField(required=False, max_length=24)
    action = forms.CharField(required=False, max_length=24)
    moderator = forms.CharField(required=False, max_length=150)
    target = forms.CharField(required=False, max_length=43)
    since = forms.DateField(label=gettext_lazy("From"), required=False)
    until = forms.DateField(label=gettext_lazy("To"), required=False)

    def clean_target(self) -> tuple[str, int] | None:
        value = self.cleaned_data["target"]
        if not value:
            return None
        match = _TARGET.fullmatch(value)
        if match is None:
            raise ValidationError(_("“target” is a type and a number, as in page:12."))
        return match[1], int(match[2])

    def find(self, *, sees_private: bool) -> DecisionQuerySet:
        """The decisions, newest first. What a private one is about is told to nobody else."""
        chosen = self.cleaned_data
        found = Decision.objects.all()
        for name, lookup in (("kind", "kind"), ("action", "action")):
            if chosen[name]:
                found = found.filter(**{lookup: chosen[name]})
        if chosen["moderator"]:
            found = found.filter(actor__username__iexact=chosen["moderator"])
        if chosen["target"]:
            found = found.about(*chosen["target"])
            if not sees_private:
                found = found.exclude(details__has_key="is_private")
        return found.filter(**_days(chosen["since"], chosen["until"]))


def _days(since: date | None, until: date | None) -> dict[str, datetime]:
    days = {}
    if since:
        days["at__gte"] = timezone.make_aware(datetime.combine(since, time.min))
    if until and until < date.max:
        days["at__lt"] = timezone.make_aware(datetime.combine(until + timedelta(days=1), time.min))
    return days
