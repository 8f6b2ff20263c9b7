"""Writing the catalog in the browser."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import may, require
from catalog.editing import (
    create_resource,
    create_section_from,
    edit_resource,
    edit_section,
    list_again,
    refuse_declined,
    restore_resource,
    retire_resource,
)
from catalog.forms import ResourceForm, RetireForm, SectionForm
from catalog.models import Resource, Section
from catalog.rendering import render_description, render_introduction
from changes.edit_flow import (
    EditScreen,
    answer_restore,
    authorship,
    made_by,
    refuse_kindly,
    run_edit,
    save_by,
    show,
)
from changes.edit_previews import answer_preview
from changes.forms import RevisionForm
from changes.models import ObjectType
from changes.proposing import Editing, keep_or_refuse
from changes.recording import NothingChangedError
from changes.refusals import MayNotPublishError
from moderation.proposing import may_propose
from moderation.protection import (
    explain_protection,
    keeps_out,
    require_publish,
    show_protection,
)


@require_http_methods(["GET", "HEAD", "POST"])
def resource_create(request: HttpRequest) -> HttpResponse:
    """Suggest a new entry."""
    screen = EditScreen(
        template="catalog/resource_edit.html",
        context={"cancel_url": reverse("catalog:resource_list"), "resource": None},
        preview=_preview_description,
    )

    def save(form: RevisionForm) -> tuple[Resource, None]:
        values, by = form.values(), authorship(request, form)
        if request.POST.get("do") == "insist":
            return list_again(values=values, by=by), None
        refuse_declined(values)
        return create_resource(values=values, by=by), None

    editing = Editing(
        object_type=ObjectType.RESOURCE,
        obj=None,
        may_publish=may(request.user, "catalog.add_resource"),
        form_class=ResourceForm,
        initial=_initial_of_new(request),
        save=save,
    )
    return run_edit(request, screen, editing)


def _initial_of_new(request: HttpRequest) -> dict[str, Any]:
    """A link elsewhere may fill in the section and the address."""
    section = Section.objects.existing().filter(slug=request.GET.get("section", "")).first()
    return {
        "section": section.pk if section else None,
        "url": request.GET.get("url", "")[:2000],
        "title": request.GET.get("title", "")[:300],
        "language": "en",
    }


@require_http_methods(["GET", "HEAD", "POST"])
def resource_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change an entry."""
    resource = get_object_or_404(Resource, slug=slug)
    protection = show_protection(ObjectType.RESOURCE, resource, viewer=request.user)
    may_publish = may(request.user, "catalog.change_resource") and not keeps_out(protection)
    screen = EditScreen(
        template="catalog/resource_edit.html",
        context={
            "cancel_url": resource.get_absolute_url(),
            "resource": resource,
            "protection": protection,
            "may_retire": may_publish,
        },
        preview=_preview_description,
    )

    editing = Editing(
        object_type=ObjectType.RESOURCE,
        obj=resource,
        may_publish=may_publish,
        why_not=explain_protection(protection),
        form_class=ResourceForm,
        form_options={"resource": resource},
        save=save_by(edit_resource, request, resource_id=resource.pk),
    )
    return run_edit(request, screen, editing)


def _preview_description(values: dict[str, Any]) -> str:
    return render_description(values["description"]).html


def _preview_introduction(values: dict[str, Any]) -> str:
    return render_introduction(values["introduction"]).html


@require_POST
def description_preview(request: HttpRequest) -> HttpResponse:
    """The HTML of a description that is not saved: exactly what the entry would show."""
    if not may_propose(request.user):
        require(request.user, "catalog.add_resource")
    return answer_preview(request, lambda text: render_description(text).html)


@require_POST
def introduction_preview(request: HttpRequest) -> HttpResponse:
    """The HTML of an introduction that is not saved: exactly what the section would show."""
    if not may_propose(request.user):
        require(request.user, "catalog.add_section")
    return answer_preview(request, lambda text: render_introduction(text).html)


@require_http_methods(["GET", "HEAD", "POST"])
def resource_retire(request: HttpRequest, slug: str) -> HttpResponse:
    """Take an entry off the list, with a reason."""
    resource = get_object_or_404(Resource, slug=slug)
    context = {"resource": resource, "may_retire": True}  # who may not is refused
    screen = EditScreen(template="catalog/resource_retire.html", context=context)
    if request.method != "POST":
        require(request.user, "catalog.change_resource")
        require_publish(request.user, ObjectType.RESOURCE, resource)
        return show(request, screen, RetireForm())
    form = RetireForm(request.POST)
    if not may(request.user, "catalog.change_resource"):
        return refuse_kindly(request, screen, form)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            retire_resource(resource_id=resource.pk, reason=reason, by=made_by(request, reason))
        except NothingChangedError:
            messages.info(request, _("This entry is retired already."))
            return redirect(resource)
        except MayNotPublishError as refusal:
            return refuse_kindly(request, screen, form, str(refusal))
        except ValidationError as error:
            kept = keep_or_refuse(request, form, resource, reason, error)
            return kept or show(request, screen, form, status=422)
        else:
            messages.success(request, _("Retired. It can be restored on this page."))
            return redirect(resource)
    return show(request, screen, form, status=422)


@require_POST
def resource_restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a retired entry back."""
    require(request.user, "catalog.change_resource")
    resource = get_object_or_404(Resource, slug=slug)
    return answer_restore(
        request,
        resource,
        lambda by: restore_resource(resource_id=resource.pk, by=by),
        unchanged=_("This entry is listed already."),
        done=_("Restored: it is on the list again."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def section_create(request: HttpRequest) -> HttpResponse:
    """Add a heading to the list."""
    screen = EditScreen(
        template="catalog/section_edit.html",
        context={"cancel_url": reverse("catalog:section_list"), "section": None},
        preview=_preview_introduction,
    )

    def save(form: RevisionForm) -> tuple[Section, None]:
        return create_section_from(values=form.values(), by=authorship(request, form)), None

    parent = Section.objects.existing().filter(slug=request.GET.get("parent", "")).first()
    editing = Editing(
        object_type=ObjectType.SECTION,
        obj=None,
        may_publish=may(request.user, "catalog.add_section"),
        form_class=SectionForm,
        initial={"parent": parent.pk if parent else None},
        save=save,
    )
    return run_edit(request, screen, editing)


@require_http_methods(["GET", "HEAD", "POST"])
def section_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a heading, its place or its introduction."""
    section = get_object_or_404(Section.objects.existing(), slug=slug)
    protection = show_protection(ObjectType.SECTION, section, viewer=request.user)
    screen = EditScreen(
        template="catalog/section_edit.html",
        context={
            "cancel_url": section.get_absolute_url(),
            "section": section,
            "protection": protection,
        },
        preview=_preview_introduction,
    )

    editing = Editing(
        object_type=ObjectType.SECTION,
        obj=section,
        may_publish=may(request.user, "catalog.change_section") and not keeps_out(protection),
        why_not=explain_protection(protection),
        form_class=SectionForm,
        form_options={"section": section},
        save=save_by(edit_section, request, section_id=section.pk),
    )
    return run_edit(request, screen, editing)
