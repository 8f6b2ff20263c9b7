"""Hiding posts and showing them again: moderators alone, with a reason, in the public log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from changes.cleaning import clean_reason
from changes.hiding import MAX_REASON
from changes.models import Notification
from changes.recording import NothingChangedError
from moderation.handlers import Request
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind
from talk.models import HiddenText, Post, Thread
from talk.references import POST, find_post_refs
from talk.rendering import render_post

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.log_models import Decision

HIDE: Final = "talk.hide_post"


def register_hiding() -> None:
    """Make decisions about posts known to the log."""
    register_log_kind(
        LogKind(
            kind=POST,
            label=gettext_lazy("Post"),
            actions={
                "hide": gettext_lazy("Post hidden"),
                "show": gettext_lazy("Post shown again"),
            },
            undo=undo,
        )
    )


@transaction.atomic
def hide_post(*, post_id: int, reason: str, by: User) -> Post:
    """Take a post away from readers; administrators can still read it.

    The title of its thread goes with the first post, and the thread with the last one. Raises
    PermissionDenied, NothingChangedError, or ValidationError by field.
    """
    require(by, HIDE)
    reason = _clean_reason(reason)
    post = _hold(post_id)
    _hide(post, by)
    _log("hide", post, reason, by)
    return post


@transaction.atomic
def show_post(*, post_id: int, reason: str, by: User) -> Post:
    """Give a hidden post back to readers; raises as :func:`hide_post` does."""
    require(by, HIDE)
    reason = _clean_reason(reason)
    post = _hold(post_id)
    _show(post)
    _log("show", post, reason, by)
    return post


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """Do the opposite of a decision; ValidationError where somebody did it before."""
    require(request.actor, HIDE)
    post = Post.objects.filter(pk=decision.target_id or 0).first()
    if post is None:
        raise ValidationError(_("The post is gone."))
    post = _hold(post.pk)
    try:
        if decision.action == "hide":
            _show(post)
        else:
            _hide(post, request.actor)
    except NothingChangedError:
        raise ValidationError(_("That is so already.")) from None
    return {}


def _hold(post_id: int) -> Post:
    """The post and its thread, locked: the thread first, as by who answers."""
    thread_id = Post.objects.values_list("thread_id", flat=True).get(pk=post_id)
    Thread.objects.select_for_update().get(pk=thread_id)
    return Post.objects.select_for_update(of=("self",)).select_related("thread").get(pk=post_id)


def _hide(post: Post, by: User) -> None:
    if post.is_hidden:
        raise NothingChangedError
    thread, is_first = post.thread, _is_first(post)
    title = thread.title if is_first else ""
    HiddenText.objects.update_or_create(post=post, defaults={"text": post.text, "title": title})
    post.text, post.html, post.hidden_at, post.hidden_by = "", "", timezone.now(), by
    post.save(update_fields=["text", "html", "hidden_at", "hidden_by"])
    if is_first:
        thread.title = ""
    _settle(thread)
    Notification.objects.filter(object_type=POST, object_id=thread.pk).delete()


def _show(post: Post) -> None:
    if not post.is_hidden:
        raise NothingChangedError
    hidden = HiddenText.objects.get(pk=post.pk)
    post.text, post.html = hidden.text, render_post(hidden.text)
    post.hidden_at, post.hidden_by = None, None
    post.save(update_fields=["text", "html", "hidden_at", "hidden_by"])
    if _is_first(post):
        post.thread.title = hidden.title
    hidden.delete()
    _settle(post.thread)


def _settle(thread: Thread) -> None:
    """A thread is hidden while all of its posts are."""
    thread.is_hidden = not thread.posts.shown().exists()
    thread.save(update_fields=["title", "is_hidden"])


def _is_first(post: Post) -> bool:
    return not Post.objects.filter(thread=post.thread_id, pk__lt=post.pk).exists()


def _clean_reason(reason: str) -> str:
    return clean_reason(
        reason, max_length=MAX_REASON, unsaid=_("Say why: everyone can read it in the log.")
    )


def _log(action: str, post: Post, reason: str, by: User) -> None:
    ref = find_post_refs([post.pk]).get(post.pk)
    log_decision(
        kind=POST,
        target_type=POST,
        target_id=post.pk,
        title=ref.title if ref else "",
        action=action,
        actor=by,
        reason=reason,
        permission=HIDE,
    )
