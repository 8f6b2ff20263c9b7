"""Pictures: their files, the list of them, a page for each, uploading and deleting."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import may, require
from changes.feed_views import sandboxed
from changes.recording import NothingChangedError
from wiki.image_files import CONTENT_TYPES, image_path
from wiki.image_forms import ImageDeleteForm, ImageForm
from wiki.image_models import Image
from wiki.images import ADD, DELETE, delete_image, find_uses, restore_image, upload_image

PER_PAGE = 48
#: The content at an address never changes; no longer than this does a deleted one stay in caches.
KEPT_SECONDS = 30 * 24 * 3600


@require_safe
def image_file(request: HttpRequest, image: str) -> HttpResponse:
    """The file itself, for caches to keep."""
    if not Image.objects.existing().filter(name=image).exists():
        raise Http404
    etag = f'"{image}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            data = image_path(image).read_bytes()
        except FileNotFoundError:
            raise Http404 from None
        response = HttpResponse(data, content_type=CONTENT_TYPES[image.rpartition(".")[2]])
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return sandboxed(response)


@require_safe
def image_list(request: HttpRequest) -> HttpResponse:
    """All pictures, the newest first; ``?unused=yes`` those that nothing shows."""
    is_unused = request.GET.get("unused") == "yes"
    images = Image.objects.existing().select_related("uploader")
    if is_unused:
        images = images.unused()
    context = {
        "page": Paginator(images, PER_PAGE).get_page(request.GET.get("page")),
        "is_unused": is_unused,
        "may_add": may(request.user, ADD),
    }
    return render(request, "wiki/image_list.html", context)


@require_safe
def image_detail(request: HttpRequest, image: str) -> HttpResponse:
    """One picture with its words, and where it is shown; a deleted one for moderators only."""
    found = get_object_or_404(Image.objects.select_related("uploader"), name=image)
    may_delete = may(request.user, DELETE)
    if found.is_deleted and not may_delete:
        raise Http404
    pages, sections = find_uses(found)
    context = {"image": found, "pages": pages, "sections": sections, "may_delete": may_delete}
    return render(request, "wiki/image_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def image_upload(request: HttpRequest) -> HttpResponse:
    """Put a picture here; the answer shows what one writes into a text."""
    require(request.user, ADD)
    assert isinstance(request.user, User)
    if request.method != "POST":
        return render(request, "wiki/image_upload.html", {"form": ImageForm()})
    form = ImageForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            image, is_new = upload_image(
                data=form.cleaned_data["file"].read(),
                alt=form.cleaned_data["alt"],
                credit=form.cleaned_data["credit"],
                by=request.user,
            )
        except ValidationError as error:
            form.add_validation_error(error)
        else:
            said = _("The picture is here now.") if is_new else _("This picture was here already.")
            messages.success(request, said)
            return redirect(image)
    return render(request, "wiki/image_upload.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def image_delete(request: HttpRequest, image: str) -> HttpResponse:
    """Take a picture away, with a reason for the log."""
    require(request.user, DELETE)
    assert isinstance(request.user, User)
    found = get_object_or_404(Image.objects.existing(), name=image)
    form = ImageDeleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            delete_image(image_id=found.pk, reason=form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            form.add_validation_error(error)
        except NothingChangedError:
            return redirect(found)
        else:
            messages.success(request, _("The picture was deleted. It can be restored."))
            return redirect(found)
    pages, sections = find_uses(found)
    context = {"image": found, "form": form, "pages": pages, "sections": sections}
    return render(request, "wiki/image_delete.html", context)


@require_POST
def image_restore(request: HttpRequest, image: str) -> HttpResponse:
    """Bring a deleted picture back."""
    require(request.user, DELETE)
    assert isinstance(request.user, User)
    found = get_object_or_404(Image, name=image)
    try:
        restore_image(image_id=found.pk, by=request.user)
    except NothingChangedError:
        return redirect(found)
    messages.success(request, _("The picture was restored."))
    return redirect(found)
