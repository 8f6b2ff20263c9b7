"""What can be filled in at a condition: a number, an expression, a choice, a list of hosts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.link_patterns import Matcher, compile_expression, parse_pattern

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_EXPRESSION: Final = 1000
MAX_LIST: Final = 20_000
MAX_LINES: Final = 500


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One value of a condition, as a field of its form.

    ``prepare`` makes of the stored value what the condition works with (a compiled expression);
    ValidationError where it means nothing. ``show`` puts it into the words of a sentence.
    """

    name: str
    label: StrOrPromise
    make_field: Callable[[], forms.Field]
    prepare: Callable[[Any], Any]
    show: Callable[[Any], str] = str


def number(
    label: StrOrPromise, *, least: int, most: int, initial: int, name: str = "number"
) -> Any:
    """A whole number from ``least`` to ``most``."""

    def prepare(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValidationError(
                _("Write a number from %(least)d to %(most)d.") % {"least": least, "most": most}
            )
        return value

    def make_field() -> forms.Field:
        return forms.IntegerField(label=label, min_value=least, max_value=most, initial=initial)

    return Parameter(name=name, label=label, make_field=make_field, prepare=prepare)


def expression(label: StrOrPromise) -> Parameter:
    """An expression in RE2's syntax, in whatever case: it takes bounded time on any text."""

    def prepare(value: Any) -> Any:
        text = value.strip() if isinstance(value, str) else ""
        if not text or len(text) > MAX_EXPRESSION or "\0" in text:
            raise ValidationError(_("Write an expression."))
        compiled = compile_expression(text)
        if compiled.search(""):
            raise ValidationError(_("This expression would match every text."))
        return compiled

    def make_field() -> forms.Field:
        return forms.CharField(
            label=label,
            max_length=MAX_EXPRESSION,
            help_text=gettext_lazy(
                "Syntax of RE2, in whatever case: casino|poker, buy \\w+ now, \\bviagra\\b"
            ),
            widget=forms.TextInput(attrs=_PLAIN),
        )

    return Parameter(
        name="text", label=label, make_field=make_field, prepare=prepare, show=_show_expression
    )


def hosts(label: StrOrPromise) -> Parameter:
    """Hosts, beginnings of addresses and expressions, one a line, as blocked links are written."""

    def prepare(value: Any) -> Matcher:
        lines = value.splitlines() if isinstance(value, str) else []
        wanted = [line.strip() for line in lines if line.strip()]
        if not wanted or len(wanted) > MAX_LINES:
            raise ValidationError(
                _("Write at least one host, at most %(max)d.") % {"max": MAX_LINES}
            )
        parsed = [parse_pattern(line) for line in wanted]
        return Matcher((index, item.kind, item.text) for index, item in enumerate(parsed))

    def make_field() -> forms.Field:
        return forms.CharField(
            label=label,
            max_length=MAX_LIST,
            help_text=gettext_lazy(
                "One a line: spam.example with all hosts below it, example.org/shop/ with all that"
                " begins so, or /casino-[a-z]+/ anywhere in an address."
            ),
            widget=forms.Textarea(attrs={"rows": 4, "class": "code", **_PLAIN}),
        )

    return Parameter(
        name="text", label=label, make_field=make_field, prepare=prepare, show=_show_lines
    )


def choice(label: StrOrPromise, find_choices: Callable[[], Sequence[tuple[str, Any]]]) -> Parameter:
    """One of a few, which may be known only once all apps are there."""

    def names() -> dict[str, Any]:
        found: dict[str, Any] = {}
        for value, shown in find_choices():
            found.update(dict(shown) if isinstance(shown, (list, tuple)) else {value: shown})
        return found

    def prepare(value: Any) -> str:
        if value not in names():
            raise ValidationError(_("Choose one of the list."))
        return str(value)

    def show(value: Any) -> str:
        return str(names().get(value, value))

    return Parameter(
        name="choice",
        label=label,
        make_field=lambda: forms.ChoiceField(label=label, choices=find_choices),
        prepare=prepare,
        show=show,
    )


_PLAIN: Final = {"autocapitalize": "none", "spellcheck": "false", "dir": "ltr"}


def _show_expression(text: str) -> str:
    return f"/{text}/"


def _show_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return ", ".join(lines[:5]) + (" …" if len(lines) > 5 else "")
