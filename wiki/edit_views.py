"""Writing the wiki in the browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import may, require
from changes.cleaning import clean_language, clean_prose
from changes.draft_flow import ACTIONS as DRAFT_ACTIONS
from changes.draft_flow import answer_draft
from changes.edit_flow import EditScreen, authorship, run_edit, show
from changes.edit_previews import answer_preview
from changes.forms import RevisionForm, as_posted, read_number
from changes.models import ObjectType
from changes.proposing import Editing
from changes.recording import Authorship
from markup.parts import find_part, read_part
from moderation.proposing import may_propose
from moderation.protection import (
    explain_protection,
    keeps_out,
    show_protection,
)
from wiki.editing import create_page, edit_page
from wiki.forms import PageForm
from wiki.models import Page
from wiki.page_parts import PartEdit, PartGoneError, explain_part, has_part, put_in_page
from wiki.rendering import render_body
from wiki.summaries import summarise
from wiki.translating import show_original_of

MAX_PART = 1000  # characters of an anchor that are looked at


def _preview(values: dict[str, Any]) -> str:
    """The page, or of an edited part that part as the page will show it."""
    body = values.get("whole", values["body"])
    return render_body(body, values["language"], lines=values.get("lines")).html


@require_http_methods(["GET", "HEAD", "POST"])
def page_create(request: HttpRequest) -> HttpResponse:
    """Write a new page under a title of one's choice."""
    screen = _new_page_screen(reverse("wiki:page_list"))
    return _create(request, screen, title=request.GET.get("title", "")[:200])


def run_create(
    request: HttpRequest, *, initial: dict[str, Any], context: dict[str, Any]
) -> HttpResponse:
    """The form of a new page that begins with ``initial``; ``context`` is for its template."""
    screen = _new_page_screen(context["cancel_url"])
    return _create(request, replace(screen, context={**screen.context, **context}), **initial)


def _new_page_screen(cancel_url: str) -> EditScreen:
    return EditScreen(
        template="wiki/page_edit.html",
        context={"cancel_url": cancel_url, "page": None},
        preview=_preview,
    )


def _create(request: HttpRequest, screen: EditScreen, **initial: Any) -> HttpResponse:
    def save(form: RevisionForm) -> tuple[Page, None]:
        values = form.values()
        return create_page(values=values, by=_by(request, form, None, values["body"])), None

    editing = Editing(
        object_type=ObjectType.PAGE,
        obj=None,
        may_publish=may(request.user, "wiki.add_page"),
        form_class=PageForm,
        initial={"title": "", "language": "en", **initial},
        save=save,
    )
    return run_edit(request, screen, editing)


@require_http_methods(["GET", "HEAD", "POST"])
def page_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a page, or write it where there is none yet.

    A redirect has no text of its own: its target is edited, also by a form that was opened before
    the page got its new title.
    """
    known = Page.objects.existing().select_related("redirect_to", "translation_of")
    page = known.filter(slug=slug).first()
    if page is not None and page.redirect_to is not None:
        if request.method != "POST":
            return redirect("wiki:page_edit", page.redirect_to.slug)
        if _was_written_for(page, request):
            return _show_merged(request, page, page.redirect_to)
        page = page.redirect_to
    if page is None:
        return _write_missing(request, slug)
    protection = show_protection(ObjectType.PAGE, page, viewer=request.user)
    asked = (request.POST.get("part") or request.GET.get("section", ""))[:MAX_PART]
    part = find_part(page.body, asked)
    screen = EditScreen(
        template="wiki/page_edit.html",
        context={
            "cancel_url": page.get_absolute_url(),
            "page": page,
            "original": show_original_of(page),
            "protection": protection,
            "part": part,
            "part_gone": explain_part(part, bool(asked)) if request.method != "POST" else "",
        },
        preview=_preview,
    )

    def save(form: RevisionForm) -> tuple[Page, Any]:
        values = form.values()
        saved, edit = edit_page(
            page_id=page.pk,
            base_version=form.base_version,
            values=values,
            by=_by(request, form, page.body, values["body"]),
        )
        _tell_of_lost_heading(request, form, saved)
        return saved, edit

    editing = Editing(
        object_type=ObjectType.PAGE,
        obj=page,
        may_publish=may(request.user, "wiki.change_page") and not keeps_out(protection),
        why_not=explain_protection(protection),
        form_class=PageForm,
        form_options={"page": page},
        part={"part": part.id, "body": read_part(page.body, part)} if part else {},
        save=save,
    )
    return run_edit(request, screen, editing)


def _was_written_for(page: Page, request: HttpRequest) -> bool:
    """Whether a form was filled from a redirect's own text: the page was merged meanwhile."""
    rows: Any = page.history
    base = read_number(request.POST, "base_revision")
    return bool(rows.filter(version=base, redirect_to=None).exists())


