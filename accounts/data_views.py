"""One's own data: what is kept, a copy of it, and having the account erased."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.erasing import erase_user, export_data
from accounts.forms import EraseForm


@login_required
@require_safe
def data_detail(request: HttpRequest) -> HttpResponse:
    """What is kept about whoever asks, and what they can do about it."""
    return render(request, "accounts/data_detail.html")


@login_required
@never_cache
@require_safe
def data_export(request: HttpRequest) -> HttpResponse:
    """All of it, as a JSON file."""
    response = JsonResponse(export_data(request.user), json_dumps_params={"indent": 2})  # type: ignore[arg-type]
    name = f"perennial-{request.user.pk}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data_erase(request: HttpRequest) -> HttpResponse:
    """Erase the account of whoever asks, once they gave their password and mean it."""
    user: Any = request.user
    form = EraseForm(request.POST or None, user=user)
    if request.method != "POST":
        return render(request, "accounts/data_erase.html", {"form": form})
    if form.is_valid():
        try:
            pseudonym = erase_user(user=user, actor=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            logout(request)
            words = _("Your account is erased. What you wrote stands under the name %(name)s now.")
            messages.success(request, words % {"name": pseudonym})
            return redirect("/")
    return render(request, "accounts/data_erase.html", {"form": form}, status=422)
