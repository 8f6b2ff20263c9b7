"""What a moderator types when protecting something."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from moderation.forms import MAX_REASON
from moderation.protecting import OPEN, ProtectionTerms
from moderation.protection_models import Level, Protection
from moderation.terms import AS_IT_IS, FOR_GOOD, DurationField, end_of


class ProtectForm(forms.Form):
    """Who may write, for how long and why."""

    level = forms.ChoiceField(
        label=_("Who may edit"),
        choices=[(OPEN, _("anyone who may edit: not protected")), *Level.choices],
        widget=forms.RadioSelect,
    )
    duration = DurationField()
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("Everyone can read it: on the page, and in the log of decisions."),
    )

    def __init__(self, *args: Any, known: Protection | None = None, **kwargs: Any) -> None:
        self.known = known
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        if known is not None:
            self.fields["duration"] = DurationField(is_known=True)
            self.order_fields(["level", "duration", "reason"])

    @staticmethod
    def initial_of(known: Protection | None) -> dict[str, Any]:
        """What the form shows of a protection as it stands, or proposes where there is none."""
        if known is None:
            return {"level": Level.TRUSTED, "duration": "1w"}
        duration = AS_IT_IS if known.expires_at else FOR_GOOD
        return {"level": known.level, "duration": duration, "reason": known.reason}

    def terms(self) -> ProtectionTerms:
        """What was chosen."""
        known = self.known.expires_at if self.known is not None else None
        return ProtectionTerms(
            level=self.cleaned_data["level"],
            reason=self.cleaned_data["reason"],
            expires_at=end_of(self.cleaned_data["duration"], known=known),
        )
