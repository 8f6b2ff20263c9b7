"""What a moderator types about links that no edit may add."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from moderation.link_blocking import MAX_REASON
from moderation.link_patterns import MAX_PATTERN
from moderation.terms import FOR_GOOD, DurationField


def _reason_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        **kwargs,
    )


class BlockedLinkForm(forms.Form):
    """One more."""

    pattern = forms.CharField(
        label=_("Host, beginning of an address, or expression"),
        max_length=MAX_PATTERN,
        help_text=_(
            "spam.example with all hosts below it, example.org/shop/ with all that begins so, or"
            " /casino-[a-z]+/ anywhere in an address."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    reason = _reason_field(help_text=_("Whoever adds such a link is told; it stands in the log."))
    duration = DurationField(initial=FOR_GOOD)


class ChangeForm(forms.Form):
    """Another reason, or another end."""

    reason = _reason_field()
    duration = DurationField(is_known=True)


class ImportForm(forms.Form):
    """Many at once."""

    text = forms.CharField(
        label=_("Patterns, one a line"),
        max_length=1_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "code"}),
        help_text=_(
            "A reason may follow after “ # ”; lines that begin with # are left out. What is on the"
            " list already stays as it is."
        ),
    )
    reason = _reason_field(help_text=_("Of the lines that have none of their own."))
