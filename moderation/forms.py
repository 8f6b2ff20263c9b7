"""What a moderator types when deciding."""

from django import forms
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
