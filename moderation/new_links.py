"""Links to other sites that an edit adds: none that is blocked, few by somebody new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.limits import count, is_limited, standing_of
from accounts.permissions import may
from accounts.rates import ANONYMOUS, NEWCOMER
from changes.models import Change, Source
from changes.recording import Attempt
from changes.refusals import EditHeldError, EditRefusedError
from changes.typed import typed_texts
from markup.added_links import find_added_urls, find_outside_urls
from markup.urls import display_url
from moderation.link_blocking import BLOCK_LINKS, RULE, load_matcher
from moderation.link_models import BlockedLink
from moderation.link_patterns import Matcher

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import Manager

    from accounts.models import User

HELD_RULE: Final = "newcomer-links"


def check_new_links(attempt: Attempt) -> tuple[str, ...]:
    """Look at the links that a write adds: a guard of the one door.

    Raises EditRefusedError for one that is blocked, EditHeldError for more than
    ``NEWCOMER_LINKS_PER_EDIT`` of somebody new, :class:`accounts.limits.LimitReachedError`.
    A link repair is no choice of links, and moderators revert whatever stood there.
    """
    by, step = attempt.by, attempt.step
    is_revert = step.kind == Change.Kind.REVERTED and may(by.authority, BLOCK_LINKS)
    if by.source == Source.REPAIR or is_revert:
        return ()
    is_counted = by.source != Source.IMPORT and is_limited("link", by.authority)
    matcher = load_matcher()
    if matcher is None and not is_counted:
        return ()
    after = _texts(attempt.instance.__dict__, step.changed_fields)
    urls = find_outside_urls(after, site_url=settings.SITE_URL)
    is_blocked = matcher is not None and any(matcher.find(url) for url in urls)
    if not is_blocked and not (is_counted and urls):
        return ()  # what stood there before is read only where it matters
    before = _stored_texts(attempt)
    _refuse_blocked(find_added_urls(before, after, site_url=settings.SITE_URL), matcher)
    if is_counted:
        _hold_or_count(before, after, by.authority)
    return ()


def check_proposed_links(
    *, before: Iterable[str], after: Iterable[str], actor: User | AnonymousUser
) -> None:
    """Look at the links that a proposal adds to the texts and addresses ``before``.

    Raises EditRefusedError for one that is blocked, and for more than
    ``NEWCOMER_LINKS_PER_PROPOSAL`` of somebody new; :class:`accounts.limits.LimitReachedError`.
    """
    _check_added(before, after, actor, most=settings.NEWCOMER_LINKS_PER_PROPOSAL)


def check_posted_links(
    *, before: Iterable[str], after: Iterable[str], actor: User | AnonymousUser
) -> None:
    """As :func:`check_proposed_links`, of what is published at once and cannot wait.

    Of somebody new no more than ``NEWCOMER_LINKS_PER_EDIT`` are taken.
    """
    _check_added(before, after, actor, most=settings.NEWCOMER_LINKS_PER_EDIT)


def _check_added(
    before: Iterable[str], after: Iterable[str], actor: User | AnonymousUser, *, most: int
) -> None:
    before, after = list(before), list(after)
    added = find_added_urls(before, after, site_url=settings.SITE_URL)
    _refuse_blocked(added, load_matcher())
    if standing_of(actor) in (ANONYMOUS, NEWCOMER) and len(added) > most:
        raise EditRefusedError(_say_too_many(most), rule=HELD_RULE)
    count("link", actor=actor, amount=len(added))


def _refuse_blocked(added: Iterable[str], matcher: Matcher | None) -> None:
    if matcher is None:
        return
    for url in added:
        pk = matcher.find(url)
        if pk is not None:
            reason = BlockedLink.objects.values_list("reason", flat=True).get(pk=pk)
            text = _("Links to %(url)s are not taken here: %(reason)s")
            shown = {"url": display_url(url)[:200], "reason": reason}
            raise EditRefusedError(text % shown, rule=f"{RULE}{pk}")


def _hold_or_count(before: list[str], after: list[str], actor: User) -> None:
    """Links to hosts that stand there already are no news."""
    site_url = settings.SITE_URL
    known = {_host(url) for url in find_outside_urls(before, site_url=site_url)}
    added = find_added_urls(before, after, site_url=site_url)
    new = [url for url in added if _host(url) not in known]
    most = settings.NEWCOMER_LINKS_PER_EDIT
    if standing_of(actor) in (ANONYMOUS, NEWCOMER) and len(new) > most:
        raise EditHeldError(_say_too_many(most), rule=HELD_RULE)
    count("link", actor=actor, amount=len(new))


def _say_too_many(most: int) -> str:
    return ngettext(
        "Who is new here adds at most %(count)d link to another site at a time.",
        "Who is new here adds at most %(count)d links to other sites at a time.",
        most,
    ) % {"count": most}


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _texts(values: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    return typed_texts(values.get(name) for name in names)


def _stored_texts(attempt: Attempt) -> list[str]:
    """All texts of the object as it is stored: a link that moves between them is not new."""
    instance = attempt.instance
    if not instance.pk:
        return []
    manager: Manager[Any] = type(instance)._base_manager
    stored: dict[str, Any] = manager.filter(pk=instance.pk).values().first() or {}
    derived = {"description_html", "url_key"}
    return _texts(stored, stored.keys() - derived)
