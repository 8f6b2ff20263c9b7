"""What readers say about something: whether it helped, and what is missing."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from accounts.traps import TrappedForm
from feedback.suggesting import MAX_TEXT

YES, NO = "yes", "no"


class FeedbackForm(TrappedForm):
    """A vote and, if they like, a suggestion; with traps for programs where anybody can send it."""

    trap_name = "feedback"

    vote = forms.ChoiceField(
        label=gettext_lazy("Was this helpful?"),
        choices=[(YES, gettext_lazy("Yes")), (NO, gettext_lazy("No"))],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=gettext_lazy("What is missing?"),
        help_text=gettext_lazy(
            "If you like: what you looked for, or what would be better. Moderators alone read it."
        ),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
