"""Talk pages: the threads about an object, one thread, and what can be done about a post.

Apps include :func:`talk_patterns` below the address of their objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.blocks import explain_block, find_block
from accounts.limits import LimitReachedError
from accounts.models import User
from accounts.permissions import may, require
from changes.hiding import may_see_hidden, shows_hidden
from changes.history_views import Loader, below_slug
from changes.leading import find_end
from changes.objects import ObjectRef, TrackedObject, find_refs
from changes.recording import NothingChangedError
from talk.feeds import answer_talk_feed
from talk.forms import HideForm, PostForm, ThreadForm
from talk.models import Post, Thread
from talk.moderating import HIDE, hide_post, show_post
from talk.posting import (
    ADD,
    edit_post,
    may_edit_post,
    may_resolve,
    reopen_thread,
    reply,
    resolve_thread,
    start_thread,
)
from talk.presenting import show_posts
from talk.references import find_post_refs, thread_url
from talk.rendering import link_mentions, quote

THREADS_A_PAGE: Final = 30
POSTS_A_PAGE: Final = 50
_MAX_ID: Final = 2**63 - 1


@require_http_methods(["GET", "HEAD", "POST"])
def object_talk(request: HttpRequest, *, tracked: TrackedObject, obj: Any) -> HttpResponse:
    """The threads about an object, the open ones first; and the form of a new one."""
    kept_url = _find_kept_url(tracked, obj)
    if kept_url and request.method != "POST":
        return redirect(f"{kept_url}talk/")
    form = ThreadForm(request.POST if request.method == "POST" else None)

    def write(by: User) -> str:
        thread = start_thread(
            object_type=tracked.object_type,
            object_id=obj.pk,
            title=form.cleaned_data["title"],
            text=form.cleaned_data["text"],
            by=by,
        )
        return thread_url(kept_url or obj.get_absolute_url(), thread)

    status = 200
    if request.method == "POST":
        answer, status = _write(request, form, write)
        if answer is not None:
            return answer
    threads = Thread.objects.about(tracked.object_type, obj.pk).select_related("opened_by")
    if not may(request.user, HIDE):
        threads = threads.shown()
    state = "resolved" if request.GET.get("state") == "resolved" else "open"
    counts = threads.aggregate(
        open=Count("pk", filter=Q(resolved_at=None)),
        resolved=Count("pk", filter=Q(resolved_at__isnull=False)),
    )
    threads = threads.filter(resolved_at__isnull=state == "open").annotate(
        post_count=Count("posts", filter=Q(posts__hidden_at=None))
    )
    threads = threads.order_by("-last_post_at", "-id")
    context = {
        "threads": Paginator(threads, THREADS_A_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "counts": counts,
        "form": form,
    }
    return _render(request, "talk/object_talk.html", tracked, obj, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def object_thread(
    request: HttpRequest, *, tracked: TrackedObject, obj: Any, thread_id: int
) -> HttpResponse:
    """One thread with its posts, the oldest first; and the form of an answer."""
    thread = _find_thread(request, thread_id)
    place_url = _find_place_url(thread, tracked, obj)
    if place_url and request.method != "POST":
        return redirect(thread_url(place_url, thread))
    quoted = _find_quoted(request, thread)
    form = PostForm(
        request.POST if request.method == "POST" else None,
        initial={"text": quote(quoted.text)} if quoted else None,
    )

    def write(by: User) -> str:
        post = reply(thread_id=thread.pk, text=form.cleaned_data["text"], by=by)
        url = thread_url(place_url or obj.get_absolute_url(), thread)
        return f"{url}?page=last#post-{post.pk}"

    status = 200
    if request.method == "POST":
        answer, status = _write(request, form, write)
        if answer is not None:
            return answer
    posts = thread.posts.select_related("author", "hidden_by")
    paginator = Paginator(posts, POSTS_A_PAGE)
    number = request.GET.get("page")
    page = paginator.get_page(paginator.num_pages if number == "last" else number)
    context = {
        "thread": thread,
        "thread_url": thread_url(obj.get_absolute_url(), thread),
        "posts": page,
        "shown": show_posts(page, thread, request),
        "form": form,
        "may_resolve": may_resolve(request.user, thread),
        "may_hide_posts": may(request.user, HIDE),
        "has_hidden": may_see_hidden(request.user) and any(post.is_hidden for post in page),
    }
    return _render(request, "talk/object_thread.html", tracked, obj, context, status=status)


def _find_thread(request: HttpRequest, thread_id: int) -> Thread:
    threads = Thread.objects.select_related("opened_by")
    thread = threads.filter(pk=thread_id).first() if thread_id <= _MAX_ID else None
    if thread is None or (thread.is_hidden and not may(request.user, HIDE)):
        raise Http404(_("There is no such thread here."))
    return thread


def _find_place_url(thread: Thread, tracked: TrackedObject, obj: Any) -> str:
    """The address of what a thread is about, "" where that is ``obj``: it was merged, or parted."""
    about = (thread.object_type, thread.object_id)
    if about == (tracked.object_type, obj.pk):
        return ""
    ref = find_refs([about]).get(about)
    if ref is None or not ref.is_public or thread.object_type != tracked.object_type:
        raise Http404(_("There is no such thread here."))
    return ref.url


def _find_kept_url(tracked: TrackedObject, obj: Any) -> str:
    """The address of what an object leads to, "" where it is read itself."""
    if not tracked.leads_by or getattr(obj, tracked.leads_by) is None:
        return ""
    end = (tracked.object_type, find_end(tracked.object_type, obj.pk))
    ref = find_refs([end]).get(end)
    if ref is None or not ref.is_public:
        raise Http404(_("There is nothing to be seen there any more."))
    return ref.url


def _find_quoted(request: HttpRequest, thread: Thread) -> Post | None:
    number = request.GET.get("quote", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return thread.posts.shown().filter(pk=int(number)).first()


def _write(
    request: HttpRequest, form: PostForm, write: Callable[[User], str]
) -> tuple[HttpResponse | None, int]:
    """Publish what the form holds, and lead there; else its status, and the form says why."""
    if not isinstance(request.user, User) or not may(request.user, ADD):
        block = find_block(request.user)
        form.add_error(None, explain_block(block) if block else _("Sign in to write here."))
        return None, 403
    if not form.is_valid():
        return None, 422
    try:
        return redirect(write(request.user)), 302
    except LimitReachedError as limit:
        form.add_error(None, limit.message)
        return None, 429
    except PermissionDenied as refusal:
        form.add_error(None, str(refusal))
        return None, 403
    except ValidationError as refusal:
        form.add_validation_error(refusal)
        return None, 422


def object_talk_feed(
    request: HttpRequest, *, tracked: TrackedObject, obj: Any, format: str
) -> HttpResponse:
    """The newest posts about an object as a feed."""
    kept_url = _find_kept_url(tracked, obj)
    if kept_url:
        return redirect(f"{kept_url}talk.{format}")
    threads = Thread.objects.about(tracked.object_type, obj.pk)
    return answer_talk_feed(request, format, threads, obj, key=f"{tracked.object_type}/{obj.pk}")


def _render(
    request: HttpRequest,
    template: str,
    tracked: TrackedObject,
    obj: Any,
    context: dict[str, Any],
    *,
    status: int,
) -> HttpResponse:
    """A page about ``obj``, with the tabs of its other pages."""
    app, own_name = tracked.url_prefix.split(":")
    shared = {
        own_name: obj,
        "tabs": f"{app}/_{own_name}_tabs.html",
        "tracked": tracked,
        "object": obj,
        "object_url": obj.get_absolute_url(),
        "may_post": may(request.user, ADD),
        "shows_hidden": shows_hidden(request),
    }
    return render(request, template, {**shared, **context}, status=status)


def talk_patterns(prefix: str, load: Loader) -> list[URLPattern]:
    """Addresses of the talk about "page", "resource", "section" or "path", below a slug.

    ``talk/``, ``talk/<thread>/``, ``talk.<atom|rss|json>``, named ``page_talk`` and so on.
    """
    views: list[tuple[str, Callable[..., HttpResponse], str]] = [
        ("talk/", object_talk, "talk"),
        ("talk/<int:thread_id>/", object_thread, "thread"),
        ("talk.<feed_format:format>", require_safe(object_talk_feed), "talk_feed"),
    ]
    return [
        path(address, below_slug(view, prefix, load), name=f"{prefix}_{name}")
        for address, view, name in views
    ]


# --- The whole site, and single posts -----------------------------------------------------------


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """The newest posts of the whole site, about whatever readers see."""
    posts = Post.objects.shown().order_by("-id").select_related("author", "thread")
    page = Paginator(posts, POSTS_A_PAGE).get_page(request.GET.get("page"))
    refs = find_post_refs(post.pk for post in page)
    shown = [post for post in page if post.pk in refs and refs[post.pk].is_public]
    htmls = link_mentions([post.html for post in shown])
    rows = [(post, refs[post.pk], html) for post, html in zip(shown, htmls, strict=True)]
    context = {"page": page, "posts": rows}
    return render(request, "talk/post_list.html", context)


def _load_post(post_id: int) -> tuple[Post, ObjectRef]:
    """A post, and where it stands; Http404 for what is about something that is gone."""
    post = None
    if post_id <= _MAX_ID:
        post = Post.objects.select_related("thread", "author").filter(pk=post_id).first()
    if post is None:
        raise Http404(_("There is no such post."))
    about = (post.thread.object_type, post.thread.object_id)
    ref = find_refs([about]).get(about)
    if ref is None or not ref.is_public:
        raise Http404(_("There is no such post."))
    return post, ObjectRef(title=ref.title, url=thread_url(ref.url, post.thread))


@require_http_methods(["GET", "HEAD", "POST"])
def post_edit(request: HttpRequest, post_id: int) -> HttpResponse:
    """Put right what one wrote just now."""
    post, ref = _load_post(post_id)
    require(request.user, ADD)
    is_answered = Post.objects.shown().filter(thread=post.thread_id, pk__gt=post.pk).exists()
    if request.method != "POST" and not may_edit_post(request.user, post, is_answered=is_answered):
        raise PermissionDenied(_("This cannot be changed any more: answer below instead."))
    data = request.POST if request.method == "POST" else None
    is_own = post.author_id == request.user.pk
    form = PostForm(data, initial={"text": post.text} if is_own else None)

    def write(by: User) -> str:
        try:
            edit_post(post_id=post.pk, text=form.cleaned_data["text"], by=by)
        except NothingChangedError:
            messages.info(request, _("Nothing was changed, so nothing was saved."))
        return f"{ref.url}#post-{post.pk}"

    status = 200
    if request.method == "POST":
        answer, status = _write(request, form, write)
        if answer is not None:
            return answer
    context = {"form": form, "object": ref, "cancel_url": f"{ref.url}#post-{post.pk}"}
    return render(request, "talk/post_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def post_hide(request: HttpRequest, post_id: int) -> HttpResponse:
    """Hide a post from readers, or show it again, with a reason."""
    require(request.user, HIDE)
    assert isinstance(request.user, User)
    post, ref = _load_post(post_id)
    form = HideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        change = show_post if post.is_hidden else hide_post
        try:
            change(post_id=post.pk, reason=form.cleaned_data["reason"], by=request.user)
        except NothingChangedError:
            messages.info(request, _("That is so already."))
            return redirect(ref.url)
        except ValidationError as error:
            form.add_validation_error(error)
        else:
            messages.success(request, _("Done. It stands in the log, and can be undone there."))
            return redirect(f"{ref.url}#post-{post.pk}")
    status = 422 if form.errors else 200
    context = {"form": form, "post": post, "object": ref}
    return render(request, "talk/post_hide.html", context, status=status)


@require_POST
def thread_resolve(request: HttpRequest, thread_id: int) -> HttpResponse:
    """Say that a thread is settled, or open it again."""
    thread = Thread.objects.shown().filter(pk=min(thread_id, _MAX_ID)).first()
    if thread is None:
        raise Http404(_("There is no such thread here."))
    about = (thread.object_type, thread.object_id)
    ref = find_refs([about]).get(about)
    if ref is None or not ref.is_public:
        raise Http404(_("There is no such thread here."))
    change = reopen_thread if request.POST.get("do") == "reopen" else resolve_thread
    try:
        change(thread_id=thread.pk, by=request.user)  # type: ignore[arg-type]
    except NothingChangedError:
        messages.info(request, _("That is so already."))
    return redirect(thread_url(ref.url, thread))
