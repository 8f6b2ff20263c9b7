"""What a moderator types about a link."""

from django import forms
from django.utils.translation import gettext_lazy as _

from markup.urls import MAX_URL_LENGTH
from moderation.forms import DecisionForm

MAX_DAYS = 3650


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

    days = forms.IntegerField(
        label=_("Works for me, for so many days"),
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        help_text=_("Empty: until someone decides otherwise."),
    )
