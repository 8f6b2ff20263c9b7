"""Forms for pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.choices import section_choices
from catalog.forms import language_choices
from changes.cleaning import clean_prose
from changes.forms import ProseField, RevisionForm, StrictForm
from changes.recording import MAX_SUMMARY
from wiki.models import Page
from wiki.page_parts import PartGoneError, has_part, put_in_page


class PageForm(RevisionForm):
    """A page's text and its place; the title only while the page is new.

    With ``part`` (a heading's anchor) the text is that of one part of the page.
    """

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    body = ProseField(
        label=gettext_lazy("Text"),
        rows=24,
        required=False,
        preview_url=reverse_lazy("wiki:page_preview"),
    )
    part = forms.CharField(max_length=1000, required=False, widget=forms.HiddenInput)
    section = forms.TypedChoiceField(
        label=gettext_lazy("Section"), coerce=int, empty_value=None, required=False
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    translation_of = forms.IntegerField(required=False, widget=forms.HiddenInput)
    source_version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    is_true = forms.BooleanField(required=False)

    def __init__(self, *args: Any, page: Page | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        if page is not None:
            self.fields["body"].preview_url += f"?page={page.pk}"  # type: ignore[attr-defined]
        self.fields["body"].widget.attrs["data-image-upload"] = reverse("wiki:image_upload")
        language = page.language if page else "en"
        self.fields["section"].choices = [("", _("none")), *section_choices()]  # type: ignore[attr-defined]
        self.fields["language"].choices = language_choices(language)  # type: ignore[attr-defined]
        del self.fields["part" if page is None else "title"]
        self._choose_translation_fields(page)
        self.order_last()

    def _choose_translation_fields(self, page: Page | None) -> None:
        """A new page may be a translation; one that is can be said to be true to its original."""
        if page is None:
            del self.fields["is_true"]
            return
        del self.fields["translation_of"]
        original = page.translation_of
        if original is None or original.version == page.source_version:
            del self.fields["source_version"], self.fields["is_true"]
            return
        self.fields["is_true"].label = _("It says all that the original says today")
        self.fields["is_true"].help_text = _(
            "Readers are then told no longer that the original was changed since."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.page is not None and cleaned.get("part") and "body" in cleaned:
            self._put_in_page(self.page, cleaned)
        return cleaned

    def _put_in_page(self, page: Page, cleaned: dict[str, Any]) -> None:
        """Find the whole text; where the part is nowhere, the form is one of the whole page."""
        try:
            edit = put_in_page(
                page, cleaned.get("base_revision") or 0, cleaned["part"], cleaned["body"]
            )
        except PartGoneError as gone:
            data = QueryDict(mutable=True)
            data.update(self.data)
            for name, text in (("part", ""), ("body", gone.body)):
                data[name] = text
            data["base_revision"] = str(page.version)
            self.data = data
            self.add_error(None, gone)
            return
        try:
            cleaned["whole"] = clean_prose(edit.body, field="body")
        except ValidationError as error:
            self.add_error("body", error.messages)
            return
        cleaned["lines"] = edit.lines
        if not cleaned.get("summary", "").startswith(edit.title):
            summary = f"{edit.title}: {cleaned.get('summary', '')}".removesuffix(": ")
            cleaned["summary"] = summary[:MAX_SUMMARY]

    def explain_conflict(self, current: Any) -> str:
        part = self.cleaned_data.get("part")
        if not part:
            return ""
        if not has_part(current.body, part):
            return _("The heading that you edited was renamed or removed meanwhile.")
        return _("You edited one part; the form has the whole page now.")

    def values(self) -> dict[str, Any]:
        """The values of the operation's fields."""
        data = self.cleaned_data
        body = data.get("whole", data["body"])
        values = {"body": body, "section_id": data["section"], "language": data["language"]}
        if data.get("title"):
            values["title"] = data["title"]
        if data.get("translation_of"):
            values["translation_of_id"] = data["translation_of"]
        if data.get("source_version") and (data.get("translation_of") or data.get("is_true")):
            values["source_version"] = data["source_version"]
        return values

    @staticmethod
    def initial_of(page: Page) -> dict[str, Any]:
        """What the form shows of a page as it stands."""
        return {
            "title": page.title,
            "body": page.body,
            "part": "",
            "section": page.section_id,
            "language": page.language,
            "base_revision": page.version,
            "translation_of": page.translation_of_id,
            "source_version": page.translation_of.version
            if page.pk and page.translation_of
            else page.source_version,
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
