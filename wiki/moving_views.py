"""Where a page stands: its title and address, whether it is there, what leads to it."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import may, require
from changes.edit_flow import EditScreen, answer_restore, made_by, refuse_kindly, show
from changes.models import ObjectType
from changes.recording import NothingChangedError
from moderation.protection import require_publish
from wiki.deleting import Deletion, run_delete
from wiki.editing import delete_page, restore_page
from wiki.forms import RenameForm
from wiki.models import Page
from wiki.permissions import may_edit_page
from wiki.relinking import (
    Relinked,
    find_linking,
    foresee,
    lead_links_on,
    rename_with_links,
)

SHOWN: Final = 10  # of what leads to a page that goes


def _require_edit(request: HttpRequest, page: Page) -> None:
    require(request.user, "wiki.change_page")
    require_publish(request.user, ObjectType.PAGE, page)


@require_http_methods(["GET", "HEAD", "POST"])
def page_rename(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a page another title; a redirect stays behind, and links follow if that is wanted."""
    page = get_object_or_404(Page.objects.published(), slug=slug)
    context = {"page": page, **_describe_linking(request, page.slug)}
    screen = EditScreen(template="wiki/page_rename.html", context=context)
    if request.method != "POST":
        require(request.user, "wiki.rename_page")
        _require_edit(request, page)
        return show(request, screen, RenameForm(initial={"title": page.title}))
    form = RenameForm(request.POST)
    if not may(request.user, "wiki.rename_page") or not may_edit_page(request.user, page):
        return refuse_kindly(request, screen, form, _("Your account may not rename this page."))
    if form.is_valid():
        values = form.cleaned_data
        try:
            renamed = rename_with_links(
                page_id=page.pk,
                new_title=values["title"],
                by=made_by(request, values["summary"]),
                follows=values["follows"],
            )
        except NothingChangedError:
            messages.info(request, _("That is its title already."))
            return redirect(page)
        except ValidationError as error:
            form.add_validation_error(error)
        else:
            messages.success(request, _("Renamed. The old title leads here."))
            _tell_of_links(request, renamed)
            return redirect(renamed.group if renamed.changed and renamed.group else renamed.page)
    return show(request, screen, form, status=422)


def _describe_linking(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The pages that following links would write, for whoever is asked first."""
    return {
        "linking": foresee(slug, actor=request.user),
        "linking_count": find_linking(slug).count(),
    }


def _tell_of_links(request: HttpRequest, found: Relinked) -> None:
    if found.changed:
        words = ngettext(
            "Links in %(count)d page lead there directly now.",
            "Links in %(count)d pages lead there directly now.",
            len(found.changed),
        )
        messages.success(request, words % {"count": len(found.changed)})
    if found.skipped:
        titles = ", ".join(found.skipped[:SHOWN]) + (" …" if len(found.skipped) > SHOWN else "")
        words = _("Left as they are, because you may not change them there: %(titles)s.")
        messages.warning(request, words % {"titles": titles})
    if found.left:
        words = ngettext(
            "%(count)d more page waits: do it again from “What links here” of the old title.",
            "%(count)d more pages wait: do it again from “What links here” of the old title.",
            found.left,
        )
        messages.warning(request, words % {"count": found.left})


@require_http_methods(["GET", "HEAD", "POST"])
def page_relink(request: HttpRequest, slug: str) -> HttpResponse:
    """Have links to a redirect lead to its page directly; GET shows which pages that changes."""
    redirected = get_object_or_404(Page.objects.existing(), slug=slug)
    if redirected.redirect_to is None:
        raise Http404
    require(request.user, "wiki.change_page")
    if request.method == "POST":
        found = lead_links_on(redirect_id=redirected.pk, by=made_by(request, _("Links lead on")))
        _tell_of_links(request, found)
        if found.group is None:
            messages.info(request, _("There was nothing to change."))
            return redirect("wiki:page_links", slug)
        return redirect(found.group)
    context = {"page": redirected, **_describe_linking(request, slug)}
    return render(request, "wiki/page_relink.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def page_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a page away from readers; it can be restored."""
    page = get_object_or_404(Page.objects.existing(), slug=slug)
    linking = find_linking(page.slug)
    context = {
        "page": page,
        "linking": linking.defer("body")[:SHOWN],
        "linking_count": linking.count(),
        "redirects": page.redirects.existing()[:SHOWN],
    }
    screen = EditScreen(template="wiki/page_delete.html", context=context)
    deletion = Deletion(
        permission="wiki.delete_page",
        delete=lambda reason, by: delete_page(page_id=page.pk, reason=reason, by=by),
        refusal=_("Your account may not delete pages."),
        unchanged=_("This page is deleted already."),
        then="wiki:page_list",
    )
    return run_delete(request, screen, deletion)


@require_POST
def page_restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a deleted page back."""
    require(request.user, "wiki.delete_page")
    page = get_object_or_404(Page, slug=slug)
    return answer_restore(
        request,
        page,
        lambda by: restore_page(page_id=page.pk, by=by),
        unchanged=_("This page is not deleted."),
        done=_("Restored."),
    )
