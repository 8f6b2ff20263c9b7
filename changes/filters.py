"""The question that recent changes answer, from an address and back to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.finding import find_named
from accounts.models import User
from changes.models import Change, ObjectType
from changes.objects import find_refs, get_tracked
from changes.veils import unveil
from changes.watch_models import Watch

if TYPE_CHECKING:
    from changes.models import ChangeQuerySet

PAGE_SIZE = 50
MAX_ID = 2**63 - 1  # what a database holds


class Minor(models.TextChoices):
    """What to do with edits that their authors call minor."""

    WITHOUT = "no", gettext_lazy("without minor edits")
    ONLY = "only", gettext_lazy("minor edits only")


class Patrol(models.TextChoices):
    """What to do with changes that somebody trusted has looked at."""

    WAITING = "no", gettext_lazy("not patrolled")
    DONE = "yes", gettext_lazy("patrolled")


@dataclass(frozen=True, kw_only=True)
class ChangeQuery:
    """Which changes are asked for; ``before`` (an id) continues a list, it is no filter."""

    kind: str = ""
    object_type: str = ""
    object_id: int | None = None
    section: Any | None = None
    user: User | None = None
    minor: str = ""
    patrolled: str = ""
    watched_by: User | None = None
    before: int | None = None
    shows_hidden: bool = False  # for whoever may see it (changes.hiding)

    def find(self) -> ChangeQuerySet:
        """The changes, the newest first."""
        changes = Change.objects.order_by("-id")
        if self.user is not None:
            mine = changes.filter(actor=self.user)
            changes = mine if self.shows_hidden else changes.by(self.user)
        if self.watched_by is not None:
            changes = changes.filter(Watch.objects.of(self.watched_by).as_condition())
        conditions: dict[str, Any] = {
            "kind": self.kind or None,
            "object_type": self.object_type or None,
            "object_id": self.object_id,
            "section_id": self.section.pk if self.section else None,
            "is_minor": {Minor.ONLY: True, Minor.WITHOUT: False}.get(self.minor),  # type: ignore[call-overload]
            "patrolled_at__isnull": {Patrol.WAITING: True, Patrol.DONE: False}.get(self.patrolled),  # type: ignore[call-overload]
            "id__lt": self.before,
        }
        return changes.filter(**{k: v for k, v in conditions.items() if v is not None})

    def find_page(self) -> tuple[list[Change], int | None]:
        """One page of changes, and the ``before`` of the next page (None: this is the last)."""
        changes = list(self.find().select_related("actor")[: PAGE_SIZE + 1])
        if self.shows_hidden:
            unveil(changes)
        more = len(changes) > PAGE_SIZE
        return changes[:PAGE_SIZE], changes[PAGE_SIZE - 1].pk if more else None

    def params(self) -> dict[str, str]:
        """The filters as an address has them, without ``before``."""
        of_object = self.object_id is not None
        params = {
            "kind": self.kind,
            "object": f"{self.object_type}:{self.object_id}" if of_object else "",
            "section": self.section.slug if self.section else "",
            "type": "" if of_object else self.object_type,
            "user": self.user.username if self.user else "",
            "minor": str(self.minor),
            "patrolled": str(self.patrolled),
        }
        return {name: value for name, value in params.items() if value}

    def query_string(self) -> str:
        """``?…``, the same for the same question; empty without filters."""
        params = self.params()
        return f"?{urlencode(params)}" if params else ""

    def find_object_title(self) -> str:
        """What the one object asked for is called today, "" where none is or readers see none."""
        if self.object_id is None:
            return ""
        key = (self.object_type, self.object_id)
        ref = find_refs([key]).get(key)
        return ref.title if ref and ref.is_public else ""


class PlaceForm(forms.Form):
    """Where in a list of changes to go on: only changes older than the one numbered ``before``."""

    before = forms.IntegerField(
        label=gettext_lazy("Before"),
        required=False,
        min_value=1,
        max_value=MAX_ID,
        widget=forms.HiddenInput,
        error_messages={"invalid": gettext_lazy("“before” is the number of a change.")},
    )


class ChangeFilterForm(PlaceForm):
    """The filters of recent changes, as a form and as an address (``GET``)."""

    type = forms.ChoiceField(
        label=gettext_lazy("About"),
        choices=[("", gettext_lazy("everything")), *ObjectType.choices],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("There is no type “%(value)s”.")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[("", gettext_lazy("anything")), *Change.Kind.choices],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("There is no kind “%(value)s”.")},
    )
    user = forms.CharField(
        label=gettext_lazy("By"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
    )
    minor = forms.ChoiceField(
        label=gettext_lazy("Minor edits"),
        choices=[("", gettext_lazy("all edits")), *Minor.choices],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("“minor” is “no” or “only”.")},
    )
    patrolled = forms.ChoiceField(
        label=gettext_lazy("Patrol"),
        choices=[("", gettext_lazy("all changes")), *Patrol.choices],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("“patrolled” is “no” or “yes”.")},
    )
    object = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="filter_%s", label_suffix="")
        self.fields["section"] = _section_field()
        self.order_fields(["type", "kind", "section", "user", "minor", "patrolled"])

    def clean_user(self) -> User | None:
        return find_named(self.cleaned_data["user"])

    def clean_object(self) -> tuple[str, int] | None:
        """(type, id) of "page:12"."""
        return read_object(self.cleaned_data["object"])

    def query(self) -> ChangeQuery:
        """The question; the form must be valid."""
        data = self.cleaned_data
        object_type, object_id = data["object"] or (data["type"], None)
        return ChangeQuery(
            kind=data["kind"],
            object_type=object_type,
            object_id=object_id,
            section=data.get("section"),
            user=data["user"],
            minor=data["minor"],
            patrolled=data["patrolled"],
            before=data["before"],
        )

    def without_page(self) -> ChangeFilterForm:
        """The form to show: a new choice of filters begins at the newest change."""
        return ChangeFilterForm({k: v for k, v in self.data.items() if k != "before"})


def read_object(text: str) -> tuple[str, int] | None:
    """(type, id) of "page:12", None of ""; raises ValidationError."""
    if not text:
        return None
    object_type, _colon, number = text.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    if object_type not in ObjectType.values or not is_number:
        message = _("An object is a type and a number, as in “page:12”.")
        raise ValidationError(message)
    return object_type, int(number)


def _section_field() -> forms.Field:
    """Sections by slug. They belong to an upper app, which made itself known (``objects``)."""
    model: Any = get_tracked(ObjectType.SECTION).model
    return forms.ModelChoiceField(
        label=_("Section"),
        queryset=model.objects.order_by("title"),
        to_field_name="slug",
        required=False,
        empty_label=_("all sections"),
        error_messages={"invalid_choice": _("There is no section “%(value)s”.")},
    )
