"""What a history tells beyond its list: who wrote which line, who wrote at all, how it stood."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from changes.blaming import blame, group_lines
from changes.contributing import draw_months, find_contributors
from changes.objects import TrackedObject
from changes.revisions import render_history_page

LINES_A_PAGE: Final = 1_000


@require_safe
def object_blame(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """Each line of the text with the revision that it comes from."""
    found = blame(tracked, obj)
    page = Paginator(range(len(found.lines)), LINES_A_PAGE).get_page(request.GET.get("page"))
    first = (page.number - 1) * LINES_A_PAGE
    groups = group_lines(tracked, obj, found, first=first, last=first + LINES_A_PAGE)
    context = {"blame": found, "part": page, "groups": groups}
    return render_history_page(request, "object_blame", tracked, obj, context)


@require_safe
def object_contributors(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """Edits a month, and who made them."""
    found = blame(tracked, obj)
    context = {
        "blame": found,
        "months": draw_months(tracked, obj),
        "contributors": find_contributors(tracked, obj, found),
    }
    return render_history_page(request, "object_contributors", tracked, obj, context)


class DayForm(forms.Form):
    """A day in the past."""

    date = forms.DateField(
        label=gettext_lazy("At the end of"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_safe
def object_at(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """Leads to the revision that was in force at the end of the day ``?date=``."""
    form = DayForm(request.GET if "date" in request.GET else None)
    if not form.is_bound:
        return render_history_page(request, "object_at", tracked, obj, {"form": form})
    if form.is_valid():
        day = form.cleaned_data["date"]
        end = timezone.make_aware(datetime.combine(day, time.max))
        rows = obj.history.filter(history_date__lte=end).order_by("-version")
        number = rows.values_list("version", flat=True).first()
        if number is not None:
            address = f"{obj.get_absolute_url()}revisions/{number}/?at={day.isoformat()}"
            return redirect(address)
        form.add_error("date", _("It was not there yet."))
    return render_history_page(request, "object_at", tracked, obj, {"form": form}, status=404)
