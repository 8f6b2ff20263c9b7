"""Profiles."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.blocking import may_block
from accounts.forms import ProfileForm
from accounts.models import Block, User
from accounts.permissions import may, refuse_blocked
from accounts.profiles import ask_tellers
from markup.rendering import render_markdown


def get_user_or_404(username: str) -> User:
    """Return the user of that name, in whatever case; raise ``Http404`` with a sentence."""
    try:
        return User.objects.get_named(username)
    except User.DoesNotExist:
        raise Http404(_("Nobody here has the name “%(name)s”.") % {"name": username}) from None


def describe_profile(profile: User, *, reader: User | AnonymousUser) -> dict[str, Any]:
    """Return what ``accounts/user_detail.html`` shows to ``reader``, and whatever extends it.

    ``changes.views.user_detail`` does: contributions are known above this app.
    """
    return {
        "profile": profile,
        "about_html": render_markdown(profile.about),
        "blocked": Block.objects.standing().filter(user=profile).first(),
        "may_block": may_block(reader, profile),
        **ask_tellers(profile, reader),
        "may_mass_revert": may(reader, "moderation.mass_revert"),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def user_edit(request: HttpRequest, username: str) -> HttpResponse:
    """Let people change what they say of themselves; nobody changes another's."""
    profile = get_user_or_404(username)
    if profile != request.user:
        raise PermissionDenied(_("This is the profile of somebody else: only they can edit it."))
    refuse_blocked(request.user)
    form = ProfileForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect(profile)
    return render(request, "accounts/user_edit.html", {"profile": profile, "form": form})
