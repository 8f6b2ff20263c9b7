"""Writing the wiki in the browser."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import may, require
from changes.edit_flow import EditScreen, authorship, run_edit, show
from changes.models import Source
from changes.recording import Authorship, NothingChangedError
from markup.rendering import MAX_TEXT_BYTES
from wiki.editing import create_page, delete_page, edit_page, rename_page, restore_page
from wiki.forms import DeleteForm, PageForm, RenameForm
from wiki.models import Page
from wiki.permissions import may_edit_page
from wiki.rendering import render_body


def _preview(values: dict[str, Any]) -> str:
    return render_body(values["body"]).html


@require_http_methods(["GET", "POST"])
def page_create(request: HttpRequest) -> HttpResponse:
    """Write a new page under a title of one's choice."""
    title = request.GET.get("title", "")[:200]
    return _create(request, title=title, cancel_url=reverse("wiki:page_list"))


def _create(request: HttpRequest, *, title: str, cancel_url: str) -> HttpResponse:
    screen = EditScreen(
        template="wiki/page_edit.html",
        context={"cancel_url": cancel_url, "page": None},
        preview=_preview,
    )
    may_protect = may(request.user, "wiki.protect_page")
    if request.method == "GET":
        require(request.user, "wiki.add_page")
        initial = {"title": title, "language": "en"}
        return show(request, screen, PageForm(initial=initial, may_protect=may_protect))
    form = PageForm(request.POST, may_protect=may_protect)
    if not may(request.user, "wiki.add_page"):
        return _refuse_kindly(request, screen, form)

    def save() -> tuple[Page, None]:
        return create_page(values=form.values(), by=authorship(request, form)), None

    return run_edit(request, screen, form, save)


@require_http_methods(["GET", "POST"])
def page_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a page, or write it where there is none yet."""
    page = Page.objects.existing().filter(slug=slug).first()
    if page is None:
        title = request.GET.get("title", "")[:200] or slug.replace("-", " ").capitalize()
        cancel_url = reverse("wiki:page_detail", args=[slug])
        return _create(request, title=title, cancel_url=cancel_url)
    screen = EditScreen(
        template="wiki/page_edit.html",
        context={"cancel_url": page.get_absolute_url(), "page": page},
        preview=_preview,
    )
    may_protect = may(request.user, "wiki.protect_page")
    if request.method == "GET":
        _require_edit(request, page)
        initial = PageForm.initial_of(page)
        return show(request, screen, PageForm(initial=initial, page=page, may_protect=may_protect))
    form = PageForm(request.POST, page=page, may_protect=may_protect)
    if not may_edit_page(request.user, page):
        return _refuse_kindly(request, screen, form)

    def save() -> tuple[Page, Any]:
        return edit_page(
            page_id=page.pk,
            base_version=form.cleaned_data["base_revision"] or 0,
            values=form.values(),
            by=authorship(request, form),
        )

    return run_edit(request, screen, form, save)


def _require_edit(request: HttpRequest, page: Page) -> None:
    require(request.user, "wiki.change_page")
    if not may_edit_page(request.user, page):
        raise PermissionDenied(_("This page is protected; your account may not change it."))


def _refuse_kindly(request: HttpRequest, screen: EditScreen, form: PageForm) -> HttpResponse:
    """Someone who may not save keeps what they typed."""
    return show(
        request, screen, form, status=403, denied=_("Sign in with an account that may edit.")
    )


@require_POST
def page_preview(request: HttpRequest) -> HttpResponse:
    """The HTML of a text that is not saved: exactly what the page would show."""
    require(request.user, "wiki.add_page")
    body = request.POST.get("body", "")
    if len(body.encode()) > MAX_TEXT_BYTES:
        return HttpResponse(_("This text is too long to be shown."), status=413)
    return HttpResponse(render_body(body.replace("\r\n", "\n")).html)


@require_http_methods(["GET", "POST"])
def page_rename(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a page another title; a redirect stays behind."""
    page = get_object_or_404(Page.objects.published(), slug=slug)
    require(request.user, "wiki.rename_page")
    form = RenameForm(request.POST or None, initial={"title": page.title})
    if request.method == "POST" and form.is_valid():
        by = _by(request, form.cleaned_data["summary"])
        try:
            page = rename_page(page_id=page.pk, new_title=form.cleaned_data["title"], by=by)
        except NothingChangedError:
            messages.info(request, _("That is its title already."))
            return redirect(page)
        except ValidationError as error:
            form.add_validation_error(error)
        else:
            messages.success(request, _("Renamed. The old title leads here."))
            return redirect(page)
    status = 422 if form.errors else 200
    return render(request, "wiki/page_rename.html", {"form": form, "page": page}, status=status)


@require_http_methods(["GET", "POST"])
def page_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a page away from readers; it can be restored."""
    require(request.user, "wiki.delete_page")
    page = get_object_or_404(Page.objects.existing(), slug=slug)
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            delete_page(page_id=page.pk, reason=reason, by=_by(request, reason))
        except NothingChangedError:
            messages.info(request, _("This page is deleted already."))
        else:
            messages.success(request, _("Deleted. It can be restored from its address."))
        return redirect("wiki:page_list")
    status = 422 if form.errors else 200
    return render(request, "wiki/page_delete.html", {"form": form, "page": page}, status=status)


@require_POST
def page_restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a deleted page back."""
    require(request.user, "wiki.delete_page")
    page = get_object_or_404(Page, slug=slug)
    try:
        restore_page(page_id=page.pk, by=_by(request, _("restored")))
    except NothingChangedError:
        messages.info(request, _("This page is not deleted."))
    else:
        messages.success(request, _("Restored."))
    return redirect(page)


def _by(request: HttpRequest, summary: str) -> Authorship:
    return Authorship(actor=request.user, summary=summary, source=Source.WEB)  # type: ignore[arg-type]
