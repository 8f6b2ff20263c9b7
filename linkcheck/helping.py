"""Looking for what may help with dead links: an archived copy, the place where they may stand now.

The database says what is to be done, a lease who does it: a sweep finds links that died, whatever
happened to the worker that saw it. What is suggested was asked a moment before, through the guard.
"""

from __future__ import annotations

import asyncio
import logging
import random
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import ada_url
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from linkcheck import outage
from linkcheck.archives import ArchiveClient, Snapshot
from linkcheck.bookings import find_booked, open_desk, visit_by
from linkcheck.classification import Outcome, classify
from linkcheck.configuration import pace_from_django, probe_settings_from_django
from linkcheck.fingerprints import compare_fingerprints
from linkcheck.learning import MAX_MOVES, Lesson, Move, Suggestion, learn, suggest
from linkcheck.leases import free_domains, hold_domains
from linkcheck.manners import Manners
from linkcheck.models import Host, Link, Mark, RepairHelp
from linkcheck.observations import ErrorKind, Observation
from linkcheck.pacing import ProbeRequest, host_key, probe_all
from linkcheck.politeness import load_manners
from linkcheck.probing import Prober, ProbeSettings
from linkcheck.probing.fetching import Fetcher
from linkcheck.robots import RobotsMode
from linkcheck.transitions import refresh_uses
from linkcheck.verdicts import Verdict
from linkcheck.visiting import Desk

logger = logging.getLogger(__name__)

#: So many links in one run: with all its waits it ends within a task's time.
BATCH = 10
#: A worker that dies holds its links no longer than this.
LEASE = timedelta(minutes=15)
#: Waits after a try that found no ear; then it is given up.
WAITS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
MAX_ATTEMPTS = len(WAITS) + 1
#: While nothing is known to suggest: the host may redirect others of its links by then.
LOOK_AGAIN_AFTER = timedelta(days=30)
#: Addresses are asked, and then archives, no longer than so many seconds each.
_PROBING_S, _ARCHIVES_S = 200.0, 200.0
#: Domains are held while they are probed: no two workers ask one at once.
_HOLD = timedelta(seconds=_PROBING_S + 60)
#: Texts that are alike to this degree are one page (rule 9).
_SAME_PAGE = 0.9


@dataclass
class _Search:
    """One dead link, and what was found for it so far."""

    link: Link
    suggestions: list[Suggestion]
    seen: dict[str, Observation] = field(default_factory=dict)
    siblings: dict[str, Observation] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    archive_was_asked: bool = False
    is_put_off: bool = False  # another worker asks that domain just now, or it rests

    @property
    def domains(self) -> set[str]:
        """The domains that the suggestions live on."""
        return {host_key(suggestion.url) for suggestion in self.suggestions}

    def find_working(self) -> tuple[Suggestion, Observation] | None:
        """The best suggestion that answers, where an address beside it does not alike."""
        for suggestion in self.suggestions:
            seen = self.seen.get(suggestion.url)
            beside = self.siblings.get(suggestion.url)
            if seen and beside and _is_page(seen, beside) and seen.final_url != self.link.url:
                return suggestion, seen
        return None

    @property
    def is_complete(self) -> bool:
        """Whether everything that could be asked gave an answer of some kind."""
        if self.is_put_off or (has_archives() and not self.archive_was_asked):
            return False
        return self.find_working() is not None or all(
            _has_spoken(self.seen.get(suggestion.url)) for suggestion in self.suggestions
        )


def has_archives() -> bool:
    """Whether any archive may be asked."""
    return bool(settings.LINKCHECK_ARCHIVE_WAYBACK_URL or settings.LINKCHECK_ARCHIVE_TIMEGATE_URL)


def find_help(*, probe_settings: ProbeSettings | None = None) -> int:
    """Look for help for some dead links that have none; how many were looked at.

    Safe to run twice and in several places at once. To be called outside any transaction and any
    event loop. How to ask is what Django's settings say, unless given.
    """
    if outage.find_open() is not None:
        return 0
    searches = [_Search(link, _find_suggestions(link)) for link in _claim(timezone.now())]
    if searches:
        _run(searches, probe_settings or probe_settings_from_django())
    for search in searches:
        _write(search)
    return len(searches)


