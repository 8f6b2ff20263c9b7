"""The questions of a merge of two objects: into which one, and whose values stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from changes.forms import ProseField, StrictForm
from changes.objects import RevisionField, TrackedObject
from changes.recording import MAX_SUMMARY
from markup.joining import join_texts

KEPT, GONE, BOTH = "kept", "gone", "both"
MOST_SHOWN: Final = 200  # characters of a value beside its choice


class TargetForm(StrictForm):
    """Which object stays."""

    into = forms.CharField(
        label=gettext_lazy("Into which one?"),
        help_text=gettext_lazy("Its title, or its address."),
        max_length=2000,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


class MergeForm(StrictForm):
    """Of each field in which two objects differ, whose value stays; of a text, which text.

    ``names`` are the fields that are asked about. ``joiners`` make one value of two, for those
    that can be joined.
    """

    into = forms.CharField(widget=forms.HiddenInput)
    kept_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    gone_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    summary = forms.CharField(label=gettext_lazy("Why?"), max_length=MAX_SUMMARY, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        tracked: TrackedObject,
        kept: Any,
        gone: Any,
        names: Sequence[str],
        joiners: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    ) -> None:
        initial = {
            "into": kept.slug,
            "kept_version": kept.version,
            "gone_version": gone.version,
        }
        super().__init__(data, initial=initial)
        self.kept, self.gone, self.joiners = kept, gone, dict(joiners or {})
        self.asked = [
            field
            for field in tracked.fields
            if field.name in names and getattr(kept, field.name) != getattr(gone, field.name)
        ]
        for field in self.asked:
            self._ask(field)
        # Below each choice its text; last of all, why.
        self.fields["summary"] = self.fields.pop("summary")

    def _ask(self, field: RevisionField) -> None:
        kept, gone = getattr(self.kept, field.name), getattr(self.gone, field.name)
        joined = BOTH if field.is_prose or field.name in self.joiners else ""
        if field.is_prose:
            choices = [
                (BOTH, _("The text below")),
                (KEPT, _("The text of the one that stays")),
                (GONE, _("The text of the other")),
            ]
        else:
            texts = self._texts(field, kept, gone)
            choices = [(KEPT, texts[0]), (GONE, texts[1])]
            if joined:
                both = field.texts_of([self.joiners[field.name](kept, gone)])[0]
                choices.insert(0, (BOTH, _("both: %(value)s") % {"value": both[:MOST_SHOWN]}))
        self.fields[_choice_name(field)] = forms.ChoiceField(
            label=field.label,
            choices=choices,
            widget=forms.RadioSelect,
            initial=joined or (GONE if kept in (None, "", []) else KEPT),
        )
        if field.is_prose:
            self.fields[_text_name(field)] = ProseField(
                label=_("%(label)s, joined") % {"label": field.label},
                rows=14,
                required=False,
                initial=join_texts(kept, gone),
            )

    @staticmethod
    def _texts(field: RevisionField, kept: Any, gone: Any) -> list[str]:
        known = [value for value in (kept, gone) if value not in (None, "", [])]
        texts = iter(field.texts_of(known))
        return [
            (next(texts)[:MOST_SHOWN] if value in known else "") or _("nothing")
            for value in (kept, gone)
        ]

    def values(self) -> dict[str, Any]:
        """What the one that stays shall say, by field."""
        return {field.name: self._chosen(field) for field in self.asked}

    def _chosen(self, field: RevisionField) -> Any:
        choice = self.cleaned_data[_choice_name(field)]
        kept, gone = getattr(self.kept, field.name), getattr(self.gone, field.name)
        if choice == BOTH:
            if field.is_prose:
                return self.cleaned_data[_text_name(field)]
            return self.joiners[field.name](kept, gone)
        return gone if choice == GONE else kept


def _choice_name(field: RevisionField) -> str:
    return f"choose_{field.name}"


def _text_name(field: RevisionField) -> str:
    return f"text_{field.name}"
