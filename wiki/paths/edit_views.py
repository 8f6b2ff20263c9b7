"""Writing learning paths in the browser."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import may, require
from catalog.models import Section
from changes.edit_flow import EditScreen, answer_restore, authorship, run_edit, save_by
from changes.forms import RevisionForm
from changes.models import ObjectType
from changes.proposing import Editing
from moderation.protection import explain_protection, keeps_out, show_protection
from wiki.deleting import Deletion, run_delete
from wiki.paths.editing import create_path, delete_path, edit_path, restore_path
from wiki.paths.forms import PathForm
from wiki.paths.models import Path
from wiki.paths.rendering import draw_path


def _preview(values: dict[str, Any]) -> str:
    names = ("introduction", "language", "steps")
    return draw_path(Path(**{name: values[name] for name in names}))


@require_http_methods(["GET", "HEAD", "POST"])
def path_create(request: HttpRequest) -> HttpResponse:
    """Lay a new path."""
    screen = EditScreen(
        template="wiki/path_edit.html",
        context={"cancel_url": reverse("wiki:path_list"), "path": None},
        preview=_preview,
    )

    def save(form: RevisionForm) -> tuple[Path, None]:
        return create_path(values=form.values(), by=authorship(request, form)), None

    section = Section.objects.existing().filter(slug=request.GET.get("section", "")).first()
    editing = Editing(
        object_type=ObjectType.PATH,
        obj=None,
        may_publish=may(request.user, "wiki.add_path"),
        form_class=PathForm,
        initial={"language": "en", "section": section.pk if section else None},
        save=save,
    )
    return run_edit(request, screen, editing)


@require_http_methods(["GET", "HEAD", "POST"])
def path_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a path: what it says of itself, and its steps."""
    path = get_object_or_404(Path.objects.existing(), slug=slug)
    protection = show_protection(ObjectType.PATH, path, viewer=request.user)
    screen = EditScreen(
        template="wiki/path_edit.html",
        context={"cancel_url": path.get_absolute_url(), "path": path, "protection": protection},
        preview=_preview,
    )

    editing = Editing(
        object_type=ObjectType.PATH,
        obj=path,
        may_publish=may(request.user, "wiki.change_path") and not keeps_out(protection),
        why_not=explain_protection(protection),
        form_class=PathForm,
        form_options={"path": path},
        save=save_by(edit_path, request, path_id=path.pk),
    )
    return run_edit(request, screen, editing)


@require_http_methods(["GET", "HEAD", "POST"])
def path_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a path away from readers; it can be restored."""
    path = get_object_or_404(Path.objects.existing(), slug=slug)
    screen = EditScreen(template="wiki/path_delete.html", context={"path": path})
    deletion = Deletion(
        permission="wiki.delete_path",
        delete=lambda reason, by: delete_path(path_id=path.pk, reason=reason, by=by),
        refusal=_("Your account may not delete paths."),
        unchanged=_("This path is deleted already."),
        then="wiki:path_list",
    )
    return run_delete(request, screen, deletion)


@require_POST
def path_restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a deleted path back."""
    require(request.user, "wiki.delete_path")
    path = get_object_or_404(Path, slug=slug)
    return answer_restore(
        request,
        path,
        lambda by: restore_path(path_id=path.pk, by=by),
        unchanged=_("This path is not deleted."),
        done=_("Restored."),
    )
