"""Inputs that are drawn without a template look like those of Django's templates."""

import re
from datetime import date
from itertools import product

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from config.forms import PerennialRenderer

CHOICES = [("", "none"), ("a", "A & B"), ("Group <1>", [("b", "Bé"), (3, "three")])]
WIDGETS = [
    forms.TextInput(),
    forms.NumberInput(attrs={"min": 1, "step": 0.5}),
    forms.EmailInput(),
    forms.URLInput(),
    forms.PasswordInput(render_value=True),
    forms.HiddenInput(),
    forms.DateInput(attrs={"type": "date"}),
    forms.SearchInput(),
    forms.Textarea(attrs={"rows": 3}),
    forms.CheckboxInput(),
    forms.Select(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
    forms.RadioSelect(choices=CHOICES),
    forms.MultipleHiddenInput(),
]
VALUES = [None, "", "a", "b", 3, 1000, True, "x\" y='z' <b>&amp;", date(2026, 11, 29)]
ATTRIBUTES = [{}, {"id": "a-1", "required": True, "disabled": False, "data-x": 'q"<'}]


def normalise(html: str) -> str:
    """White space between elements says nothing."""
    return re.sub(r">\s+<", "><", html)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_a_widget_is_drawn_as_django_draws_it(widget):
    takes_many = isinstance(widget, (forms.SelectMultiple, forms.MultipleHiddenInput))
    for value, attrs in product(VALUES, ATTRIBUTES):
        given = [value] if takes_many else value
        ours = widget.render("name[]", given, attrs, PerennialRenderer())
        theirs = widget.render("name[]", given, attrs, DjangoTemplates())
        assert normalise(ours) == normalise(theirs)


class Example(forms.Form):
    name = forms.CharField(label="Name", help_text="As <b>others</b> know you.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")], widget=forms.RadioSelect)
    agrees = forms.BooleanField(label="I agree", help_text="Or not.")


def test_a_field_stands_between_its_label_and_what_is_to_be_said_about_it():
    html = Example({"kind": "a", "agrees": "on"})["name"].as_field_group()
    parts = ['<label for="id_name">', "<b>others</b>", "This field is required.", "<input"]
    places = [html.index(part) for part in parts]
    assert places == sorted(places)
    assert 'aria-describedby="id_name_helptext id_name_error"' in html


def test_choices_stand_in_a_fieldset_and_a_checkbox_before_its_label():
    form = Example()
    choices = form["kind"].as_field_group()
    assert choices.index("<fieldset>") < choices.index("<legend>Kind") < choices.index("<input")
    checkbox = form["agrees"].as_field_group()
    assert 'class="field choice"' in checkbox
    assert checkbox.index("<input") < checkbox.index("<label") < checkbox.index("Or not.")
    assert checkbox.count("<input") == 1