def _run(searches: Sequence[_Search], probe_settings: ProbeSettings) -> None:
    """Probe and ask archives, as every host wants to be treated."""
    wanted = {domain for search in searches for domain in search.domains}
    known = set(Host.objects.filter(domain__in=wanted).values_list("domain", flat=True))
    held, held_until = hold_domains(wanted, _HOLD)
    for search in searches:
        search.is_put_off = not search.domains.isdisjoint(known - held)
    manners = load_manners(
        [search.link for search in searches],
        mode=RobotsMode(settings.LINKCHECK_ROBOTS),
        token=probe_settings.token,
        now=timezone.now(),
    )
    try:
        desk = open_desk()
        desk.tell(find_booked(held))
        desk.run(_search(searches, probe_settings, manners, desk))
    finally:
        free_domains(held, held_until)


@transaction.atomic
def _claim(now: datetime) -> list[Link]:
    """Some dead links that no worker looks for help for, under a lease."""
    dead = Link.objects.used().filter(_lacks_page(), host__isnull=False)
    anew = dead.filter(Q(help__isnull=True) | Q(help__died_at__lt=F("verdict_since")))
    new = list(anew.order_by("pk").values_list("pk", "verdict_since")[:BATCH])
    RepairHelp.objects.bulk_create(
        [RepairHelp(link_id=pk, died_at=died_at, next_look_at=now) for pk, died_at in new],
        update_conflicts=True,
        unique_fields=["link"],
        update_fields=["died_at", "next_look_at", "attempts", "suggested_url"],
    )
    if has_archives():  # perhaps only since yesterday
        is_far = Q(next_look_at__isnull=True) | Q(next_look_at__gt=now + max(WAITS))
        RepairHelp.objects.filter(
            is_far, archive_asked_at__isnull=True, attempts__lt=MAX_ATTEMPTS
        ).update(next_look_at=now)
    due = RepairHelp.objects.filter(
        _lacks_page("link__"), link__is_used=True, next_look_at__lte=now
    ).select_for_update(skip_locked=True, of=("self",))
    held = list(due.order_by("next_look_at", "pk")[:BATCH])
    RepairHelp.objects.filter(pk__in=[row.pk for row in held]).update(
        next_look_at=now + LEASE, attempts=F("attempts") + 1
    )
    links = Link.objects.select_related("host", "help")
    return list(links.filter(pk__in=[row.link_id for row in held]).order_by("pk"))


def _lacks_page(link: str = "") -> Q:
    """Links at which the page is not there any more: dead, soft 404 or parked.

    ``link`` is the way to them, as in a lookup.
    """
    answers_otherwise = {
        f"{link}mark": Mark.SUSPECT,
        f"{link}verdict__in": [Verdict.SOFT_404.value, Verdict.PARKED.value],
    }
    return Q(**{f"{link}mark": Mark.DEAD}) | Q(**answers_otherwise)


def _find_suggestions(link: Link) -> list[Suggestion]:
    """Where ``link`` may stand today, by what its domain did to others; not what is dead too."""
    if link.host is None:
        return []
    found = suggest(link.url, find_lessons(link.host.domain))
    urls = [suggestion.url for suggestion in found]
    dead = set(Link.objects.filter(url__in=urls, mark=Mark.DEAD).values_list("url", flat=True))
    return [suggestion for suggestion in found if suggestion.url not in dead]


def find_lessons(domain: str) -> list[Lesson]:
    """What a registrable domain did to its addresses, by its links that redirect for good."""
    moved = Link.objects.filter(host__domain=domain).exclude(moved_to="")
    pairs = moved.order_by("-last_checked_at", "pk").values_list("url", "moved_to")
    return learn(Move(old, new) for old, new in pairs[:MAX_MOVES])


async def _search(
    searches: Sequence[_Search], probe_settings: ProbeSettings, manners: Manners, desk: Desk
) -> None:
    # No retries within the run: what fails softly is tried again hours later.
    async with Prober(replace(probe_settings, retry_delays_s=())) as prober:
        asked = [search for search in searches if not search.is_put_off]
        await _probe(asked, prober, manners, desk)
    if has_archives():
        async with Fetcher(probe_settings, wait_for_turn=visit_by(desk)) as fetcher:
            await _ask_archives(searches, fetcher)


