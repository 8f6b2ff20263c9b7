"""What a moderator types when blocking."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from accounts.blocking import MAX_REASON, BlockTerms, parse_range
from accounts.models import Block, User
from moderation.terms import AS_IT_IS, DurationField, end_of


class TermsForm(forms.Form):
    """How long, why and how far."""

    duration = DurationField()
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=gettext_lazy("The blocked are told, and everyone can read it in the log."),
    )
    may_appeal = forms.BooleanField(
        label=gettext_lazy("They may ask for the block to be looked at again"),
        required=False,
        initial=True,
    )
    refuses_signup = forms.BooleanField(
        label=gettext_lazy("Of addresses: nobody makes an account from there"),
        required=False,
        initial=True,
    )
    holds_signed_in = forms.BooleanField(
        label=gettext_lazy("Of addresses: holds people who are signed in as well"), required=False
    )

    def __init__(self, *args: Any, block: Block | None = None, **kwargs: Any) -> None:
        self.block = block
        super().__init__(*args, **kwargs)
        if block is not None:
            self.fields["duration"] = DurationField(is_known=True)
            if block.user_id is not None:
                del self.fields["refuses_signup"], self.fields["holds_signed_in"]

    @staticmethod
    def initial_of(block: Block) -> dict[str, Any]:
        """What the form shows of a block as it stands."""
        names = ("reason", "may_appeal", "refuses_signup", "holds_signed_in")
        return {"duration": AS_IT_IS, **{name: getattr(block, name) for name in names}}

    def terms(self) -> BlockTerms:
        """What was chosen."""
        values = dict(self.cleaned_data)
        values.pop("target", None)
        known = self.block.expires_at if self.block is not None else None
        values["expires_at"] = end_of(values.pop("duration"), known=known)
        return BlockTerms(**values)


class BlockForm(TermsForm):
    """Whom, besides."""

    target = forms.CharField(
        label=gettext_lazy("User name, address or range"),
        max_length=64,
        help_text=gettext_lazy("alice, 203.0.113.7, 203.0.113.0/24 or 2001:db8:1:2::/64"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("target", "duration", "reason")

    def clean_target(self) -> User | str:
        """The account of that name, or the range in its plain spelling."""
        text = self.cleaned_data["target"].strip()
        try:
            return User.objects.get_named(text)
        except User.DoesNotExist:
            pass
        try:
            return str(parse_range(text))
        except ValidationError as error:
            raise ValidationError(error.message_dict["target"]) from None


class LiftForm(forms.Form):
    """Why a block ends before its time."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=gettext_lazy("Everyone can read it in the log."),
    )


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """Show what an operation refused beside the field that it is about."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in by_field.items():
        form.add_error(name if name in form.fields else None, texts)
