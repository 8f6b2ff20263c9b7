"""What a moderator can do about a link: replace it everywhere, retire its entry, vouch for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import require
from changes.models import ObjectType, Source
from changes.objects import get_tracked
from changes.recording import Authorship, NothingChangedError
from linkcheck.evidence import Use, find_uses
from linkcheck.kinds import DEAD_LINK
from linkcheck.marks import mark_of
from linkcheck.models import Link, LinkUse, Mark
from linkcheck.transitions import lock_cases, refresh_uses
from linkcheck.uses import get_handler
from linkcheck.verdicts import Override
from linkcheck.words import WORD, clear_word, read_word
from markup.urls import InvalidUrl, link_url, parse_typed_url
from moderation.cases import log_decision, resolve_cases
from moderation.scope import require_decide_about

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def replace_link(*, link: Link, new_url: str, reason: str, actor: User) -> dict[str, Any]:
    """Put ``new_url`` in place of ``link`` wherever it stands, as ordinary revisions of ``actor``.

    All of them or none. Returns ``old_url``, ``new_url``, and type and id of what was ``changed``
    and of where it is ``left``. Raises ValidationError for the field ``new_url`` where the new
    address cannot be, for instance because another entry has it.
    """
    url = clean_new_url(link, new_url)
    uses = find_uses([link.pk])[link.pk]
    if not uses:
        raise ValidationError(_("This link is not used any more: there is nothing to replace."))
    summary = reason or _("%(old)s replaced by %(new)s") % {"old": link.url, "new": url}
    by = Authorship(actor=actor, summary=summary, source=Source.REPAIR)
    lock_uses(uses, [link.pk])
    for use in uses:
        _replace_in(use, link.url, url, by)
    left = _still_used(link, uses)
    if len(left) == len(uses):
        raise ValidationError(
            {"new_url": _("The link stands in a form that cannot be replaced: edit by hand.")}
        )
    return {
        "old_url": link.url,
        "new_url": url,
        "changed": name_objects(use for use in uses if use not in left),
        "left": name_objects(left),
    }


@transaction.atomic
def retire_entries(*, link: Link, reason: str, actor: User) -> dict[str, Any]:
    """Take the entries whose own address ``link`` is off the list; other uses stay.

    Returns type and id of what was ``retired`` and of where the link is ``left``. Raises
    ValidationError where it is the address of no entry.
    """
    uses = find_uses([link.pk])[link.pk]
    why = reason or _("The link is dead: %(url)s") % {"url": link.url}
    by = Authorship(actor=actor, summary=why, source=Source.REPAIR)
    lock_uses(uses, [link.pk])
    retired = [use for use in uses if _retire(use, link.url, why, by)]
    if not retired:
        raise ValidationError(
            _("No entry has this address as its own: there is nothing to retire.")
        )
    return {
        "retired": name_objects(retired),
        "left": name_objects(_still_used(link, uses)),
    }


@transaction.atomic
def use_copy(*, link: Link, moves_address: bool, reason: str, actor: User) -> dict[str, Any]:
    """Have the archived copy of ``link`` stand in for it wherever it stands (rule 16).

    In texts it takes the place of the link. An entry whose own address the link is keeps the copy
    beside it, and leads there itself if ``moves_address``. Ordinary revisions of ``actor``, all or
    none. Returns ``new_url``, and type and id of what was ``changed``. Raises ValidationError where
    there is no copy or nothing to change.
    """
    if not link.archive_url:
        raise ValidationError(_("No archived copy of this link is known."))
    uses = find_uses([link.pk])[link.pk]
    summary = reason or _("%(old)s is dead: its archived copy") % {"old": link.url}
    by = Authorship(actor=actor, summary=summary, source=Source.REPAIR)
    lock_uses(uses, [link.pk])
    changed = [use for use in uses if _use_copy_in(use, link, moves_address, by)]
    if not changed:
        raise ValidationError(_("The archived copy stands wherever it can already."))
    return {"new_url": link.archive_url, "changed": name_objects(changed)}


@transaction.atomic
def override_link(
    *,
    link: Link,
    override: Override,
    actor: User,
    reason: str = "",
    until: datetime | None = None,
) -> dict[str, Any]:
    """Put a person's word above what the checks say of ``link``, for ever or ``until``.

    It survives every edit and every check; pages that show the link are drawn anew. Returns
    ``word_before`` and ``word_after``, by which it is taken back.
    """
    require_decide_about(actor, ObjectType.LINK, link.pk)
    held = Link.objects.select_for_update().get(pk=link.pk)
    before = read_word(held)
    set_override(held, override, by=actor, reason=reason, until=until)
    return {"word_before": before, "word_after": read_word(held)}


def set_override(
    held: Link,
    override: Override,
    *,
    by: User | None,
    reason: str = "",
    until: datetime | None = None,
) -> None:
    """Write a word above the verdict of a link that is locked; draw pages anew if they show it."""
    now = timezone.now()
    held.override = override.value
    held.override_by, held.override_at = by, now
    held.override_until, held.override_reason = until, reason
    mark_before, held.mark = held.mark, mark_of(held, now)
    if until is not None and held.next_check_at is not None:
        # When the word is over, the verdict counts again: look at once.
        held.next_check_at = min(held.next_check_at, until)
    held.save(update_fields=[*WORD, "mark", "next_check_at"])
    if held.mark != mark_before:
        refresh_uses([held.pk])


@transaction.atomic
def speak_for_link(
    *, link: Link, override: Override, actor: User, reason: str = "", days: int | None = None
) -> None:
    """Put a moderator's word above the checks of ``link`` outside the queue, for ever or ``days``.

    It stands in the public log like any decision; cases that wait about the link close.
    """
    require(actor, "moderation.decide_case")
    lock_cases([link.pk])
    until = timezone.now() + timedelta(days=days) if days else None
    words = override_link(link=link, override=override, actor=actor, reason=reason, until=until)
    resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=[link.pk],
        note=_("A moderator decided it on the page of the link."),
    )
    log_decision(
        kind=DEAD_LINK,
        target_type=ObjectType.LINK,
        target_id=link.pk,
        title=link.url,
        action=override.value,
        actor=actor,
        reason=reason,
        details={"days": days, **words},
    )


@transaction.atomic
def withdraw_override(*, link: Link, actor: User) -> None:
    """Let the checks speak for ``link`` again: it is looked at first, and logged as a decision.

    Its mark is gone until then, so that a case opens if it is dead still. Nothing happens where no
    word stands above it.
    """
    require(actor, "moderation.decide_case")
    lock_cases([link.pk])
    held = Link.objects.select_for_update().get(pk=link.pk)
    if not held.override:
        return
    before = read_word(held)
    clear_word(held)
    held.mark, held.is_urgent, held.next_check_at = Mark.NONE, True, timezone.now()
    held.save(update_fields=[*WORD, "mark", "is_urgent", "next_check_at"])
    refresh_uses([link.pk])
    log_decision(
        kind=DEAD_LINK,
        target_type=ObjectType.LINK,
        target_id=link.pk,
        title=link.url,
        action="withdraw",
        actor=actor,
        details={"word_before": before, "word_after": read_word(held)},
    )


def name_objects(uses: Iterable[Use]) -> list[list[Any]]:
    """Where links stand, as the log keeps it: what that is called is asked when it is shown."""
    return [list(key) for key in dict.fromkeys((use.object_type, use.object_id) for use in uses)]


def clean_new_url(link: Link, new_url: str) -> str:
    """The new address as it will be written; ValidationError where it cannot replace the old."""
    try:
        url = parse_typed_url(new_url)
        address, _fragment = link_url(url)
    except InvalidUrl as error:
        raise ValidationError({"new_url": str(error)}) from error
    if address == link.url:
        raise ValidationError({"new_url": _("This is the old address.")})
    if Link.objects.filter(url=address, mark=Mark.DEAD).exists():
        raise ValidationError({"new_url": _("This address is known to be dead as well.")})
    return url


def lock_uses(uses: Sequence[Use], link_ids: Collection[int]) -> None:
    """Hold everything that will be written, objects before links as in any edit.

    Object after object would be too late: whoever edits the second one may wait for the link that
    the first one's revision holds.
    """
    ids_of: defaultdict[str, list[int]] = defaultdict(list)
    for use in uses:
        ids_of[use.object_type].append(use.object_id)
    for object_type, ids in sorted(ids_of.items()):
        model = get_tracked(object_type).model
        if model is not None:
            objects = model._base_manager.select_for_update().filter(pk__in=ids)
            list(objects.order_by("pk").values_list("pk"))
    links = Link.objects.select_for_update().filter(pk__in=link_ids)
    list(links.order_by("pk").values_list("pk"))


def _replace_in(use: Use, old_url: str, new_url: str, by: Authorship) -> None:
    handler = get_handler(use.object_type)
    try:
        handler.replace_urls(object_id=use.object_id, urls={old_url: new_url}, by=by)
    except NothingChangedError:
        return  # found out by who still uses the link
    except ValidationError as error:
        message = _("%(title)s: %(problem)s") % {
            "title": use.ref.title,
            "problem": " ".join(error.messages),
        }
        raise ValidationError({"new_url": message}) from error


def _use_copy_in(use: Use, link: Link, moves_address: bool, by: Authorship) -> bool:
    """Whether the object was changed."""
    handler = get_handler(use.object_type)
    try:
        if handler.use_copy is None:
            urls = {link.url: link.archive_url}
            handler.replace_urls(object_id=use.object_id, urls=urls, by=by)
        else:
            handler.use_copy(
                object_id=use.object_id,
                url=link.url,
                copy_url=link.archive_url,
                moves_address=moves_address,
                by=by,
            )
    except NothingChangedError:
        return False
    return True


def _retire(use: Use, url: str, reason: str, by: Authorship) -> bool:
    handler = get_handler(use.object_type)
    if handler.retire is None:
        return False
    return handler.retire(object_id=use.object_id, url=url, reason=reason, by=by)


def _still_used(link: Link, uses: list[Use]) -> list[Use]:
    current = set(LinkUse.objects.filter(link=link).values_list("object_type", "object_id"))
    return [use for use in uses if (use.object_type, use.object_id) in current]
