"""Protecting things in the browser, and the list of what is protected."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import require
from changes.history_views import Loader, below_slug
from changes.objects import TrackedObject, find_refs
from changes.recording import NothingChangedError
from moderation.block_forms import add_errors
from moderation.protect_forms import ProtectForm
from moderation.protecting import KIND, protect
from moderation.protection import PROTECT, find_protections, is_own
from moderation.protection_models import Level, Protection

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def object_protect(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """Say who may write on an object and on what belongs to it."""
    require(request.user, PROTECT)
    assert isinstance(request.user, User)
    standing = find_protections(tracked.object_type, obj)
    own = next((one for one in standing if is_own(one, tracked.object_type, obj)), None)
    around = next((one for one in standing if one is not own), None)
    if request.method != "POST":
        form = ProtectForm(known=own, initial=ProtectForm.initial_of(own))
        return _show(request, tracked, obj, form, own, around)
    form = ProtectForm(request.POST, known=own)
    if form.is_valid():
        try:
            made = protect(
                object_type=tracked.object_type,
                object_id=obj.pk,
                terms=form.terms(),
                by=request.user,
            )
        except NothingChangedError:
            messages.info(request, _("It is so already: nothing was changed."))
            return redirect(obj)
        except ValidationError as error:
            add_errors(form, error)
        else:
            done = _("The protection is lifted.") if made is None else _("It is protected.")
            messages.success(request, done)
            return redirect(obj)
    return _show(request, tracked, obj, form, own, around, status=422)


def _show(
    request: HttpRequest,
    tracked: TrackedObject,
    obj: Any,
    form: ProtectForm,
    own: Protection | None,
    around: Protection | None,
    *,
    status: int = 200,
) -> HttpResponse:
    refs = find_refs([(around.object_type, around.object_id)] if around else [])
    context = {
        "object": obj,
        "object_type": tracked.object_type,
        "form": form,
        "own": own,
        "around": around,
        "around_ref": next(iter(refs.values()), None),
    }
    return render(request, "moderation/object_protect.html", context, status=status)


def protect_patterns(prefix: str, load: Loader) -> list[URLPattern]:
    """The address ``protect/`` of a "page", "resource" or "section", to include below a slug."""
    view = below_slug(object_protect, prefix, load)
    return [path("protect/", view, name=f"{prefix}_protect")]


@require_safe
def protection_list(request: HttpRequest) -> HttpResponse:
    """What is protected now, for everyone: the newest first, by level."""
    level = request.GET.get("level", "")
    standing = Protection.objects.standing().select_related("made_by").order_by("-pk")
    if level in Level.values:
        standing = standing.filter(level=level)
    page = Paginator(standing, PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    refs = find_refs((one.object_type, one.object_id) for one in rows)
    shown = [(one, refs.get((one.object_type, one.object_id))) for one in rows]
    context = {
        "page": page,
        "rows": [(one, ref) for one, ref in shown if ref is not None and ref.is_public],
        "level": level,
        "levels": Level.choices,
        "log_kind": KIND,
    }
    return render(request, "moderation/protection_list.html", context)
