"""Somebody's standing: shown on their page to themselves and to moderators, set by hand here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import may, require
from accounts.roles import GROUPS, MODERATORS
from accounts.views import get_user_or_404
from changes.recording import NothingChangedError
from moderation.block_forms import add_errors
from moderation.forms import MAX_REASON
from moderation.standing import (
    APPOINT,
    SET,
    find_exemption,
    find_standing,
    may_set,
    release_standing,
    set_standing,
)
from moderation.standing_models import HeldStanding
from moderation.standing_words import ABILITIES, NAMES
from moderation.track_record import find_record, read_rules
from moderation.trust import ABOVE, Needs, Record, find_missing, is_declining

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

RELEASE = "release"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a page shows of somebody's standing; ``exemption`` is why the site leaves it alone."""

    name: str
    abilities: str
    next_name: str
    record: Record
    missing: Needs | None
    is_declining: bool
    exemption: str
    held: HeldStanding | None
    is_settable: bool


def describe_standing(profile: User, reader: User | AnonymousUser) -> Mapping[str, Any]:
    """The ``standing`` of a profile, for the person and for those who set it; nobody else."""
    if profile.is_bot or not (profile == reader or may(reader, SET)):
        return {}
    standing = find_standing(profile)
    record, rules = find_record(profile), read_rules()
    exemption = find_exemption(profile, standing)
    if not settings.TRUST_AUTOMATIC:
        exemption = exemption or _("On this site people decide about every step.")
    above = ABOVE.get(standing, "")
    return {
        "standing": Standing(
            name=str(NAMES[standing]),
            abilities=str(ABILITIES[standing]),
            next_name=str(NAMES.get(above, "")),
            record=record,
            missing=None if exemption else find_missing(standing, record, rules),
            is_declining=is_declining(record, rules),
            exemption=exemption,
            held=HeldStanding.objects.filter(user=profile).select_related("held_by").first(),
            is_settable=may_set(reader, profile),
        )
    }


class StandingForm(forms.Form):
    """A standing, or that the site decides again; and why."""

    standing = forms.ChoiceField(label=gettext_lazy("Standing"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=gettext_lazy("They are told of the change; everyone can read this in the log."),
    )

    def __init__(self, *args: Any, is_held: bool, may_appoint: bool, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        names = [name for name in GROUPS if may_appoint or name != MODERATORS]
        choices: list[tuple[str, Any]] = [(name, NAMES[name]) for name in names]
        if is_held:
            choices.append((RELEASE, gettext_lazy("as it is; the site decides again from now on")))
        self.fields["standing"].choices = choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def user_standing(request: HttpRequest, username: str) -> HttpResponse:
    """Set somebody's standing by hand, or let the site decide about it again."""
    require(request.user, SET)
    assert isinstance(request.user, User)
    profile = get_user_or_404(username)
    if not may_set(request.user, profile):
        raise PermissionDenied(_("You may not set the standing of this account."))
    context = {"profile": profile, **describe_standing(profile, request.user)}
    options = {
        "is_held": context["standing"].held is not None,
        "may_appoint": may(request.user, APPOINT),
    }
    if request.method != "POST":
        form = StandingForm(initial={"standing": find_standing(profile)}, **options)
        return render(request, "moderation/user_standing.html", {**context, "form": form})
    form = StandingForm(request.POST, **options)
    if form.is_valid():
        try:
            _carry_out(profile, form.cleaned_data, request.user)
        except NothingChangedError:
            messages.info(request, _("That is so already."))
            return redirect(profile)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The standing of %(name)s is set.") % {"name": profile})
            return redirect(profile)
    return render(request, "moderation/user_standing.html", {**context, "form": form}, status=422)


def _carry_out(profile: User, data: dict[str, Any], by: User) -> None:
    if data["standing"] == RELEASE:
        release_standing(user=profile, reason=data["reason"], by=by)
    else:
        set_standing(user=profile, standing=data["standing"], reason=data["reason"], by=by)
