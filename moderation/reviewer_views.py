"""Who reviews a section, for everyone to read and for moderators to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.finding import find_named
from accounts.models import User
from accounts.permissions import may, require
from accounts.roles import CONTRIBUTORS, EDITORS, TRUSTED
from changes.history_views import Loader, below_slug
from changes.models import ObjectType
from changes.objects import TrackedObject, find_refs
from changes.recording import NothingChangedError
from moderation.block_forms import add_errors
from moderation.forms import MAX_REASON
from moderation.reviewer_models import SectionReviewer
from moderation.reviewing import APPOINT, appoint_reviewer, dismiss_reviewer
from moderation.sections import find_around, read_parents

#: Groups that can review a section as a whole.
GROUPS = (CONTRIBUTORS, EDITORS, TRUSTED)


class ReviewerForm(forms.Form):
    """A person by name, or a group, and why."""

    reviewer = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    group = forms.ModelChoiceField(
        label=gettext_lazy("Or everybody of a group"),
        queryset=Group.objects.filter(name__in=GROUPS).order_by("name"),
        to_field_name="name",
        required=False,
        empty_label=gettext_lazy("no group"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=gettext_lazy("Everyone can read it in the log."),
    )

    def clean_reviewer(self) -> User | None:
        """The account of that name."""
        return find_named(self.cleaned_data["reviewer"].strip())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and (data.get("reviewer") is None) == (data.get("group") is None):
            self.add_error("reviewer", _("Name a person, or choose a group: one of the two."))
        return data

    def chosen(self) -> User | Group:
        """Whom it is about."""
        chosen: User | Group = self.cleaned_data["reviewer"] or self.cleaned_data["group"]
        return chosen


class DismissForm(forms.Form):
    """Whom, and why not any more."""

    reviewer = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    reason = forms.CharField(max_length=MAX_REASON)


@require_http_methods(["GET", "HEAD", "POST"])
def object_reviewers(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """Who reviews a section, and those around it; with POST another reviewer."""
    form = ReviewerForm(request.POST or None, label_suffix="")
    if request.method != "POST":
        return _show(request, obj, form)
    require(request.user, APPOINT)
    assert isinstance(request.user, User)
    if form.is_valid():
        try:
            made = appoint_reviewer(
                section_id=obj.pk,
                reviewer=form.chosen(),
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
        except NothingChangedError:
            messages.info(request, _("That is so already."))
            return redirect(f"{obj.get_absolute_url()}reviewers/")
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(name)s reviews this section.") % {"name": made.name})
            return redirect(f"{obj.get_absolute_url()}reviewers/")
    return _show(request, obj, form, status=422)


@require_POST
def object_dismiss(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """A reviewer is one no longer."""
    require(request.user, APPOINT)
    assert isinstance(request.user, User)
    form = DismissForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why: everyone can read it."))
        return redirect(f"{obj.get_absolute_url()}reviewers/")
    row = get_object_or_404(SectionReviewer, pk=form.cleaned_data["reviewer"], section_id=obj.pk)
    name = row.name
    try:
        dismiss_reviewer(reviewer_id=row.pk, reason=form.cleaned_data["reason"], by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("%(name)s does not review this section any more.") % {"name": name}
        )
    return redirect(f"{obj.get_absolute_url()}reviewers/")


def _show(
    request: HttpRequest, section: Any, form: ReviewerForm, *, status: int = 200
) -> HttpResponse:
    around = find_around([section.pk], read_parents())
    rows = list(
        SectionReviewer.objects.filter(section_id__in=around).select_related("user", "group")
    )
    refs = find_refs((ObjectType.SECTION, row.section_id) for row in rows)
    context = {
        "section": section,
        "own": [row for row in rows if row.section_id == section.pk],
        "inherited": [
            (row, refs[ObjectType.SECTION, row.section_id])
            for row in rows
            if row.section_id != section.pk and (ObjectType.SECTION, row.section_id) in refs
        ],
        "form": form,
        "may_appoint": may(request.user, APPOINT),
        "max_reason": MAX_REASON,
    }
    return render(request, "moderation/object_reviewers.html", context, status=status)


def reviewer_patterns(prefix: str, load: Loader) -> list[URLPattern]:
    """The addresses ``reviewers/`` and ``reviewers/dismiss/``, to include below a slug."""
    return [
        path("reviewers/", below_slug(object_reviewers, prefix, load), name=f"{prefix}_reviewers"),
        path(
            "reviewers/dismiss/", below_slug(object_dismiss, prefix, load), name=f"{prefix}_dismiss"
        ),
    ]
