"""How one wants to be told, and leaving mails by the link in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.mail import find_mail_address
from accounts.models import User
from accounts.permissions import may
from changes.feed_token_models import FeedToken
from changes.feed_tokens import renew_feed_token, revoke_feed_token
from changes.feeds import absolute
from changes.notification_kinds import find_kind
from changes.preference_forms import DECIDING, PreferenceForm
from changes.preferring import save_preferences
from changes.unsubscribing import (
    REVIEW,
    SUMMARY,
    BadTokenError,
    Subscription,
    read_token,
    unsubscribe,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Name of the address, what the feed is called, and who is shown it.
_FEEDS: Final[tuple[tuple[str, StrOrPromise, tuple[str, ...]], ...]] = (
    ("changes:notification_feed", gettext_lazy("Notifications"), ()),
    ("changes:watchlist_feed", gettext_lazy("Watchlist"), ()),
    ("moderation:review_feed", gettext_lazy("Review queue"), DECIDING),
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preference_edit(request: HttpRequest) -> HttpResponse:
    """How I want to be told; the blocked may choose too: it is how they end mails."""
    assert isinstance(request.user, User)
    form = PreferenceForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        save_preferences(
            user=request.user,
            channels=form.channels(),
            wishes=form.wishes(),
            language=form.cleaned_data["language"],
        )
        messages.success(request, _("Your preferences are saved."))
        return redirect("changes:preference_edit")
    context = {
        "form": form,
        "mail_address": find_mail_address(request.user),
        "feed_token": FeedToken.objects.filter(user=request.user).first(),
    }
    return render(request, "changes/preference_edit.html", context)


@login_required
@require_POST
def feed_token_change(request: HttpRequest) -> HttpResponse:
    """A new key for my private feeds, shown in the answer and never again; or none any more."""
    assert isinstance(request.user, User)
    if request.POST.get("action") == "revoke":
        revoke_feed_token(user=request.user)
        messages.success(request, _("The addresses of your private feeds open nothing any more."))
        return redirect("changes:preference_edit")
    token = renew_feed_token(user=request.user)
    feeds = [
        (label, absolute(reverse(name, args=[token, "atom"])))
        for name, label, permissions in _FEEDS
        if not permissions or any(may(request.user, one) for one in permissions)
    ]
    return _private(render(request, "changes/feed_token.html", {"feeds": feeds}))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mail_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails that the link came in: by POST, from a mail program too (RFC 8058).

    Whoever holds the link may, signed in or not; so there is nothing that a forged request could
    add, and no form of ours for a mail program to take a CSRF token from. GET shows the button.
    """
    try:
        subscription = read_token(token)
    except BadTokenError:
        return _private(render(request, "changes/mail_unsubscribe.html", {}, status=404))
    is_done = request.method == "POST"
    from_all = is_done and request.POST.get("from") == "all"
    if is_done:
        unsubscribe(subscription=subscription, from_all=from_all)
    context = {"what": _describe(subscription), "is_done": is_done, "from_all": from_all}
    return _private(render(request, "changes/mail_unsubscribe.html", context))


def _describe(subscription: Subscription) -> list[str]:
    """Which mails a link ends, in words."""
    if subscription.sort == SUMMARY:
        return [_("the summary of what happened")]
    if subscription.sort == REVIEW:
        return [_("the digest of the review queue")]
    return [str(find_kind(kind).label) for kind in subscription.kinds]


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a key: nobody keeps the page, finds it, or hears where one came from."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
