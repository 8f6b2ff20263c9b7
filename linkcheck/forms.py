"""What a moderator types about a link."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from changes.forms import is_id
from linkcheck.verdicts import Override
from markup.urls import MAX_URL_LENGTH
from moderation.forms import MAX_REASON, DecisionForm

MAX_DAYS = 3650
MAX_CHOSEN = 1000


class DaysField(forms.IntegerField):
    """For how many days a moderator's word stands; empty: for good."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **kwargs,
            required=False,
            min_value=1,
            max_value=MAX_DAYS,
            help_text=_("Empty: until someone decides otherwise."),
        )


class LinkDecisionForm(DecisionForm):
    """The new address, for as long as the old one has not been replaced."""

    new_url = forms.CharField(
        label=_("New address"),
        required=False,
        max_length=MAX_URL_LENGTH,
        help_text=_("It takes the place of the old one wherever that stands."),
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "dir": "ltr"}),
    )
    field_order = ("version", "new_url", "days", "reason")


class DeadLinkForm(LinkDecisionForm):
    """Also for how long a moderator's word stands."""

    days = DaysField(label=_("Your word stands for so many days"))


class WordForm(forms.Form):
    """A moderator's word on the page of a link."""

    override = forms.TypedChoiceField(
        label=_("Your word"),
        coerce=Override,
        choices=[
            (Override.WORKS_FOR_ME.value, _("works for me")),
            (Override.IGNORE.value, _("leave it alone")),
            (Override.REALLY_DEAD.value, _("really dead")),
        ],
    )
    days = DaysField(label=_("For so many days"))
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_REASON,
        help_text=_("Everyone can read it in the log of decisions."),
    )


class IdsField(forms.Field):
    """Any number of row ids, as a row of checkboxes sends them."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        ids = [str(one) for one in value or ()]
        if len(ids) > MAX_CHOSEN or not all(map(is_id, ids)):
            raise forms.ValidationError(_("Choose from the list."))
        return [int(one) for one in ids]


class MovesForm(DecisionForm):
    """Which trivial moves are followed."""

    only = IdsField(required=False)
    field_order = ("version", "only", "reason")
