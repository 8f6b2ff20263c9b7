"""For how long something a moderator decides shall hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

AS_IT_IS: Final = "same"
FOR_GOOD: Final = "never"
LENGTHS: Final = {
    "2h": timedelta(hours=2),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "1w": timedelta(weeks=1),
    "1m": timedelta(days=30),
    "6m": timedelta(days=182),
    "1y": timedelta(days=365),
}
_CHOICES: Final = [
    ("2h", _("2 hours")),
    ("1d", _("1 day")),
    ("3d", _("3 days")),
    ("1w", _("1 week")),
    ("1m", _("1 month")),
    ("6m", _("6 months")),
    ("1y", _("1 year")),
    (FOR_GOOD, _("for good")),
]


class DurationField(forms.ChoiceField):
    """One of a few lengths of time, or for good; with ``is_known`` also as it is."""

    def __init__(self, *, is_known: bool = False, **kwargs: Any) -> None:
        as_it_is = [(AS_IT_IS, _("as it is"))] if is_known else []
        kwargs.setdefault("label", _("For how long"))
        super().__init__(choices=[*as_it_is, *_CHOICES], **kwargs)


def end_of(duration: str, *, known: datetime | None = None) -> datetime | None:
    """When what begins now ends, None for good; ``known`` is the end of what stays as it is."""
    if duration == AS_IT_IS:
        return known
    return timezone.now() + LENGTHS[duration] if duration in LENGTHS else None
