"""Finding entries that may be one and the same, in bulk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from catalog.duplicate_models import DuplicatePair
from catalog.models import Resource
from changes.models import Change, ObjectType, Source
from changes.nudging import nudge_after_commit
from markup.slugs import slugify_title
from markup.urls import InvalidUrl, url_key
from moderation.cases import NewCase, open_cases, resolve
from moderation.models import Case

DUPLICATE: Final = "duplicate"  # the kind of case, and the type of its target: a pair
PRIORITY: Final = -5
#: More entries than that are alike for another reason: a host that sends everybody home.
MOST_ALIKE: Final = 20
_BULK: Final = 500

Why = DuplicatePair.Why
Pair = tuple[int, int]


@dataclass(frozen=True)
class Entry:
    """What of a listed entry is compared; ``landed_on`` is where its address led at last."""

    pk: int
    title: str
    url_key: str
    landed_on: str = ""
    version: int = 1
    section_id: int | None = None


def find_pairs(entries: Iterable[Entry]) -> dict[Pair, str]:
    """Which entries are alike and why, the strongest reason first; in linear time.

    Of several that are alike each is paired with the oldest.
    """
    alike: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        for why, key in _keys(entry):
            alike.setdefault((why, key), []).append(entry.pk)
    pairs: dict[Pair, str] = {}
    for why in Why.values:
        for (known_why, _key), ids in alike.items():
            if known_why == why and 1 < len(ids) <= MOST_ALIKE:
                oldest, *others = sorted(set(ids))
                for other in others:
                    pairs.setdefault((oldest, other), why)
    return pairs


def _keys(entry: Entry) -> Iterable[tuple[str, str]]:
    address, _sign, fragment = entry.url_key.partition("#")
    yield Why.TARGET, _target_key(entry, address)
    if not fragment.startswith(("/", "!")):  # a page of its own, of an application
        yield Why.ADDRESS, address
    slug = slugify_title(entry.title)
    if slug:
        yield Why.TITLE, f"{urlsplit(address).netloc} {slug}"


def _target_key(entry: Entry, address: str) -> str:
    """Where it leads; its own address where that is unknown, or a deep link lands on a front."""
    if not entry.landed_on:
        return entry.url_key
    try:
        key = url_key(entry.landed_on)
    except InvalidUrl:
        return entry.url_key
    is_front = urlsplit(key).path == "/" and not urlsplit(key).query
    return entry.url_key if is_front and urlsplit(address).path != "/" else key


def sweep_duplicates() -> None:
    """Open a case for each pair that nobody decided, and close those that are alike no more.

    A number of queries that grows with the pairs found by bulk statements only.
    """
    listed = Resource.objects.listed().order_by()
    columns = ("pk", "title", "url_key", "link__landed_on", "version", "section_id")
    entries = {
        row[0]: Entry(row[0], row[1], row[2], row[3] or "", row[4], row[5])
        for row in listed.values_list(*columns).iterator()
    }
    found = find_pairs(entries.values())
    _write(found)
    known = {
        (pair.first_id, pair.second_id): pair
        for pair in DuplicatePair.objects.filter(state__in=_ASKED).iterator()
    }
    _ask_again([known[key] for key in found if key in known], entries)
    is_open = dict(
        Case.objects.filter(kind=DUPLICATE, state=Case.State.OPEN).values_list("target_id", "pk")
    )
    waiting = {known[key].pk: key for key in found if key in known and known[key].state == "open"}
    cases = [_make_case(pk, entries, key, found[key]) for pk, key in waiting.items()]
    new = [case for case in cases if case.target_id not in is_open]
    for start in range(0, len(new), _BULK):
        open_cases(kind=DUPLICATE, target_type=DUPLICATE, cases=new[start : start + _BULK])
    over = [pk for target_id, pk in is_open.items() if target_id not in waiting]
    for start in range(0, len(over), _BULK):
        gone = Case.objects.filter(pk__in=over[start : start + _BULK])
        resolve(gone, note=_("They are not alike any more."))


_ASKED: Final = (DuplicatePair.State.OPEN, DuplicatePair.State.DISMISSED)


def _write(found: dict[Pair, str]) -> None:
    known = set(DuplicatePair.objects.values_list("first_id", "second_id"))
    DuplicatePair.objects.bulk_create(
        [
            DuplicatePair(first_id=first, second_id=second, why=why)
            for (first, second), why in found.items()
            if (first, second) not in known
        ],
        ignore_conflicts=True,
        batch_size=_BULK,
    )


def _ask_again(pairs: list[DuplicatePair], entries: dict[int, Entry]) -> None:
    """What was dismissed waits again where either entry has changed since."""
    changed = [
        pair
        for pair in pairs
        if pair.state == DuplicatePair.State.DISMISSED
        and pair.versions != [entries[pair.first_id].version, entries[pair.second_id].version]
    ]
    for pair in changed:
        pair.state = DuplicatePair.State.OPEN
    DuplicatePair.objects.bulk_update(changed, ["state"], batch_size=_BULK)


def _make_case(pk: int, entries: dict[int, Entry], key: Pair, why: str) -> NewCase:
    first, second = entries[key[0]], entries[key[1]]
    return NewCase(
        target_id=pk,
        title=" / ".join(dict.fromkeys((first.title, second.title))),
        reason=str(Why(why).label),
        priority=PRIORITY,
        section_id=first.section_id if first.section_id == second.section_id else None,
    )


def nudge_duplicates(change: Change) -> None:
    """Have the sweep run after a write that may make or part a pair: a listener of writes."""
    from catalog.tasks import find_duplicates

    kinds = (Change.Kind.CREATED, Change.Kind.EDITED, Change.Kind.RESTORED)
    is_entry = change.object_type == ObjectType.RESOURCE and change.kind in kinds
    if is_entry and change.source != Source.IMPORT:
        nudge_after_commit(find_duplicates)


def find_merged_into(resource: Resource) -> Resource | None:
    """The entry that a retired one was merged into, if it was; a query where the row is silent.

    What was merged before rows said so stands in the pairs alone.
    """
    if not resource.is_retired:
        return None
    if resource.merged_into is not None:
        return resource.merged_into
    merged = DuplicatePair.objects.filter(state=DuplicatePair.State.MERGED)
    pairs = merged.filter(first=resource) | merged.filter(second=resource)
    pair = pairs.exclude(merged_into=resource).select_related("merged_into").order_by("-pk").first()
    return pair.merged_into if pair else None