async def _probe(searches: Sequence[_Search], prober: Prober, manners: Manners, desk: Desk) -> None:
    """Ask every suggested address, and one beside it that cannot exist, host by host."""
    requests = []
    for search in searches:
        for suggestion in search.suggestions:
            requests.append(ProbeRequest(suggestion.url, tag=(search.seen, suggestion.url)))
            beside = ProbeRequest(_sibling(suggestion.url), tag=(search.siblings, suggestion.url))
            requests.append(beside)

    def keep(request: ProbeRequest, seen: Observation) -> None:
        place, url = request.tag
        place[url] = seen

    pace = replace(pace_from_django(), stop_after_s=_PROBING_S)
    await probe_all(prober, requests, pace, keep, manners=manners, desk=desk)


async def _ask_archives(searches: Sequence[_Search], fetcher: Fetcher) -> None:
    """Look for copies, one after the other: archives are asked as politely as hosts."""
    client = ArchiveClient(
        fetcher,
        wayback_url=settings.LINKCHECK_ARCHIVE_WAYBACK_URL,
        timegate_url=settings.LINKCHECK_ARCHIVE_TIMEGATE_URL,
    )
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + _ARCHIVES_S
    for search in searches:
        if loop.time() >= ends_at:
            return
        # As it was when someone chose it (rule 16).
        search.snapshot = await client.find(search.link.url, search.link.first_seen_at)
        search.archive_was_asked = search.snapshot is not None or not client.has_failed


@transaction.atomic
def _write(search: _Search) -> None:
    """Write what was found, unless the link lives again or died anew meanwhile."""
    link, now = search.link, timezone.now()
    held = RepairHelp.objects.select_for_update().filter(
        link=link, died_at=link.help.died_at, attempts=link.help.attempts
    )
    repair_help = held.first()
    if repair_help is None:
        return
    if search.archive_was_asked:
        repair_help.archive_asked_at = now
    _keep_suggestion(repair_help, search)
    repair_help.next_look_at = _next_look(repair_help, search, now)
    repair_help.save()
    if search.snapshot is not None:
        copy = {"archive_url": search.snapshot.url, "archive_at": search.snapshot.at}
        if Link.objects.filter(pk=link.pk).exclude(**copy).update(**copy):
            refresh_uses([link.pk])


def _next_look(repair_help: RepairHelp, search: _Search, now: datetime) -> datetime | None:
    if repair_help.attempts >= MAX_ATTEMPTS:
        return None
    if not search.is_complete:
        return now + WAITS[repair_help.attempts - 1]
    return None if repair_help.suggested_url else now + LOOK_AGAIN_AFTER


def _keep_suggestion(repair_help: RepairHelp, search: _Search) -> None:
    working = search.find_working()
    if working is None:
        if search.is_complete:
            repair_help.suggested_url = ""
        return
    suggestion, seen = working
    url = seen.final_url if seen.is_permanent else suggestion.url
    rewrite, repair_help.support = suggestion.lesson
    repair_help.suggested_url = url if len(url) <= 2000 else suggestion.url
    repair_help.old_words, repair_help.new_words = rewrite.old_words, rewrite.new_words
    repair_help.suggestion_status, repair_help.suggestion_checked_at = seen.status, seen.at


def _sibling(url: str) -> str:
    """An address in the same directory that cannot exist (rule 9)."""
    letters = "".join(random.choices(string.ascii_lowercase, k=25))  # noqa: S311 - no secret
    return str(ada_url.join_url(url.removesuffix("/"), letters))


def _is_page(seen: Observation, beside: Observation) -> bool:
    """Whether ``seen`` is a page of its own: what cannot exist answers otherwise."""
    if classify(seen)[0] is not Outcome.ALIVE:
        return False
    if classify(beside)[0] is not Outcome.ALIVE:
        return _has_spoken(beside)
    is_alike = compare_fingerprints(seen.fingerprint, beside.fingerprint) >= _SAME_PAGE
    return seen.final_url != beside.final_url and not is_alike


def _has_spoken(seen: Observation | None) -> bool:
    """Whether an address was asked and its server answered, whatever it said."""
    if seen is None or seen.error is not ErrorKind.NONE:
        return False
    return classify(seen)[0] not in (Outcome.SOFT, Outcome.RATE_LIMITED)
