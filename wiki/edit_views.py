"""Writing the wiki in the browser."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.limits import count
from accounts.permissions import may, require
from changes.cleaning import clean_language, clean_prose
from changes.edit_flow import EditScreen, authorship, refuse_kindly, run_edit, show
from changes.forms import RevisionForm
from changes.models import ObjectType, Source
from changes.proposing import Editing
from changes.recording import Authorship, NothingChangedError
from markup.rendering import OutputTooLarge
from moderation.proposing import may_propose
from moderation.protection import (
    explain_protection,
    keeps_out,
    require_publish,
    show_protection,
)
from wiki.editing import create_page, delete_page, edit_page, rename_page, restore_page
from wiki.forms import DeleteForm, PageForm, RenameForm
from wiki.models import Page
from wiki.permissions import may_edit_page
from wiki.rendering import render_body


def _preview(values: dict[str, Any]) -> str:
    return render_body(values["body"], values["language"]).html


@require_http_methods(["GET", "HEAD", "POST"])
def page_create(request: HttpRequest) -> HttpResponse:
    """Write a new page under a title of one's choice."""
    screen = _new_page_screen(reverse("wiki:page_list"))
    return _create(request, screen, title=request.GET.get("title", "")[:200])


def _new_page_screen(cancel_url: str) -> EditScreen:
    return EditScreen(
        template="wiki/page_edit.html",
        context={"cancel_url": cancel_url, "page": None},
        preview=_preview,
    )


def _create(request: HttpRequest, screen: EditScreen, *, title: str) -> HttpResponse:
    def save(form: RevisionForm) -> tuple[Page, None]:
        return create_page(values=form.values(), by=authorship(request, form)), None

    editing = Editing(
        object_type=ObjectType.PAGE,
        obj=None,
        may_publish=may(request.user, "wiki.add_page"),
        form_class=PageForm,
        initial={"title": title, "language": "en"},
        save=save,
    )
    return run_edit(request, screen, editing)


@require_http_methods(["GET", "HEAD", "POST"])
def page_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a page, or write it where there is none yet.

    A redirect has no text of its own: its target is edited, also by a form that was opened before
    the page got its new title.
    """
    page = Page.objects.existing().select_related("redirect_to").filter(slug=slug).first()
    if page is not None and page.redirect_to is not None:
        if request.method != "POST":
            return redirect("wiki:page_edit", page.redirect_to.slug)
        page = page.redirect_to
    if page is None:
        return _write_missing(request, slug)
    protection = show_protection(ObjectType.PAGE, page, viewer=request.user)
    screen = EditScreen(
        template="wiki/page_edit.html",
        context={
            "cancel_url": page.get_absolute_url(),
            "page": page,
            "protection": protection,
        },
        preview=_preview,
    )

    def save(form: RevisionForm) -> tuple[Page, Any]:
        return edit_page(
            page_id=page.pk,
            base_version=form.cleaned_data["base_revision"] or 0,
            values=form.values(),
            by=authorship(request, form),
        )

    editing = Editing(
        object_type=ObjectType.PAGE,
        obj=page,
        may_publish=may(request.user, "wiki.change_page") and not keeps_out(protection),
        why_not=explain_protection(protection),
        form_class=PageForm,
        form_options={"page": page},
        save=save,
    )
    return run_edit(request, screen, editing)


def _write_missing(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a new page at an address; one of a page deleted meanwhile keeps its text."""
    title = request.GET.get("title", "")[:200] or slug.replace("-", " ").capitalize()[:200]
    screen = _new_page_screen(reverse("wiki:page_detail", args=[slug]))
    if request.method == "POST" and "title" not in request.POST:
        deleted = Page.objects.filter(slug=slug).first()
        data = request.POST.copy()
        knows = deleted is not None and may(request.user, "wiki.delete_page")
        data["title"] = deleted.title if deleted and knows else title
        form = PageForm(data)
        form.add_error(
            None, _("This page was deleted while you were writing. Saving makes it anew.")
        )
        return show(request, screen, form, status=409)
    return _create(request, screen, title=title)


def _require_edit(request: HttpRequest, page: Page) -> None:
    require(request.user, "wiki.change_page")
    require_publish(request.user, ObjectType.PAGE, page)


@require_POST
def page_preview(request: HttpRequest) -> HttpResponse:
    """The HTML of a text that is not saved: exactly what the page would show."""
    if not may_propose(request.user):
        require(request.user, "wiki.add_page")
    count("preview", actor=request.user)
    try:
        body = clean_prose(request.POST.get("body", ""), field="body")
        language = clean_language(request.POST.get("language", settings.LANGUAGE_CODE))
        return HttpResponse(render_body(body, language).html)
    except (ValidationError, OutputTooLarge) as error:
        reasons = error.messages if isinstance(error, ValidationError) else [str(error)]
        content_type = "text/plain; charset=utf-8"
        return HttpResponse("\n".join(reasons), status=413, content_type=content_type)


@require_http_methods(["GET", "HEAD", "POST"])
def page_rename(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a page another title; a redirect stays behind."""
    page = get_object_or_404(Page.objects.published(), slug=slug)
    screen = EditScreen(template="wiki/page_rename.html", context={"page": page})
    if request.method != "POST":
        require(request.user, "wiki.rename_page")
        _require_edit(request, page)
        return show(request, screen, RenameForm(initial={"title": page.title}))
    form = RenameForm(request.POST)
    if not may(request.user, "wiki.rename_page") or not may_edit_page(request.user, page):
        return refuse_kindly(request, screen, form, _("Your account may not rename this page."))
    if form.is_valid():
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
    return show(request, screen, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def page_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a page away from readers; it can be restored."""
    page = get_object_or_404(Page.objects.existing(), slug=slug)
    screen = EditScreen(template="wiki/page_delete.html", context={"page": page})
    if request.method != "POST":
        require(request.user, "wiki.delete_page")
        return show(request, screen, DeleteForm())
    form = DeleteForm(request.POST)
    if not may(request.user, "wiki.delete_page"):
        return refuse_kindly(request, screen, form, _("Your account may not delete pages."))
    if not form.is_valid():
        return show(request, screen, form, status=422)
    reason = form.cleaned_data["reason"]
    try:
        delete_page(page_id=page.pk, reason=reason, by=_by(request, reason))
    except NothingChangedError:
        messages.info(request, _("This page is deleted already."))
    else:
        messages.success(request, _("Deleted. It can be restored from its address."))
    return redirect("wiki:page_list")


@require_POST
def page_restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a deleted page back."""
    require(request.user, "wiki.delete_page")
    page = get_object_or_404(Page, slug=slug)
    try:
        restore_page(page_id=page.pk, by=_by(request, _("restored")))
    except NothingChangedError:
        messages.info(request, _("This page is not deleted."))
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect("wiki:page_detail", page.slug)
    else:
        messages.success(request, _("Restored."))
    return redirect(page)


def _by(request: HttpRequest, summary: str) -> Authorship:
    return Authorship(actor=request.user, summary=summary, source=Source.WEB)  # type: ignore[arg-type]
