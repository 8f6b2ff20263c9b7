"""Links that no edit may add, for moderators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import require
from markup.urls import InvalidUrl, parse_typed_url
from moderation.block_forms import add_errors
from moderation.link_blocking import (
    BLOCK_LINKS,
    ReadList,
    block_link,
    change_blocked_link,
    export_blocked_links,
    import_blocked_links,
    load_matcher,
    unblock_link,
)
from moderation.link_forms import BlockedLinkForm, ChangeForm, ImportForm
from moderation.models import BlockedLink
from moderation.terms import AS_IT_IS, FOR_GOOD, end_of

LINKS_PER_PAGE = 100
FAULTS_SHOWN = 50


@require_safe
def blocked_link_list(request: HttpRequest) -> HttpResponse:
    """The list, by words; ``?try=`` says what it does to an address."""
    require(request.user, BLOCK_LINKS)
    words = request.GET.get("q", "").strip()[:200]
    tried = request.GET.get("try", "").strip()[:2000]
    links = BlockedLink.objects.select_related("made_by").order_by("pattern")
    if words:
        links = links.matching(words)
    page = Paginator(links, LINKS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "words": words, "tried": tried, **(_try(tried) if tried else {})}
    return render(request, "moderation/blocked_link_list.html", context)


def _try(typed: str) -> dict[str, Any]:
    """What would become of an edit that adds the address."""
    try:
        url = parse_typed_url(typed)
    except InvalidUrl as error:
        return {"fault": str(error)}
    matcher = load_matcher()
    pk = matcher.find(url) if matcher else None
    return {"tried_url": url, "match": BlockedLink.objects.get(pk=pk) if pk else None}


@require_http_methods(["GET", "HEAD", "POST"])
def blocked_link_create(request: HttpRequest) -> HttpResponse:
    """Put one more on the list; ``?pattern=`` names it already."""
    require(request.user, BLOCK_LINKS)
    assert isinstance(request.user, User)
    if request.method != "POST":
        initial = {"pattern": request.GET.get("pattern", "")[:500], "duration": FOR_GOOD}
        return _show(request, BlockedLinkForm(initial=initial))
    form = BlockedLinkForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            made = block_link(
                pattern=values["pattern"],
                reason=values["reason"],
                expires_at=end_of(values["duration"]),
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(what)s is blocked.") % {"what": made.pattern})
            return redirect("moderation:blocked_link_list")
    return _show(request, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def blocked_link_edit(request: HttpRequest, blocked_id: int) -> HttpResponse:
    """Give one another reason or end."""
    require(request.user, BLOCK_LINKS)
    assert isinstance(request.user, User)
    blocked = get_object_or_404(BlockedLink, pk=blocked_id)
    initial = {"reason": blocked.reason, "duration": AS_IT_IS}
    form = ChangeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_blocked_link(
                blocked_id=blocked.pk,
                reason=form.cleaned_data["reason"],
                expires_at=end_of(form.cleaned_data["duration"], known=blocked.expires_at),
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(what)s is changed.") % {"what": blocked.pattern})
            return redirect("moderation:blocked_link_list")
    return _show(request, form, known=blocked, status=422 if form.errors else 200)


@require_POST
def blocked_link_remove(request: HttpRequest, blocked_id: int) -> HttpResponse:
    """Take one off the list."""
    require(request.user, BLOCK_LINKS)
    assert isinstance(request.user, User)
    blocked = get_object_or_404(BlockedLink, pk=blocked_id)
    unblock_link(blocked_id=blocked.pk, by=request.user)
    messages.success(request, _("%(what)s is not blocked any more.") % {"what": blocked.pattern})
    return redirect("moderation:blocked_link_list")


@require_http_methods(["GET", "HEAD", "POST"])
def blocked_link_import(request: HttpRequest) -> HttpResponse:
    """Put many on the list, as lines of text."""
    require(request.user, BLOCK_LINKS)
    assert isinstance(request.user, User)
    form = ImportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            read = import_blocked_links(
                text=values["text"], reason=values["reason"], by=request.user
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            if not read.faults:
                messages.success(request, _say_read(read))
                return redirect("moderation:blocked_link_list")
            for number, why in read.faults[:FAULTS_SHOWN]:
                form.add_error("text", _("Line %(n)d: %(why)s") % {"n": number, "why": why})
    return _show(request, form, template="blocked_link_import", status=422 if form.errors else 200)


@require_safe
def blocked_link_export(request: HttpRequest) -> HttpResponse:
    """The list as text that can be imported elsewhere."""
    require(request.user, BLOCK_LINKS)
    headers = {"Content-Disposition": 'attachment; filename="blocked-links.txt"'}
    text = export_blocked_links()
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _say_read(read: ReadList) -> str:
    taken = ngettext("%(count)d pattern is new.", "%(count)d patterns are new.", len(read.taken))
    known = ngettext("%(count)d was known.", "%(count)d were known.", read.known)
    return f"{taken % {'count': len(read.taken)}} {known % {'count': read.known}}"


def _show(
    request: HttpRequest,
    form: forms.Form,
    *,
    known: BlockedLink | None = None,
    template: str = "blocked_link_edit",
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "known": known}
    return render(request, f"moderation/{template}.html", context, status=status)
