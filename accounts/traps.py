"""Traps for programs on forms that anybody may send: a field to leave empty, and the time it took.

People never meet them: the field is out of sight and out of the tab order, tells those who come
upon it with a screen reader to leave it empty, and has no name that a browser fills in. Where one
snaps all the same, the form comes back as it was, with the traps laid anew: sent again it passes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import TrapCount

EMPTY_FIELD: Final = "website"
TIME_FIELD: Final = "opened"
LONGEST: Final = timedelta(days=2)  # that a form may lie open

_signer = TimestampSigner(salt="accounts.traps")


class TrappedForm(forms.Form):
    """A form with the traps laid; ``is_trapped=False`` leaves them out, for people who are known.

    ``trap_name`` is what the counts of what was caught go by.
    """

    trap_name = "form"

    def __init__(self, *args: Any, is_trapped: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_trapped = is_trapped
        if is_trapped:
            self.fields[EMPTY_FIELD] = _make_empty_field()
            self.fields[TIME_FIELD] = forms.CharField(
                required=False, max_length=200, widget=forms.HiddenInput, initial=make_stamp
            )

    def clean(self) -> dict[str, Any]:
        """Raise one and the same ValidationError whichever trap snapped."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.is_trapped:
            return cleaned
        for name in (EMPTY_FIELD, TIME_FIELD):
            self.errors.pop(name, None)
        sent = [str(self.data.get(self.add_prefix(n), "")) for n in (EMPTY_FIELD, TIME_FIELD)]
        trap = find_snapped(*sent)
        if trap:
            count_caught(self.trap_name, trap)
            self._lay_anew()
            raise ValidationError(_("This was not taken. Please look it over and send it again."))
        cleaned.pop(EMPTY_FIELD, None)
        cleaned.pop(TIME_FIELD, None)
        return cleaned

    def _lay_anew(self) -> None:
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[self.add_prefix(EMPTY_FIELD)] = ""
        data[self.add_prefix(TIME_FIELD)] = make_stamp()
        self.data = data


def make_stamp() -> str:
    """Return the present moment, signed: when a form was given out."""
    return _signer.sign("form")


def find_snapped(filled: str, stamp: str) -> str:
    """Return the name of the trap that snapped, "" for none."""
    if filled:
        return "field"
    try:
        _signer.unsign(stamp, max_age=LONGEST)
    except SignatureExpired:
        return "old"
    except BadSignature:
        return "stamp"
    try:
        _signer.unsign(stamp, max_age=settings.FORM_TRAP_SECONDS)
    except SignatureExpired:
        return ""
    return "time" if settings.FORM_TRAP_SECONDS else ""


def count_caught(form: str, trap: str) -> None:
    """Count what was caught today."""
    today = timezone.now().date()
    caught = TrapCount.objects.filter(day=today, form=form, trap=trap)
    if caught.update(count=F("count") + 1):
        return
    try:
        with transaction.atomic():
            TrapCount.objects.create(day=today, form=form, trap=trap, count=1)
    except IntegrityError:  # another was first
        caught.update(count=F("count") + 1)


def _make_empty_field() -> forms.CharField:
    # A name that programs like to fill in, and no browser has a value for.
    attrs = {"tabindex": "-1", "autocomplete": "off"}
    field = forms.CharField(
        label=gettext_lazy("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs=attrs),
    )
    field.template_name = "accounts/_trap_field.html"  # type: ignore[attr-defined]
    return field
