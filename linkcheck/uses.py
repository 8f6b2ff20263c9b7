"""Where links stand, kept true as content changes; and what their owners can do about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from changes.models import ObjectType
from linkcheck.hosts import host_name, registrable_domain
from linkcheck.kinds import MISSING_FRAGMENT
from linkcheck.models import Host, Link, LinkUse, Mark
from linkcheck.observations import FragmentState
from linkcheck.policy import LinkState
from linkcheck.probing.answers import clean_text
from linkcheck.verdicts import Reason, Verdict
from markup.urls import InvalidUrl, link_url
from moderation.cases import resolve_cases
from moderation.models import Case

MAX_URL = 2000
MAX_TEXT = 300
_BULK = 500  # addresses in one statement: below the number of parameters that SQLite takes


@dataclass(frozen=True)
class FoundLink:
    """A link as it stands in a field of an object; ``url`` may be any text at all."""

    field: str
    url: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class UseHandler:
    """What the owner of a kind of object can do about a link that stands in it.

    ``replace_urls(object_id=, urls=, by=)`` changes every place of links (new by old address) in
    the object by one ordinary revision. ``retire(object_id=, url=, reason=, by=)`` takes the entry
    off the list if this is its own address, and says whether it did; ``restore(object_id=, by=)``
    puts it back (None where there is no such thing). ``use_copy(object_id=, url=, copy_url=,
    moves_address=, by=)`` has an archived copy stand in for the link (None where that is no more
    than a replacement). ``refresh(object_ids)`` is told that a mark on their links changed.
    """

    replace_urls: Callable[..., object]
    retire: Callable[..., bool] | None = None
    restore: Callable[..., object] | None = None
    use_copy: Callable[..., object] | None = None
    refresh: Callable[[Sequence[int]], None] | None = None


Refresher = Callable[[Sequence[int]], None]
_handlers: dict[str, UseHandler] = {}
_refreshers: dict[str, list[Refresher]] = {}


def register_handler(object_type: str, handler: UseHandler) -> None:
    """Make known what can be done about links in objects of ``object_type``."""
    _handlers[object_type] = handler


def get_handler(object_type: str) -> UseHandler:
    """The handler of a kind of object; KeyError where its app registered none."""
    return _handlers[object_type]


def listen_to_marks(object_type: str, refresher: Refresher) -> None:
    """Have ``refresher(object_ids)`` called when a mark on links in such objects changed.

    For what shows objects of another app, such as a page with a list of resources.
    """
    refreshers = _refreshers.setdefault(object_type, [])
    if refresher not in refreshers:
        refreshers.append(refresher)


def tell_of_marks(object_type: str, object_ids: Sequence[int]) -> None:
    """Tell everyone who shows these objects that a mark on their links changed."""
    handler = _handlers.get(object_type)
    if handler is not None and handler.refresh is not None:
        handler.refresh(object_ids)
    for refresher in _refreshers.get(object_type, ()):
        refresher(object_ids)


@dataclass(frozen=True)
class Address:
    """Identity of a link: the address to fetch, or the raw text of what cannot be one."""

    url: str
    fragment: str
    is_valid: bool


class _Key(NamedTuple):
    """What makes a use of an object one: two places of one page are two."""

    link_id: int
    field: str
    fragment: str


def sync_uses(
    object_type: str, object_id: int, found: Iterable[FoundLink], *, is_new: bool = False
) -> dict[str, Link]:
    """Make the uses of an object exactly ``found`` and return its links by the url as written.

    A constant number of queries: one where nothing changed, fewer for an object that ``is_new``.
    Of links that were used before only id and url are read. New links are due at once; a
    link that nobody uses any more is no longer checked (rule 18) and becomes due again when it
    comes back. Safe to run twice.
    """
    written = {item: address_of(item.url) for item in found}
    uses = [] if is_new else _find_uses(object_type, object_id)
    links = {use.link.url: use.link for use in uses}
    links |= _get_or_create_links(a for a in written.values() if a.url not in links)
    wanted: dict[_Key, tuple[FoundLink, Address]] = {}
    for item, address in written.items():
        key = _Key(links[address.url].pk, item.field, clean_text(address.fragment[:MAX_URL]))
        wanted.setdefault(key, (item, address))
    current = {_Key(use.link_id, use.field, use.fragment): use for use in uses}
    gone = [use for key, use in current.items() if key not in wanted]
    if gone:
        LinkUse.objects.filter(pk__in=[use.pk for use in gone]).delete()
    LinkUse.objects.bulk_create(
        LinkUse(
            link_id=key.link_id,
            object_type=object_type,
            object_id=object_id,
            field=key.field,
            text=clean_text(item.text[:MAX_TEXT]),
            fragment=key.fragment,
        )
        for key, (item, _address) in wanted.items()
        if key not in current
    )
    _reword(current, wanted)
    unused = {use.link_id for use in gone}
    used = {key.link_id for key in wanted if key not in current}
    if any(use.fragment for use in gone):
        # After the commit, as below.
        places = {use.link_id for use in gone if use.fragment}
        transaction.on_commit(partial(close_cases_of_unused_fragments, places), robust=True)
    _lock(unused | used)
    _stop_checking_unused(unused)
    _start_checking(used)
    _look_for({key.link_id for key in wanted if key.fragment and key not in current})
    return {item.url: links[address.url] for item, address in written.items()}


def _find_uses(object_type: str, object_id: int) -> list[LinkUse]:
    uses = LinkUse.objects.filter(object_type=object_type, object_id=object_id)
    columns = ("link_id", "field", "text", "fragment", "link__url")
    return list(uses.select_related("link").only(*columns))


def _reword(current: dict[_Key, LinkUse], wanted: dict[_Key, tuple[FoundLink, Address]]) -> None:
    """Follow what changed about links that stay: the words that carry them."""
    reworded = []
    for key in current.keys() & wanted.keys():
        use, text = current[key], clean_text(wanted[key][0].text[:MAX_TEXT])
        if use.text != text:
            use.text = text
            reworded.append(use)
    if reworded:
        LinkUse.objects.bulk_update(reworded, ["text"], batch_size=_BULK)


def prepare_links(urls: Iterable[str]) -> None:
    """Make the links of ``urls`` in bulk, ahead of many objects that are about to use them.

    They are due, but not urgent: a list that is imported is a backlog, nobody waits for its links.
    In the transaction of those writes: a link that nobody uses in the end would be checked.
    """
    addresses = [address_of(url) for url in urls]
    for start in range(0, len(addresses), _BULK):
        _get_or_create_links(addresses[start : start + _BULK], is_urgent=False)


def address_of(url: str) -> Address:
    """The identity of the link that ``url``, any text at all, stands for."""
    try:
        return Address(*link_url(url), is_valid=True)
    except InvalidUrl:
        return Address(clean_text(url[:MAX_URL]), "", is_valid=False)


def _get_or_create_links(
    addresses: Iterable[Address], *, is_urgent: bool = True
) -> dict[str, Link]:
    """Links by url; missing ones are made, tolerant of another writer making them meanwhile."""
    wanted = {address.url: address for address in addresses}
    links = _links_by_url(wanted) if wanted else {}
    missing = [address for url, address in wanted.items() if url not in links]
    if missing:
        hosts = _get_or_create_hosts(missing)
        Link.objects.bulk_create(
            [
                _new_link(address, hosts, is_urgent=is_urgent)
                for address in sorted(missing, key=lambda a: a.url)
            ],
            ignore_conflicts=True,
        )
        links |= _links_by_url(address.url for address in missing)
    return links


def _links_by_url(urls: Iterable[str]) -> dict[str, Link]:
    return {link.url: link for link in Link.objects.filter(url__in=list(urls))}


def _new_link(address: Address, hosts: dict[str, Host], *, is_urgent: bool) -> Link:
    if address.is_valid:
        host = hosts[host_name(address.url)]
        return Link(
            url=address.url,
            host=host,
            is_urgent=is_urgent,
            host_override=host.override,
            host_override_until=host.override_until,
        )
    state = LinkState(verdict=Verdict.EXCLUDED, reason=Reason.INVALID_URL)
    return Link(
        url=address.url,
        verdict=state.verdict.value,
        reason=state.reason.value,
        state=state.as_dict(),
        next_check_at=None,
    )


def _get_or_create_hosts(addresses: Iterable[Address]) -> dict[str, Host]:
    names = {host_name(address.url) for address in addresses if address.is_valid}
    hosts = {host.name: host for host in Host.objects.filter(name__in=names)}
    missing = names - hosts.keys()
    if missing:
        Host.objects.bulk_create(
            [Host(name=name, domain=registrable_domain(name)) for name in sorted(missing)],
            ignore_conflicts=True,
        )
        hosts |= {host.name: host for host in Host.objects.filter(name__in=missing)}
    return hosts


def _lock(link_ids: set[int]) -> None:
    """Hold links, in the order of their ids: then nobody else starts or stops using them.

    Only where rows have locks, and a transaction is open to hold them.
    """
    connection = transaction.get_connection()
    if link_ids and connection.features.has_select_for_update and connection.in_atomic_block:
        links = Link.objects.select_for_update().filter(pk__in=link_ids).order_by("pk")
        list(links.values_list("pk"))


def _stop_checking_unused(link_ids: set[int]) -> None:
    if not link_ids:
        return
    still_used = LinkUse.objects.filter(link=OuterRef("pk"))
    stopped = Link.objects.filter(~Exists(still_used), pk__in=link_ids).update(is_used=False)
    if stopped:
        # After the commit: a decision holds its case before the objects that it changes, an edit
        # must not ask for them the other way round.
        transaction.on_commit(partial(close_cases_of_unused, link_ids), robust=True)


def close_cases_of_unused(link_ids: Collection[int] | None = None) -> int:
    """Close the open cases of links that nobody uses any more; how many there were.

    All such links unless ``link_ids`` narrows it: what a process that died left undone is found
    by the sweep of :func:`linkcheck.tasks.check_due_links`.
    """
    cases = Case.objects.filter(state=Case.State.OPEN, target_type=ObjectType.LINK)
    if link_ids is not None:
        cases = cases.filter(target_id__in=link_ids)
    unused = Link.objects.filter(is_used=False, pk__in=cases.values("target_id"))
    return resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=list(unused.values_list("pk", flat=True)),
        note=_("The link is not used any more."),
    )


def close_cases_of_unused_fragments(link_ids: Collection[int] | None = None) -> int:
    """Close the cases of places in pages that no link names any more; how many there were.

    All unless ``link_ids`` narrows it. What is named in its stead is looked for at the next check.
    """
    cases = Case.objects.filter(
        state=Case.State.OPEN, target_type=ObjectType.LINK, kind=MISSING_FRAGMENT
    )
    if link_ids is not None:
        cases = cases.filter(target_id__in=link_ids)
    missing = LinkUse.objects.filter(
        link=OuterRef("target_id"), fragment_state=FragmentState.MISSING
    )
    return resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=list(cases.filter(~Exists(missing)).values_list("target_id", flat=True)),
        note=_("No link leads to that place any more."),
        kinds=[MISSING_FRAGMENT],
    )


def _start_checking(link_ids: set[int]) -> None:
    """A link that someone just wrote is looked at first (Politeness).

    One that comes back is judged anew: its mark is gone until then, so that a case opens if it is
    dead still.
    """
    if not link_ids:
        return
    Link.objects.filter(pk__in=link_ids, is_used=False).update(
        is_used=True, next_check_at=timezone.now(), is_urgent=True, mark=Mark.NONE
    )


def _look_for(link_ids: set[int]) -> None:
    """A place that someone just named is looked for first, where its page was looked at before."""
    if link_ids:
        seen = Link.objects.filter(pk__in=link_ids, last_checked_at__isnull=False)
        seen.filter(next_check_at__isnull=False).update(
            next_check_at=timezone.now(), is_urgent=True
        )
