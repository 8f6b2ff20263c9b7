"""The question that the public log answers, from an address and back to one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.finding import find_named
from accounts.models import User
from changes.filters import PlaceForm
from changes.objects import find_refs
from moderation.log_kinds import all_log_kinds
from moderation.log_models import DecisionQuerySet
from moderation.models import Decision

PAGE_SIZE: Final = 50
#: Words are looked for in so many decisions at once; those before them are a step further back.
SEARCHED: Final = 20_000
#: What is more is not counted.
COUNTED: Final = 1_000
_TARGET = re.compile(r"([a-z_]{1,24}):([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True)
class LogPage:
    """Some decisions, newest first, and the ``before`` of the next ones (None: these are the last).

    ``is_cut`` where words were looked for only in part of the log, and ``next_before`` goes on.
    """

    decisions: list[Decision]
    next_before: int | None
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """Which decisions are asked for; ``before`` (an id) continues a list, it is no filter.

    What a private one is about is told to nobody who does not see private ones.
    """

    kind: str = ""
    action: str = ""
    words: str = ""
    moderator: User | None = None
    target: tuple[str, int] | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None
    sees_private: bool = False
    given: Mapping[str, str] = field(default_factory=dict)  # as the address had it

    def find(self) -> DecisionQuerySet:
        """The decisions, newest first."""
        found = self._chosen()
        if (self.target or self.words) and not self.sees_private:
            found = found.public()
        if self.words:
            found = found.with_words(self.words)
            if self._floor is not None:
                found = found.filter(pk__gt=self._floor)
        return found

    def find_page(self) -> LogPage:
        """The decisions of one page."""
        rows = list(self.find().select_related("actor", "case")[: PAGE_SIZE + 1])
        if len(rows) > PAGE_SIZE:
            return LogPage(rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].pk, is_cut=False)
        cut = self._floor if self.words else None
        return LogPage(rows, None if cut is None else cut + 1, is_cut=cut is not None)

    def count(self) -> int:
        """How many there are, and of more than ``COUNTED`` only that there are more."""
        return self.find().order_by()[: COUNTED + 1].count()

    def query_string(self) -> str:
        """``?…``, the same for the same question; empty without filters."""
        params = {name: value for name, value in self.given.items() if value}
        return f"?{urlencode(params)}" if params else ""

    def find_target_title(self) -> str:
        """What the target asked for is called today, "" where readers see none."""
        if self.target is None:
            return ""
        ref = find_refs([self.target]).get(self.target)
        return ref.title if ref and ref.is_public else ""

    def _chosen(self) -> DecisionQuerySet:
        """What an index finds: everything but the words."""
        conditions: dict[str, Any] = {
            "kind": self.kind or None,
            "action": self.action or None,
            "actor": self.moderator,
            "id__lt": self.before,
            **_days(self.since, self.until),
        }
        found = Decision.objects.filter(**{k: v for k, v in conditions.items() if v is not None})
        return found.about(*self.target) if self.target else found

    @cached_property
    def _floor(self) -> int | None:
        """The id of the newest decision in which words are not looked for any more."""
        ids = self._chosen().values_list("pk", flat=True)[SEARCHED : SEARCHED + 1]
        return next(iter(ids), None)


class LogFilterForm(PlaceForm):
    """About what, by whom and when; both days are part of the answer."""

    words = forms.CharField(
        label=gettext_lazy("Words"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "dir": "auto", "autocomplete": "off"}),
    )
    kind = forms.CharField(
        label=gettext_lazy("About"), required=False, max_length=24, widget=forms.Select
    )
    action = forms.CharField(
        label=gettext_lazy("Decision"), required=False, max_length=24, widget=forms.Select
    )
    moderator = forms.CharField(
        label=gettext_lazy("Moderator"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
    )
    target = forms.CharField(
        label=gettext_lazy("Target"),
        required=False,
        max_length=43,
        widget=forms.TextInput(
            attrs={"placeholder": "page:12", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        kinds = all_log_kinds()
        actions = {name: label for kind in kinds for name, label in kind.actions.items()}
        choices = {
            "kind": [("", _("anything")), *((kind.kind, kind.label) for kind in kinds)],
            "action": [("", _("any")), *actions.items()],
        }
        for name, options in choices.items():
            self.fields[name].widget.choices = options

    def clean_moderator(self) -> User | None:
        return find_named(self.cleaned_data["moderator"])

    def clean_target(self) -> tuple[str, int] | None:
        value = self.cleaned_data["target"]
        if not value:
            return None
        match = _TARGET.fullmatch(value)
        if match is None:
            raise ValidationError(_("“target” is a type and a number, as in page:12."))
        return match[1], int(match[2])

    def query(self, *, sees_private: bool) -> LogQuery:
        """The question; the form must be valid."""
        names = [name for name in self.fields if name != "before"]
        given = {name: str(self.data.get(name, "")).strip() for name in names}
        return LogQuery(**self.cleaned_data, sees_private=sees_private, given=given)

    def without_page(self) -> LogFilterForm:
        """The form to show: a new choice of filters begins at the newest decision."""
        return LogFilterForm({k: v for k, v in self.data.items() if k != "before"})


def _days(since: date | None, until: date | None) -> dict[str, datetime]:
    days = {}
    if since:
        days["at__gte"] = timezone.make_aware(datetime.combine(since, time.min))
    if until and until < date.max:
        days["at__lt"] = timezone.make_aware(datetime.combine(until + timedelta(days=1), time.min))
    return days
