"""What every form that makes a revision has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.traps import EMPTY_FIELD, TIME_FIELD, TrappedForm
from changes.cleaning import clean_prose
from changes.recording import MAX_SUMMARY
from changes.refusals import tell_refusal

if TYPE_CHECKING:
    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

# Fields of a request that belong to no form: the token, the button pressed, where to go next, a
# draft that was offered and not used, and the traps, which a form has no more once who fills it in
# has signed in.
_BESIDES = frozenset({"csrfmiddlewaretoken", "do", "next", "keeps_draft", EMPTY_FIELD, TIME_FIELD})


def is_id(text: str) -> bool:
    """Whether a text from outside is a number as short as the id of a row."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def read_number(values: QueryDict, name: str) -> int:
    """What a form or an address says under ``name``; 0 unless it can be a page or a revision."""
    text = values.get(name) or ""
    return int(text) if is_id(text) and len(text) < 10 else 0


def as_posted(value: Any) -> list[str]:
    """A field's prepared value as a browser would send it."""
    values = value if isinstance(value, list) else [value]
    return ["" if item is None else str(item) for item in values]


class ProseField(forms.CharField):
    """Markdown as it was typed: neither stripped nor shortened; at most 512 KB.

    ``preview_url`` is asked by the editor for the HTML of what is typed. ``preview`` is what the
    form itself was asked for by its button. With ``is_inline`` it is shown within a paragraph.
    """

    preview: str | None = None

    def __init__(
        self,
        *,
        rows: int = 12,
        preview_url: StrOrPromise = "",
        is_inline: bool = False,
        **kwargs: Any,
    ) -> None:
        attrs = {"rows": rows, "dir": "auto", "data-prose": True}
        kwargs.setdefault("widget", forms.Textarea(attrs=attrs))
        kwargs.setdefault("template_name", "changes/_prose_field.html")
        self.preview_url = preview_url
        self.is_short, self.is_inline = rows < 24, is_inline
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return clean_prose(super().to_python(value) or "", field="text")
        except ValidationError as error:
            raise ValidationError(error.messages) from None


class BaseRevisionField(forms.IntegerField):
    """The revision that a form was filled from; 0, which never was, where it is no such number.

    An edit of an unknown base conflicts with whatever stands there: nothing is lost, while an
    error about a hidden field could not be mended by anybody.
    """

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError as error:
            if getattr(error, "code", None) == "required":
                raise
            return 0


class StrictForm(forms.Form):
    """A form that says which fields it does not know instead of dropping them."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        unknown = sorted(set(self.data) - self.known_names())
        if unknown:
            names = ", ".join(repr(name[:50]) for name in unknown[:5])
            raise ValidationError(_("This form has no field named %(names)s.") % {"names": names})
        return cleaned

    def known_names(self) -> set[str]:
        """The names that a request may send."""
        return {self.add_prefix(name) for name in self.fields} | _BESIDES

    def add_validation_error(self, error: ValidationError) -> None:
        """Show what an operation refused beside the field that it is about.

        Who counts refusals is told (:func:`changes.refusals.hear_refusals`): no view forgets it.
        """
        tell_refusal(error)
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, texts in by_field.items():
            field = name if name in self.fields else None
            for text in texts:
                self.add_error(field, text)


class RevisionForm(TrappedForm, StrictForm):
    """Summary, minor mark and the revision that the form was filled from.

    ``proposal_version`` is that of the proposal it was filled from, where it was. The traps are
    laid where people without an account propose.
    """

    trap_name = "proposal"

    base_revision = BaseRevisionField(min_value=0, max_value=2**31 - 1, required=False)
    proposal_version = BaseRevisionField(min_value=0, max_value=2**31 - 1, required=False)
    summary = forms.CharField(
        label=gettext_lazy("Edit summary"),
        help_text=gettext_lazy("What you changed and why, in a few words."),
        max_length=MAX_SUMMARY,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    is_minor = forms.BooleanField(label=gettext_lazy("This is a minor edit"), required=False)

    def __init__(self, *args: Any, is_trapped: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, is_trapped=is_trapped, **kwargs)

    @property
    def base_version(self) -> int:
        """The revision that what was sent was written against; 0 where that is not known."""
        return self.cleaned_data.get("base_revision") or 0

    def values(self) -> dict[str, Any]:
        """The values of the operation's fields."""
        raise NotImplementedError

    @staticmethod
    def initial_of(obj: Any) -> dict[str, Any]:
        """What the form shows of an object as it stands."""
        raise NotImplementedError

    def explain_conflict(self, current: Any) -> str:
        """What is to be said of a conflict with ``current`` beyond that it is one."""
        return ""

    def rearranged(self) -> dict[str, Any] | None:
        """What was typed, put otherwise, where a button of the form asks for that; else None.

        For forms with rows that are moved, added and taken out: nothing is saved.
        """
        return None

    def order_last(self) -> None:
        """Summary and minor mark stand below the content."""
        last = ("summary", "is_minor", EMPTY_FIELD)
        own = [name for name in self.fields if name not in last]
        self.order_fields([*own, *last])
