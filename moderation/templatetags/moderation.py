"""What templates ask of cases."""

from __future__ import annotations

from django import template

from moderation.forms import DecisionForm
from moderation.presenting import CaseCard

register = template.Library()


@register.simple_tag
def decision_form(card: CaseCard, number: int, version: int) -> DecisionForm:
    """Return the form of a card, with another number and version than those of its case."""
    return card.form_for(number=number, version=version)
