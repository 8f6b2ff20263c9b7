"""Forms for pictures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from changes.forms import StrictForm
from wiki.image_files import too_large
from wiki.image_models import MAX_ALT, MAX_CREDIT

ACCEPTED = "image/png,image/jpeg,image/webp,image/gif"


class ImageForm(StrictForm):
    """A file, and the words that go with it."""

    file = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy(
            "PNG, JPEG, WebP or GIF, at most 5 MB. Where and when it was taken is removed from it."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    alt = forms.CharField(
        label=gettext_lazy("What does it show?"),
        help_text=gettext_lazy("One sentence for those who cannot see it."),
        max_length=MAX_ALT,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    credit = forms.CharField(
        label=gettext_lazy("Author and licence"),
        help_text=gettext_lazy("Whose it is and why it may stand here: “Ana Díaz, CC BY 4.0”."),
        max_length=MAX_CREDIT,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.MAX_IMAGE_BYTES:  # what was sent of it is not held either
            raise ValidationError(too_large())
        return file


class ImageDeleteForm(StrictForm):
    """Why a picture is taken away."""

    reason = forms.CharField(
        label=gettext_lazy("Why is it deleted?"),
        help_text=gettext_lazy("Everyone can read this in the log. It can be restored."),
        max_length=500,
    )
