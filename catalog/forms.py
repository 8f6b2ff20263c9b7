"""Forms for sections and resources."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.choices import section_choices
from catalog.models import Kind, Level, Resource, Section
from changes.forms import ProseField, RevisionForm, StrictForm
from config.languages import OWN_NAMES
from markup.urls import InvalidUrl, parse_typed_url

LANGUAGES = list(OWN_NAMES.items())


def language_choices(current: str) -> list[tuple[str, str]]:
    """The languages on offer, and the one that is set already whatever it is."""
    known = dict(LANGUAGES)
    return LANGUAGES if current in known else [*LANGUAGES, (current, current)]


class UrlField(forms.CharField):
    """An address as people type it: "example.com/x" is one as well."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "url", "dir": "ltr", "spellcheck": "false"}),
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text:
            return text
        try:
            return parse_typed_url(text)
        except InvalidUrl as error:
            raise ValidationError(str(error)) from error


class TagsField(forms.CharField):
    """Words separated by commas; a list of them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        return [word.strip() for word in text.split(",") if word.strip()]


#: Fields that the form and the operation know under the same name and in the same form.
_PLAIN_FIELDS = (
    *("url", "title", "description", "kind", "level", "language", "tags", "archive_url"),
    "is_feature_complete",
)


class ResourceForm(RevisionForm):
    """One entry of the list."""

    url = UrlField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("The page itself, not a search or a tracking link to it."),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=300, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    description = ProseField(
        label=gettext_lazy("Description"),
        help_text=gettext_lazy("One or two sentences: what it is and for whom. Markdown works."),
        required=False,
        rows=4,
        preview_url=reverse_lazy("catalog:description_preview"),
        is_inline=True,
    )
    section = forms.TypedChoiceField(label=gettext_lazy("Section"), coerce=int)
    further_sections = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Further sections"),
        help_text=gettext_lazy("Where else it belongs, if anywhere."),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    level = forms.ChoiceField(label=gettext_lazy("Level"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    tags = TagsField(
        label=gettext_lazy("Tags"),
        help_text=gettext_lazy("Separated by commas, twelve at most."),
        required=False,
        max_length=700,
    )
    archive_url = UrlField(
        label=gettext_lazy("Archived copy"),
        help_text=gettext_lazy("An address at an archive, for the day the page dies."),
        required=False,
    )
    is_feature_complete = forms.BooleanField(
        label=gettext_lazy("It is feature-complete"),
        help_text=gettext_lazy("That nobody has changed it for long is then no longer noted."),
        required=False,
    )

    def __init__(self, *args: Any, resource: Resource | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sections = section_choices()
        self._choices("section", [("", _("choose a section")), *sections])
        self._choices("further_sections", sections)
        self._choices("kind", [("", _("not said")), *Kind.choices])
        self._choices("level", [("", _("for everyone")), *Level.choices])
        self._choices("language", language_choices(resource.language if resource else "en"))
        self.order_last()

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The values of the operation's fields."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in _PLAIN_FIELDS},
            "section_id": data["section"],
            # Where in them it stands is no matter of this form.
            "further_sections": [[pk, None] for pk in data["further_sections"]],
        }

    @staticmethod
    def initial_of(resource: Resource) -> dict[str, Any]:
        """What the form shows of a resource as it stands."""
        return {
            **{name: getattr(resource, name) for name in _PLAIN_FIELDS},
            "section": resource.section_id,
            "further_sections": [section_id for section_id, _position in resource.further_sections],
            "base_revision": resource.version,
        }


class SectionForm(RevisionForm):
    """A heading of the list."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    parent = forms.TypedChoiceField(
        label=gettext_lazy("Inside"), coerce=int, empty_value=None, required=False
    )
    position = forms.IntegerField(
        label=gettext_lazy("Position"),
        help_text=gettext_lazy("Smaller numbers stand first."),
        min_value=0,
        max_value=100_000,
        required=False,
    )
    introduction = ProseField(
        label=gettext_lazy("Introduction"),
        help_text=gettext_lazy(
            "What belongs here and where a reader should begin. Markdown works."
        ),
        required=False,
        rows=8,
        preview_url=reverse_lazy("catalog:introduction_preview"),
    )

    def __init__(self, *args: Any, section: Section | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = str(section.pk) if section else None
        others = [choice for choice in section_choices() if choice[0] != own]
        self.fields["parent"].choices = [("", _("nothing: it stands at the top")), *others]  # type: ignore[attr-defined]
        self.order_last()

    def values(self) -> dict[str, Any]:
        """The values of the operation's fields."""
        data = self.cleaned_data
        values = {
            "title": data["title"],
            "parent_id": data["parent"],
            "introduction": data["introduction"],
        }
        if data["position"] is not None:
            values["position"] = data["position"]
        return values

    @staticmethod
    def initial_of(section: Section) -> dict[str, Any]:
        """What the form shows of a section as it stands."""
        return {
            "title": section.title,
            "parent": section.parent_id,
            "position": section.position,
            "introduction": section.introduction,
            "base_revision": section.version,
        }


class RetireForm(StrictForm):
    """Why an entry is taken off the list."""

    reason = forms.CharField(
        label=gettext_lazy("Why is it retired?"),
        help_text=gettext_lazy(
            "Everyone can read it; the entry keeps its page and can be restored."
        ),
        max_length=500,
    )
