"""The form of a path: its steps are rows, moved, taken out and added by buttons or by a script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.choices import section_choices
from catalog.forms import language_choices
from catalog.models import Level
from changes.forms import ProseField, RevisionForm
from wiki.paths.models import Path, PathStep
from wiki.paths.steps import MAX_STEPS, new_key, say_of_step
from wiki.paths.targets import Target, find_targets, show_targets

Row = dict[str, str]
Kind = PathStep.Kind

#: What a row consists of; each is sent once for every row, in the order of the rows. What was
#: ``removed`` is sent along, so that it can be put back until the form is saved.
ROW_FIELDS: Final = ("key", "target", "title", "minutes", "text", "removed")
_TYPED_FIELDS: Final = ROW_FIELDS[1:-1]
_NAMES: Final = {name: f"step_{name}" for name in ROW_FIELDS}
_EMPTY: Final[Row] = dict.fromkeys(ROW_FIELDS, "")
_MOVES: Final = ("up", "down", "remove", "restore")
_MAX_TYPED: Final = 2000  # characters of what a step leads to


class StepsWidget(forms.Widget):
    """Rows as they were sent; or, where the form is filled anew, as JSON in one field."""

    template_name = "wiki/_steps_edit.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        if name in data:
            return _rows_of(data[name])
        columns = {row_name: data.getlist(sent) for row_name, sent in _NAMES.items()}
        length = min(max(map(len, columns.values())), 2 * MAX_STEPS)
        return [
            {name: values[at] if at < len(values) else "" for name, values in columns.items()}
            for at in range(length)
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = value if isinstance(value, list) else _rows_of(value)
        typed = find_targets({row["target"] for row in rows if row["target"].strip()})
        shown = show_targets({"kind": kind, "target": pk} for kind, pk in typed.values())
        context["rows"], number = [], 0
        for at, row in enumerate(rows or [dict(_EMPTY)], start=1):
            number += not row["removed"]
            leads_to = shown.get(typed.get(row["target"], ("", 0)))
            context["rows"].append({**row, "at": at, "number": number, "leads_to": leads_to})
        return context


def _rows_of(text: Any) -> list[Row]:
    """Rows from JSON; none from anything else."""
    try:
        rows = json.loads(text) if text else []
    except (TypeError, ValueError):
        return []
    if not isinstance(rows, list):
        return []
    return [
        {name: str(row.get(name, "")) for name in ROW_FIELDS}
        for row in rows
        if isinstance(row, Mapping)
    ]


class StepsField(forms.Field):
    """Rows as people type them; the steps as they are stored (:class:`Path`)."""

    widget = StepsWidget

    def prepare_value(self, value: Any) -> Any:
        """Stored steps as rows, in JSON; what was typed stays as it is."""
        if not isinstance(value, list) or any("kind" not in row for row in value):
            return value
        shown = show_targets(value)
        return json.dumps([_row_of(step, shown) for step in value])

    def clean(self, value: Any) -> Any:
        rows = _kept(value)
        targets = find_targets({row["target"] for row in rows if row["target"].strip()})
        steps, faults = [], []
        for number, row in enumerate(rows, start=1):
            if not any(row[name].strip() for name in _TYPED_FIELDS):
                continue
            try:
                steps.append(_read_row(row, targets))
            except ValidationError as error:
                faults += [say_of_step(number, text) for text in error.messages]
        if faults:
            raise ValidationError(faults)
        return steps


def _kept(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row["removed"]]


def _row_of(step: Mapping[str, Any], shown: Mapping[Target, tuple[str, str]]) -> Row:
    gone = f"{step['kind']}:{step['target']}"
    address = shown.get((step["kind"], step["target"]), (gone, ""))[0]
    return {
        "key": step["key"],
        "target": "" if step["kind"] == Kind.NOTE else address,
        "title": step["title"],
        "minutes": str(step["minutes"] or ""),
        "text": step["text"],
        "removed": "",
    }


def _read_row(row: Row, targets: Mapping[str, Target]) -> dict[str, Any]:
    typed = row["target"]
    if len(typed) > _MAX_TYPED:
        raise ValidationError(_("What it leads to is longer than an address."))
    kind, target = Kind.NOTE.value, None
    if typed.strip():
        if typed not in targets:
            message = _("No page and no entry has the title or the address “%(typed)s”.")
            raise ValidationError(message % {"typed": typed.strip()[:100]})
        kind, target = targets[typed]
    return {
        "key": row["key"].strip() or new_key(),
        "kind": kind,
        "target": target,
        "title": row["title"],
        "text": row["text"],
        "minutes": _read_minutes(row["minutes"].strip()),
    }


def _read_minutes(typed: str) -> int | None:
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        raise ValidationError(_("The time is a number of minutes."))
    return int(typed)


class PathForm(RevisionForm):
    """A path: what it is about, for whom, and its steps."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    introduction = ProseField(
        label=gettext_lazy("Introduction"),
        help_text=gettext_lazy("For whom it is, and what they can do at its end. Markdown works."),
        required=False,
        rows=6,
    )
    level = forms.ChoiceField(label=gettext_lazy("Level"), required=False)
    section = forms.TypedChoiceField(
        label=gettext_lazy("Section"), coerce=int, empty_value=None, required=False
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    steps = StepsField(label=gettext_lazy("Steps"), required=False)

    def __init__(self, *args: Any, path: Path | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("level", [("", _("for everyone")), *Level.choices])
        self._choices("section", [("", _("none")), *section_choices()])
        self._choices("language", language_choices(path.language if path else "en"))
        self.order_last()

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def known_names(self) -> set[str]:
        return super().known_names() | set(_NAMES.values())

    def values(self) -> dict[str, Any]:
        """The values of the operation's fields."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in ("title", "introduction", "level", "language")},
            "section_id": data["section"],
            "steps": data["steps"],
        }

    @staticmethod
    def initial_of(path: Path) -> dict[str, Any]:
        """What the form shows of a path as it stands."""
        return {
            "title": path.title,
            "introduction": path.introduction,
            "level": path.level,
            "section": path.section_id,
            "language": path.language,
            "steps": path.steps or [],
            "base_revision": path.version,
        }

    def rearranged(self) -> dict[str, Any] | None:
        """What was typed, with the steps as a button beside one of them asks."""
        move, _colon, number = self.data.get("do", "").partition(":")
        if move != "add" and not (move in _MOVES and number.isascii() and number.isdigit()):
            return None
        typed = {
            name: field.widget.value_from_datadict(self.data, {}, self.add_prefix(name))
            for name, field in self.fields.items()
        }
        rows = typed["steps"]
        typed["steps"] = [*rows, dict(_EMPTY)] if move == "add" else _move(rows, move, number)
        return typed


def _move(rows: list[Row], move: str, number: str) -> list[Row]:
    at = int(number[:6]) - 1
    if not 0 <= at < len(rows):
        return rows
    if move in ("remove", "restore"):
        marked = {**rows[at], "removed": "1" if move == "remove" else ""}
        return [*rows[:at], marked, *rows[at + 1 :]]
    step = -1 if move == "up" else 1
    to = at + step
    while 0 <= to < len(rows) and rows[to]["removed"]:
        to += step  # past what is not there for the reader
    if not 0 <= to < len(rows):
        return rows
    rest = [*rows[:at], *rows[at + 1 :]]
    rest.insert(to, rows[at])
    return rest
