"""What people do on talk pages: open threads, answer, put right what they wrote, resolve."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import count
from accounts.permissions import may, refuse_blocked, require
from changes.cleaning import clean_prose, clean_title
from changes.leading import hold_end, move
from changes.models import CONTENT_TYPES
from changes.notifying import NotificationSubject, notify_all
from changes.objects import find_refs
from changes.recording import NothingChangedError, Subject
from markup.rendering import OutputTooLarge
from moderation.new_links import check_posted_links
from moderation.rules.guarding import check_proposed_edit
from talk.models import EDITABLE_FOR, Post, Thread
from talk.references import POST, find_post_refs
from talk.rendering import find_mentioned, render_post

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

ADD: Final = "talk.add_post"
RESOLVE: Final = "talk.resolve_thread"
MENTIONED: Final = "talk_mention"
ANSWERED: Final = "talk_answer"
MAX_TITLE: Final = 150
MAX_TEXT: Final = 10_000  # characters


@transaction.atomic
def start_thread(*, object_type: str, object_id: int, title: str, text: str, by: User) -> Thread:
    """Open a thread about an object that readers see, with its first post.

    Raises PermissionDenied, LimitReachedError, EditRefusedError (a blocked link, a rule), or
    ValidationError by field.
    """
    require(by, ADD)
    ref = find_refs([(object_type, object_id)]).get((object_type, object_id))
    if object_type not in CONTENT_TYPES or ref is None or not ref.is_public:
        raise ValidationError(_("There is nothing to be seen there any more."))
    title = clean_title(title, field="title", max_length=MAX_TITLE)
    end = hold_end(object_type, object_id)
    thread = Thread(object_type=object_type, object_id=end, title=title, opened_by=by)
    post = _prepare(thread, text, by)
    thread.save()
    _publish(post, thread)
    return thread


def settle_threads(object_type: str, homes: Collection[int], at: int) -> None:
    """Have threads follow what they are about, as :func:`changes.leading.attach` wants it."""
    move(Thread.objects.filter(object_type=object_type), homes, at)


@transaction.atomic
def reply(*, thread_id: int, text: str, by: User) -> Post:
    """Answer in a thread; one that was resolved stays so. Raises as :func:`start_thread` does."""
    require(by, ADD)
    thread = _hold(thread_id)
    if thread.is_hidden:
        raise ValidationError(_("There is nothing to be seen there any more."))
    post = _prepare(thread, text, by)
    _publish(post, thread)
    return post


@transaction.atomic
def edit_post(*, post_id: int, text: str, by: User) -> Post:
    """Put right what one wrote, while that may be (:func:`may_edit_post`); marked as edited.

    Raises as :func:`start_thread` does, and NothingChangedError.
    """
    require(by, ADD)
    thread = _hold(Post.objects.values_list("thread_id", flat=True).get(pk=post_id))
    post = Post.objects.select_for_update().get(pk=post_id)
    if not may_edit_post(by, post, is_answered=_is_answered(post)):
        raise PermissionDenied(_("This cannot be changed any more: answer below instead."))
    before, told = post.text, {user.pk for user in find_mentioned(post.text)}
    text = _clean_text(text)
    if text == before:
        raise NothingChangedError
    _check(thread, before, text, by, is_new=False)
    post.text, post.html, post.edited_at = text, _render(text), timezone.now()
    post.save(update_fields=["text", "html", "edited_at"])
    mentioned = [user for user in find_mentioned(text) if user.pk not in told]
    _tell(mentioned, MENTIONED, post, by)
    return post


@transaction.atomic
def resolve_thread(*, thread_id: int, by: User) -> Thread:
    """Say that a thread is settled. Raises PermissionDenied, NothingChangedError."""
    thread = _hold(thread_id)
    require_resolve(by, thread)
    if thread.is_resolved:
        raise NothingChangedError
    thread.resolved_at, thread.resolved_by = timezone.now(), by
    thread.save(update_fields=["resolved_at", "resolved_by"])
    return thread


@transaction.atomic
def reopen_thread(*, thread_id: int, by: User) -> Thread:
    """Take that back. Raises PermissionDenied, NothingChangedError."""
    thread = _hold(thread_id)
    require_resolve(by, thread)
    if not thread.is_resolved:
        raise NothingChangedError
    thread.resolved_at, thread.resolved_by = None, None
    thread.save(update_fields=["resolved_at", "resolved_by"])
    return thread


def may_resolve(user: User | AnonymousUser, thread: Thread) -> bool:
    """Whether ``user`` resolves ``thread``: their own, or any by right."""
    if may(user, RESOLVE):
        return True
    is_own = user.is_authenticated and thread.opened_by_id == user.pk
    return is_own and may(user, ADD)


def require_resolve(user: User | AnonymousUser, thread: Thread) -> None:
    """Raise PermissionDenied, with words for a person, unless :func:`may_resolve`."""
    if not may_resolve(user, thread):
        refuse_blocked(user)
        raise PermissionDenied(_("Only who opened this thread may do that, or who may edit here."))


def may_edit_post(user: User | AnonymousUser, post: Post, *, is_answered: bool) -> bool:
    """Whether ``user`` may still change ``post``: their own, lately, and nobody answered yet."""
    is_own = user.is_authenticated and post.author_id == user.pk
    is_fresh = timezone.now() - post.at < EDITABLE_FOR
    return bool(is_own and is_fresh and not is_answered and not post.is_hidden and may(user, ADD))


def _is_answered(post: Post) -> bool:
    return Post.objects.shown().filter(thread=post.thread_id, pk__gt=post.pk).exists()


def _hold(thread_id: int) -> Thread:
    """The thread, locked: answers, edits and decisions about it come one after the other."""
    return Thread.objects.select_for_update().get(pk=thread_id)


def _prepare(thread: Thread, text: str, by: User) -> Post:
    """A post that may be written, not saved yet."""
    text = _clean_text(text)
    count("talk", actor=by)
    _check(thread, "", text, by, is_new=thread.pk is None)
    return Post(thread=thread, author=by, author_label=by.label, text=text, html=_render(text))


def _clean_text(text: str) -> str:
    text = clean_prose(text, field="text").strip("\n")
    if not text.strip():
        raise ValidationError({"text": _("Say something.")})
    if len(text) > MAX_TEXT:
        message = _("This text has %(length)d characters; %(max)d is the most.")
        raise ValidationError({"text": message % {"length": len(text), "max": MAX_TEXT}})
    return text


def _render(text: str) -> str:
    try:
        return render_post(text)
    except OutputTooLarge as error:
        raise ValidationError({"text": str(error)}) from error


def _check(thread: Thread, before: str, after: str, by: User, *, is_new: bool) -> None:
    """Links that are blocked, the links of people who are new, and the rules on edits."""
    title = [thread.title] if is_new else []
    check_posted_links(before=[before], after=[*title, after], actor=by)
    check_proposed_edit(
        subject=Subject(object_type=POST, title=thread.title),
        before={"text": before} if before else {},
        after={"text": after, **({"title": thread.title} if is_new else {})},
        actor=by,
        can_wait=False,
    )


def _publish(post: Post, thread: Thread) -> None:
    post.thread = thread
    post.save()
    Thread.objects.filter(pk=thread.pk).update(last_post_at=post.at)
    mentioned = find_mentioned(post.text)
    assert post.author is not None
    _tell(mentioned, MENTIONED, post, post.author)
    others = {user.pk for user in mentioned}
    if thread.opened_by is not None and thread.opened_by_id not in others:
        _tell([thread.opened_by], ANSWERED, post, post.author)


def _tell(people: Iterable[User], kind: str, post: Post, actor: User) -> None:
    """What was said stands at the address and not in the notification: it may be hidden later."""
    ref = find_post_refs([post.pk])[post.pk]
    subject = NotificationSubject(
        object_type=POST, object_id=post.thread_id, title=ref.title, url=ref.url
    )
    notify_all(recipients=people, kind=kind, subject=subject, actor=actor)