def _show_merged(request: HttpRequest, gone: Page, kept: Page) -> HttpResponse:
    """The form of the page that another was merged into, with what was typed in that at its end.

    A draft of it stays one of that page: it is offered there if the merge is taken back.
    """
    if request.POST.get("do") in DRAFT_ACTIONS:
        editing = Editing(
            object_type=ObjectType.PAGE,
            obj=gone,
            may_publish=False,
            form_class=PageForm,
            form_options={"page": gone},
            save=lambda _form: (gone, None),
        )
        return answer_draft(request, editing, request.POST["do"])
    form = PageForm(page=kept, initial=PageForm.initial_of(kept))
    data = QueryDict(mutable=True)
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        data.setlist(name, as_posted(field.prepare_value(value)))
    data["body"] = f"{kept.body.rstrip()}\n\n{request.POST.get('body', '')}"
    data["summary"] = request.POST.get("summary", "")
    again = PageForm(data, page=kept)
    again.add_error(
        None,
        _(
            "“%(gone)s” was merged into this page while you were writing. This page is below, with"
            " what you typed at its end: put it where it belongs and save."
        )
        % {"gone": gone.title},
    )
    screen = EditScreen(
        template="wiki/page_edit.html",
        context={
            "cancel_url": kept.get_absolute_url(),
            "page": kept,
            "action": reverse("wiki:page_edit", args=[kept.slug]),
        },
        preview=_preview,
    )
    return show(request, screen, again, status=409)


def _by(request: HttpRequest, form: RevisionForm, before: str | None, after: str) -> Authorship:
    """Who saves the form, and what is said of it, by them or else by what it does."""
    by = authorship(request, form)
    return by if by.summary else replace(by, summary=summarise(before, after))


def _tell_of_lost_heading(request: HttpRequest, form: RevisionForm, saved: Page) -> None:
    """Say so where what was typed stands now below a heading that others renamed or removed."""
    part, whole = form.cleaned_data.get("part"), form.cleaned_data.get("whole", "")
    if part and has_part(whole, part) and not has_part(saved.body, part):
        messages.info(request, _("The heading that you edited was renamed or removed meanwhile."))


def _write_missing(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a new page at an address; one of a page deleted meanwhile keeps its text."""
    title = request.GET.get("title", "")[:200] or slug.replace("-", " ").capitalize()[:200]
    screen = _new_page_screen(reverse("wiki:page_detail", args=[slug]))
    if request.method == "POST" and "title" not in request.POST:
        deleted = Page.objects.filter(slug=slug).first()
        data = request.POST.copy()
        knows = deleted is not None and may(request.user, "wiki.delete_page")
        data.pop("part", None)
        data["title"] = deleted.title if deleted and knows else title
        form = PageForm(data)
        form.add_error(
            None, _("This page was deleted while you were writing. Saving makes it anew.")
        )
        return show(request, screen, form, status=409)
    return _create(request, screen, title=title)


def _find_part_edit(request: HttpRequest, source: str) -> PartEdit | None:
    """The page with ``source`` in the place of the part that is edited; None of a whole page."""
    part = request.POST.get("part", "")[:MAX_PART]
    page_id, base = read_number(request.GET, "page"), read_number(request.POST, "base_revision")
    page = Page.objects.published().filter(pk=page_id).first() if part else None
    if page is None:
        return None
    try:
        return put_in_page(page, base, part, source)
    except PartGoneError:
        return None


@require_POST
def page_preview(request: HttpRequest) -> HttpResponse:
    """The HTML of a text that is not saved: exactly what the page would show.

    Of a part of the page ``?page=`` (an id) too: with the footnotes and addresses that stand
    elsewhere in it.
    """
    if not may_propose(request.user):
        require(request.user, "wiki.add_page")

    def render(body: str) -> str:
        language = clean_language(request.POST.get("language", settings.LANGUAGE_CODE))
        edit = _find_part_edit(request, body)
        if edit is None:
            return render_body(body, language).html
        return render_body(clean_prose(edit.body, field="body"), language, lines=edit.lines).html

    return answer_preview(request, render)
