"""Forms for pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.choices import section_choices
from catalog.forms import language_choices
from changes.forms import ProseField, RevisionForm, StrictForm
from wiki.models import Page


class PageForm(RevisionForm):
    """A page's text and its place; the title only while the page is new."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    body = ProseField(
        label=gettext_lazy("Text"),
        rows=24,
        required=False,
        preview_url=reverse_lazy("wiki:page_preview"),
    )
    section = forms.TypedChoiceField(
        label=gettext_lazy("Section"), coerce=int, empty_value=None, required=False
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))

    def __init__(self, *args: Any, page: Page | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = page.language if page else "en"
        self.fields["section"].choices = [("", _("none")), *section_choices()]  # type: ignore[attr-defined]
        self.fields["language"].choices = language_choices(language)  # type: ignore[attr-defined]
        if page is not None:
            del self.fields["title"]
        self.order_last()

    def values(self) -> dict[str, Any]:
        """The values of the operation's fields."""
        data = self.cleaned_data
        values = {"body": data["body"], "section_id": data["section"], "language": data["language"]}
        if data.get("title"):
            values["title"] = data["title"]
        return values

    @staticmethod
    def initial_of(page: Page) -> dict[str, Any]:
        """What the form shows of a page as it stands."""
        return {
            "title": page.title,
            "body": page.body,
            "section": page.section_id,
            "language": page.language,
            "base_revision": page.version,
        }


class RenameForm(StrictForm):
    """A new title, and why."""

    title = forms.CharField(
        label=gettext_lazy("New title"),
        help_text=gettext_lazy("The old title keeps working: it leads to the new one."),
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    summary = forms.CharField(label=gettext_lazy("Why?"), max_length=500, required=False)
    follows = forms.BooleanField(
        label=gettext_lazy("Have links in other pages name the new title"),
        required=False,
    )


class DeleteForm(StrictForm):
    """Why a page is taken away."""

    reason = forms.CharField(
        label=gettext_lazy("Why is it deleted?"),
        help_text=gettext_lazy("Its history stays and it can be restored."),
        max_length=500,
    )
