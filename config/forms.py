"""How every Django form is drawn: error summary, labels, help, errors beside the field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString


class PerennialRenderer(TemplatesSetting):
    """Draw ``{{ form }}`` by ``_form.html`` and ``field.as_field_group`` by ``_field.html``.

    Inputs and lists of options are drawn here, as Django's templates draw them: those include
    another template for each input, and two for each option.
    """

    form_template_name = "_form.html"
    field_template_name = "_field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        draw = _DRAWN_HERE.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)


def _draw_input(widget: Mapping[str, Any]) -> SafeString:
    value = widget["value"]
    shown = "" if value is None else format_html(' value="{}"', value)
    attributes = _draw_attributes(widget["attrs"])
    return format_html(
        '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], shown, attributes
    )


def _draw_textarea(widget: Mapping[str, Any]) -> SafeString:
    attributes = _draw_attributes(widget["attrs"])
    return format_html(
        '<textarea name="{}"{}>\n{}</textarea>', widget["name"], attributes, widget["value"] or ""
    )


def _draw_select(widget: Mapping[str, Any]) -> SafeString:
    groups = ((_draw_group(name, options),) for name, options, _index in widget["optgroups"])
    return format_html(
        '<select name="{}"{}>{}\n</select>',
        widget["name"],
        _draw_attributes(widget["attrs"]),
        format_html_join("", "{}", groups),
    )


def _draw_group(name: str | None, options: Iterable[Mapping[str, Any]]) -> SafeString:
    drawn = format_html_join(
        "",
        '\n  <option value="{}"{}>{}</option>',
        ((one["value"], _draw_attributes(one["attrs"]), one["label"]) for one in options),
    )
    if not name:
        return drawn
    return format_html('\n  <optgroup label="{}">{}\n  </optgroup>', name, drawn)


def _draw_attributes(attributes: Mapping[str, Any]) -> SafeString:
    """Each with its value; of those that are true only the name."""
    drawn = (
        f" {name}" if value is True else f' {name}="{conditional_escape(value)}"'
        for name, value in attributes.items()
        if value is not False
    )
    return SafeString("".join(drawn))


_INPUTS: Final = ("text", "search", "number", "hidden", "email", "password", "url", "date")
_DRAWN_HERE: Final[dict[str, Callable[[Mapping[str, Any]], SafeString]]] = {
    **{f"django/forms/widgets/{name}.html": _draw_input for name in _INPUTS},
    "django/forms/widgets/checkbox.html": _draw_input,
    "django/forms/widgets/textarea.html": _draw_textarea,
    "django/forms/widgets/select.html": _draw_select,
}
