"""What people type on talk pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from changes.forms import ProseField, StrictForm
from changes.hiding import MAX_REASON
from talk.posting import MAX_TEXT, MAX_TITLE


class PostForm(StrictForm):
    """An answer, or what one wrote before."""

    text = ProseField(
        label=gettext_lazy("Your words"),
        help_text=gettext_lazy("Markdown works; @name tells somebody."),
        rows=5,
        max_length=MAX_TEXT,
    )


class ThreadForm(PostForm):
    """A new thread."""

    title = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=MAX_TITLE,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    field_order = ("title", "text")


class HideForm(StrictForm):
    """Why a post is hidden or shown again."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        help_text=gettext_lazy(
            "Everyone can read it in the log: do not repeat there what you hide."
        ),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
