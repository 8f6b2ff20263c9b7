"""What somebody was told: the list, and marking it as read."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from changes.filters import MAX_ID
from changes.notification_kinds import find_kind
from changes.notification_models import Notification
from changes.notifying import mark_read

PER_PAGE = 50
UNREAD = "unread"


@dataclass(frozen=True, kw_only=True)
class NotificationLine:
    """One notification in words."""

    notification: Notification
    sentence: str


class ReadForm(forms.Form):
    """Up to which notification everything is read."""

    until = forms.IntegerField(min_value=1, max_value=MAX_ID)


def make_notification_lines(notifications: list[Notification]) -> list[NotificationLine]:
    """Lines in the order of ``notifications``, in the active language."""
    return [
        NotificationLine(notification=one, sentence=find_kind(one.kind).tell(one))
        for one in notifications
    ]


@login_required
@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    """What I was told, the newest first; all of it, what is unread, or one kind."""
    assert isinstance(request.user, User)
    mine = Notification.objects.of(request.user)
    chosen = {name: request.GET.get(name, "").replace("\0", "") for name in ("state", "kind")}
    shown = mine.unread() if chosen["state"] == UNREAD else mine
    if chosen["kind"]:
        shown = shown.filter(kind=chosen["kind"])
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    names = mine.order_by("kind").values_list("kind", flat=True).distinct()
    lines = make_notification_lines(list(page.object_list))
    context = {
        "chosen": chosen,
        "kinds": [(name, find_kind(name).label) for name in names],
        "page": page,
        "lines": lines,
        "newest": max((line.notification.pk for line in lines), default=0),
    }
    return render(request, "changes/notification_list.html", context)


@login_required
@require_POST
def notification_read(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Mark one as read."""
    assert isinstance(request.user, User)
    mine = Notification.objects.of(request.user)
    notification = get_object_or_404(mine, pk=notification_id)
    mark_read(user=request.user, ids=[notification.pk])
    return redirect(_next(request))


@login_required
@require_POST
def notification_read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read that somebody has seen in the list."""
    assert isinstance(request.user, User)
    form = ReadForm(request.POST)
    if form.is_valid():
        count = mark_read(user=request.user, until=form.cleaned_data["until"])
        said = ngettext("%d notification is read.", "%d notifications are read.", count)
        messages.success(request, said % count)
    else:
        messages.warning(request, _("There was nothing to mark as read."))
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    """Back to the list as it was narrowed."""
    target, own = request.POST.get("next", ""), reverse("changes:notification_list")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours and target.partition("?")[0] == own else own
