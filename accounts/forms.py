"""Forms of one's own account: allauth's, in our words, and the profile."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import client_address
from accounts.limits import count_account, count_address, take_back_account
from accounts.models import User
from accounts.traps import TrappedForm


class _WithoutPlaceholders:
    """allauth repeats each label as a placeholder; a label is enough."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_WithoutPlaceholders, allauth_forms.LoginForm):  # type: ignore[misc]
    """Sign-in by user name or e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or e-mail address")
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["remember"].label = _("Stay signed in on this device")


class SignupForm(_WithoutPlaceholders, TrappedForm, allauth_forms.SignupForm):  # type: ignore[misc]
    """A new account."""

    trap_name = "signup"

    @property
    def joins_newcomers(self) -> bool:
        """Whether what a new account writes waits for a moderator first: the page says so."""
        return settings.NEW_ACCOUNTS_JOIN == "newcomers"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].help_text = User._meta.get_field("username").help_text
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].help_text = _("Nobody sees it. A lost password is sent there.")
        self.fields["password2"].label = _("Password, once more")


class AddEmailForm(_WithoutPlaceholders, allauth_forms.AddEmailForm):  # type: ignore[misc]
    """One more e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")


class ChangePasswordForm(_WithoutPlaceholders, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """A new password in place of the present one."""


class ResetPasswordForm(_WithoutPlaceholders, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """The address that a link for a new password is sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send the mail, whether or not there is such an account as far as anyone can see.

        Raises :class:`accounts.limits.LimitReachedError`, for an address without an account alike.
        """
        count_address("password_mail", address=client_address(request))
        count_account("password_mail", account=self.cleaned_data["email"])
        email: str = super().save(request, **kwargs)
        return email


class ResetPasswordKeyForm(_WithoutPlaceholders, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by the link that was sent."""


class ReauthenticateForm(_WithoutPlaceholders, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password again, before something that matters."""


class EraseForm(forms.Form):
    """The password, and that it is meant; attempts are counted as those of signing in are."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    is_meant = forms.BooleanField(label=_("Erase my account: I know that nobody can bring it back"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        """Raises :class:`accounts.limits.LimitReachedError`: a session may be in other hands."""
        count_account("login", account=self._user.username, address=self._user.client_address)
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            raise ValidationError(_("This is not your password."))
        take_back_account("login", account=self._user.username, address=self._user.client_address)
        return password


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person says of themselves."""

    class Meta:
        model = User
        fields = ["about"]
        widgets = {"about": forms.Textarea(attrs={"rows": 8})}
