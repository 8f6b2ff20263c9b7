"""The watchlist: what changed of what I follow, and what that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from changes.feed_formats import ChangeFeed
from changes.feeds import build_feed, tag_uri
from changes.filters import ChangeFilterForm, ChangeQuery, PlaceForm, read_object
from changes.hiding import shows_hidden
from changes.models import ObjectType
from changes.notification_models import Notification
from changes.objects import ObjectRef, find_refs
from changes.private_feeds import answer_private
from changes.views import page_of
from changes.watch_models import Watch
from changes.watching import WATCHED_CHANGED, mark_seen, unwatch, unwatch_all, watch

PER_PAGE = 200


class ObjectForm(forms.Form):
    """Which object, as "page:12"; without one, all that is watched."""

    object = forms.CharField(required=False, max_length=40)
    action = forms.CharField(required=False, max_length=10)

    def clean_object(self) -> tuple[str, int] | None:
        return read_object(self.cleaned_data["object"])


@dataclass(frozen=True, kw_only=True)
class WatchLine:
    """Something that is watched; ``ref`` is None where readers see it no more."""

    watch: Watch
    type_label: str
    ref: ObjectRef | None


@login_required
@require_safe
def watchlist(request: HttpRequest) -> HttpResponse:
    """What changed of what I watch, the newest first, with the filters of recent changes."""
    assert isinstance(request.user, User)
    form = ChangeFilterForm(request.GET)
    if not form.is_valid():
        return render(request, "changes/watchlist.html", {"form": form}, status=400)
    query = replace(form.query(), watched_by=request.user, shows_hidden=shows_hidden(request))
    unseen = Notification.objects.of(request.user).unread().filter(kind=WATCHED_CHANGED)
    context = {
        "form": form.without_page(),
        "query": query,
        "is_narrowed": bool(query.query_string()),
        "watched": Watch.objects.of(request.user).count(),
        "unseen": unseen.count(),
        **page_of(query),
    }
    return render(request, "changes/watchlist.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def watchlist_edit(request: HttpRequest) -> HttpResponse:
    """What I watch, and taking some of it off the list."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        ids = _read_ids(request.POST.getlist("watch"))
        if ids:
            count = unwatch_all(user=request.user, ids=ids)
            said = ngettext("%d is not watched any more.", "%d are not watched any more.", count)
            messages.success(request, said % count)
        else:
            messages.warning(request, _("Nothing was chosen, so all is still watched."))
        return redirect("changes:watchlist_edit")
    page = Paginator(Watch.objects.of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": _make_watch_lines(list(page.object_list))}
    return render(request, "changes/watchlist_edit.html", context)


def _read_ids(texts: Sequence[str]) -> list[int]:
    """The numbers among ``texts`` that an id can be."""
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


def _make_watch_lines(watches: list[Watch]) -> list[WatchLine]:
    """In order; one query for each type of object."""
    refs = find_refs((one.object_type, one.object_id) for one in watches)
    lines = []
    for one in watches:
        ref = refs.get((one.object_type, one.object_id))
        label = str(ObjectType(one.object_type).label)
        is_open = ref is not None and ref.is_public
        lines.append(WatchLine(watch=one, type_label=label, ref=ref if is_open else None))
    return lines


@login_required
@require_POST
def watch_change(request: HttpRequest) -> HttpResponse:
    """Watch an object, or no longer; 404 where there is none for everyone to see."""
    assert isinstance(request.user, User)
    form = ObjectForm(request.POST)
    if not form.is_valid() or form.cleaned_data["object"] is None:
        raise Http404
    object_type, object_id = form.cleaned_data["object"]
    if form.cleaned_data["action"] == "unwatch":
        unwatch(user=request.user, object_type=object_type, object_id=object_id)
        messages.success(request, _("You do not watch this any more."))
        return redirect(_next(request))
    try:
        watch(user=request.user, object_type=object_type, object_id=object_id)
    except ObjectDoesNotExist:
        raise Http404 from None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("You watch this: what changes stands in your watchlist."))
    return redirect(_next(request))


@login_required
@require_POST
def watch_seen(request: HttpRequest) -> HttpResponse:
    """Note that I saw what changed in an object, or in all that I watch."""
    assert isinstance(request.user, User)
    form = ObjectForm(request.POST)
    if not form.is_valid():
        raise Http404
    object_type, object_id = form.cleaned_data["object"] or ("", 0)
    mark_seen(user=request.user, object_type=object_type, object_id=object_id)
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours else reverse("changes:watchlist")


@require_safe
def watchlist_feed(request: HttpRequest, token: str, format: str) -> HttpResponse:
    """The watchlist of whoever has the key, as a feed, with the differences."""
    form = PlaceForm(request.GET)
    before = form.cleaned_data["before"] if form.is_valid() else None

    def build(reader: User) -> ChangeFeed:
        feed = build_feed(
            ChangeQuery(watched_by=reader, before=before),
            address=request.path,
            home_url=reverse("changes:watchlist"),
            title=_("Watchlist"),
        )
        language = get_language() or feed.language
        return replace(feed, id=tag_uri(f"watchlist/{reader.pk}"), language=language)

    return answer_private(request, token, format, build)
