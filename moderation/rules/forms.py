"""What an administrator types about a rule: its fields, and one small form for each condition."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from changes.models import ObjectType
from moderation.rules.conditions import (
    MAX_CONDITIONS,
    ConditionKind,
    all_condition_kinds,
    find_condition_kind,
    read_condition,
)
from moderation.rules.editing import MAX_COMMENT, OBJECT_TYPES
from moderation.rules.models import MAX_LABEL, MAX_NAME, MAX_TEXT, EditKind, EditRule, Standing

_ADD: Final = "add"
_REMOVE: Final = "remove-"
TRY: Final = "try"


class RuleForm(forms.Form):
    """A rule without its conditions."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_NAME,
        help_text=gettext_lazy("Everyone can read it in the log of decisions."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    action = forms.ChoiceField(
        label=gettext_lazy("What becomes of an edit that it matches"),
        choices=EditRule.Action.choices,
        initial=EditRule.Action.TAG,
        widget=forms.RadioSelect,
    )
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=MAX_LABEL,
        required=False,
        help_text=gettext_lazy("What marked edits carry in recent changes, in a word or two."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    message = forms.CharField(
        label=gettext_lazy("What the author is told"),
        max_length=MAX_TEXT,
        required=False,
        help_text=gettext_lazy(
            "Where the edit is held or refused: why, and what to do instead. What was typed stays"
            " in the form."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    standings = forms.MultipleChoiceField(
        label=gettext_lazy("Edits by"),
        choices=Standing.choices,
        initial=[Standing.ANONYMOUS, Standing.NEWCOMER],
        widget=forms.CheckboxSelectMultiple,
    )
    object_types = forms.MultipleChoiceField(
        label=gettext_lazy("Of"),
        choices=[(str(kind), ObjectType(kind).label) for kind in OBJECT_TYPES],
        required=False,
        help_text=gettext_lazy("None chosen means all."),
        widget=forms.CheckboxSelectMultiple,
    )
    edit_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("That are"),
        choices=EditKind.choices,
        required=False,
        help_text=gettext_lazy("None chosen means all."),
        widget=forms.CheckboxSelectMultiple,
    )
    match = forms.ChoiceField(
        label=gettext_lazy("An edit has to meet"),
        choices=EditRule.Match.choices,
        initial=EditRule.Match.ALL,
        widget=forms.RadioSelect,
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        max_length=MAX_TEXT,
        required=False,
        help_text=gettext_lazy("For moderators and administrators alone; never public."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    comment = forms.CharField(
        label=gettext_lazy("What you changed and why"),
        max_length=MAX_COMMENT,
        required=False,
        help_text=gettext_lazy("Everyone can read it in the log of decisions."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    version = forms.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )
    # The effect whose numbers were shown: saving the same again puts it in force.
    confirmed = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class ConditionForm(forms.Form):
    """One condition: the parameters of its kind, and whether it has to be met or not."""

    negated = forms.BooleanField(
        label=gettext_lazy("It must not be so"), required=False, label_suffix=""
    )

    def __init__(self, kind: ConditionKind, *args: Any, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)
        for parameter in kind.parameters:
            self.fields[parameter.name] = parameter.make_field()
        self.order_fields([p.name for p in kind.parameters])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                read_condition(self.stored())
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned

    def stored(self) -> dict[str, Any]:
        """The condition as it is stored."""
        return {"kind": self.kind.name, **self.cleaned_data}


@dataclass(frozen=True)
class ConditionRow:
    """A condition of the form; ``index`` tells its fields from those of the others."""

    index: int
    form: ConditionForm

    @property
    def kind(self) -> ConditionKind:
        return self.form.kind


class RuleEditor:
    """The form of a rule with the forms of its conditions, empty, filled or as it was sent."""

    def __init__(self, form: RuleForm, rows: Sequence[ConditionRow]) -> None:
        self.form = form
        self.rows = list(rows)

    @classmethod
    def of_content(cls, content: Mapping[str, Any], *, version: int) -> RuleEditor:
        """Filled from what a revision keeps."""
        form = RuleForm(initial={**content, "version": version})
        rows = [
            _row(index, str(stored.get("kind", "")), initial=stored)
            for index, stored in enumerate(content["conditions"])
        ]
        return cls(form, [row for row in rows if row is not None])

    @classmethod
    def of_data(cls, data: QueryDict) -> RuleEditor:
        """As it was sent; a condition that was to be added or removed is."""
        do = data.get("do") or ""
        rows = []
        for number in data.getlist("condition")[:MAX_CONDITIONS]:
            if number.isascii() and number.isdigit() and len(number) < 4:
                index = int(number)
                row = _row(index, data.get(f"condition-{index}-kind", ""), data=data)
                if row is not None and do != f"{_REMOVE}{index}":
                    rows.append(row)
        if do == _ADD and len(rows) < MAX_CONDITIONS:
            index = max((row.index for row in rows), default=-1) + 1
            new = _row(index, data.get("new_condition") or "")
            rows += [new] if new is not None else []
        return cls(RuleForm(data), rows)

    @classmethod
    def empty(cls) -> RuleEditor:
        """Of a new rule."""
        return cls(RuleForm(initial={"version": 0}), [])

    @staticmethod
    def is_arranging(data: QueryDict) -> bool:
        """Whether a condition is added or removed, and nothing else asked for."""
        do = data.get("do") or ""
        return do == _ADD or do.startswith(_REMOVE)

    def is_valid(self) -> bool:
        """Whether all of it can be read."""
        if not self.rows:
            message = _("A rule needs a condition: without one it would match every edit.")
            self.form.add_error(None, message)
        rows_are_valid = [row.form.is_valid() for row in self.rows]
        return self.form.is_valid() and all(rows_are_valid)

    def values(self) -> dict[str, Any]:
        """Values of ``EditRule.CONTENT``."""
        cleaned = self.form.cleaned_data
        values: dict[str, Any] = {
            name: cleaned[name] for name in EditRule.CONTENT if name in cleaned
        }
        return {**values, "conditions": [row.form.stored() for row in self.rows]}

    def add_errors(self, error: ValidationError) -> None:
        """Show what an operation refused beside the field that it is about."""
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, texts in by_field.items():
            self.form.add_error(name if name in self.form.fields else None, texts)

    @property
    def has_errors(self) -> bool:
        return bool(self.form.is_bound and self.form.errors) or any(
            row.form.is_bound and row.form.errors for row in self.rows
        )

    @property
    def kinds(self) -> list[tuple[str, list[ConditionKind]]]:
        """The menu of conditions, in groups."""
        groups: dict[str, list[ConditionKind]] = {}
        for kind in all_condition_kinds():
            groups.setdefault(str(kind.group), []).append(kind)
        return list(groups.items())

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MAX_CONDITIONS


def fingerprint(values: Mapping[str, Any]) -> str:
    """What tells the effect of a rule from any other: whether what was tried is what is saved."""
    effect = [values[name] for name in EditRule.EFFECT]
    return sha256(json.dumps(effect, sort_keys=True).encode()).hexdigest()


def _row(
    index: int,
    kind_name: str,
    *,
    data: QueryDict | None = None,
    initial: Mapping[str, Any] | None = None,
) -> ConditionRow | None:
    kind = find_condition_kind(kind_name)
    if kind is None:
        return None
    form = ConditionForm(
        kind,
        data,
        prefix=f"condition-{index}",
        initial=dict(initial) if initial else None,
        use_required_attribute=False,
    )
    return ConditionRow(index, form)
