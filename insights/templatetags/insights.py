"""Words for the figures."""

from math import ceil

from django import template
from django.utils.translation import ngettext

register = template.Library()

_HOURS_AS_DAYS = 48


@register.simple_tag
def hours(number: float) -> str:
    """Return a number of hours in words: in days from two of them on."""
    if number < _HOURS_AS_DAYS:
        count = max(1, ceil(number))
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    count = round(number / 24)
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
