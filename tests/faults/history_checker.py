"""No acknowledged edit is lost: the history against what clients were told (RELIABILITY §1).

``find_violations`` is a function of a journal and of the revisions that the database holds; the
numbers in its messages are those of the rules. Rule 8 is ``manage.py check_integrity``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from catalog.models import Resource
from changes.models import Change, ObjectType
from tests.faults.journal import TOKEN, Journal, Outcome, Read, Write
from wiki.models import Page

CLOCK_GRAIN = timedelta(milliseconds=5)  # two processes of one machine
# What adds a text or replaces it; every other kind of change leaves it as it was.
_ADDING = frozenset({Change.Kind.CREATED, Change.Kind.EDITED, Change.Kind.MERGED})


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One row of a history with the line in recent changes that goes with it."""

    object_type: str
    object_id: int
    version: int
    text: str
    summary: str
    author_id: int | None
    at: datetime
    kind: str
    version_before: int | None
    base_version: int | None
    reverted_to: int | None = None
    is_redirect: bool = False  # the second revision of a rename: what stays at the old address

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}, revision {self.version}"

    @property
    def tokens(self) -> frozenset[str]:
        return frozenset(TOKEN.findall(self.text))

    @property
    def is_new_text(self) -> bool:
        """Whether a deleted page was written anew: its old text is not there to be kept."""
        return self.kind == Change.Kind.RESTORED and self.base_version is None


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What the database holds: revisions in the order of their rows, and the rows' own texts."""

    revisions: Sequence[Revision]
    current: Mapping[tuple[str, int], str]

    def chains(self) -> dict[tuple[str, int], list[Revision]]:
        """The revisions of each object."""
        chains: dict[tuple[str, int], list[Revision]] = defaultdict(list)
        for revision in self.revisions:
            chains[revision.object_type, revision.object_id].append(revision)
        return dict(chains)


def read_stored() -> Stored:
    """The histories of all pages and resources."""
    revisions: list[Revision] = []
    current: dict[tuple[str, int], str] = {}
    for object_type, model, field in (
        (ObjectType.PAGE, Page, "body"),
        (ObjectType.RESOURCE, Resource, "description"),
    ):
        current |= {
            (object_type, pk): text for pk, text in model._base_manager.values_list("pk", field)
        }
        changes = {
            (change.object_id, change.version_after): change
            for change in Change.objects.filter(object_type=object_type)
        }
        for row in model.history.order_by("history_id"):
            change = changes.get((row.id, row.version))
            revisions.append(
                Revision(
                    object_type=object_type,
                    object_id=row.id,
                    version=row.version,
                    text=getattr(row, field),
                    summary=row.summary,
                    author_id=row.history_user_id,
                    at=row.history_date,
                    kind=change.kind if change else "",
                    version_before=change.version_before if change else None,
                    base_version=row.base_version,
                    reverted_to=change.details.get("to") if change else None,
                    is_redirect=change is not None and "redirect_to" in change.details,
                )
            )
    return Stored(revisions=revisions, current=current)


def find_violations(journal: Journal, stored: Stored) -> list[str]:
    """Each rule that does not hold, in words; nothing where every promise was kept."""
    by_token: dict[str, list[Revision]] = defaultdict(list)
    for revision in stored.revisions:
        if TOKEN.fullmatch(revision.summary) and not revision.is_redirect:
            by_token[revision.summary].append(revision)
    adding = _count_additions(stored)
    found: list[str] = []
    for write in journal.writes:
        if write.token:
            found += _judge_write(write, by_token.get(write.token, []), adding)
    found += _judge_restores(journal.writes, stored)
    for chain in stored.chains().values():
        found += _judge_chain(chain)
        found += _judge_current(chain[-1], stored)
    found += _judge_order(journal.writes, by_token)
    for read in journal.reads:
        found += _judge_read(read, by_token, stored)
    return found


def _count_additions(stored: Stored) -> Counter[str]:
    """How many revisions add each token to a text; what a revert brings back does not count."""
    additions: Counter[str] = Counter()
    for chain in stored.chains().values():
        before: frozenset[str] = frozenset()
        for revision in chain:
            if revision.kind != Change.Kind.REVERTED:
                additions.update(revision.tokens - before)
            before = revision.tokens
    return additions


# --- Rules 1, 3, 4 and 6: each attempt by itself --------------------------------------------------


def _judge_write(
    write: Write, revisions: Sequence[Revision], additions: Counter[str]
) -> Iterator[str]:
    standing = len(revisions), additions[write.token]
    if write.outcome is Outcome.OK:
        yield from _judge_confirmed(write, *standing)
    elif write.outcome is Outcome.UNKNOWN:
        yield from _judge_unknown(write, *standing)
    elif any(standing):
        yield f"3: {write.token} was answered with {write.outcome}; it was written"
    for revision in revisions:
        yield from _judge_credit(write, revision)


def _judge_confirmed(write: Write, revisions: int, added: int) -> Iterator[str]:
    if revisions != 1:
        yield f"1: {write.name} {write.token} was confirmed; {revisions} revisions hold it"
    if write.adds_text and added != 1:
        yield f"1: the text of {write.token} was confirmed; {added} revisions add it"


def _judge_unknown(write: Write, revisions: int, added: int) -> Iterator[str]:
    if max(revisions, added) > 1:
        yield f"4: {write.token} may stand once; it stands {max(revisions, added)} times"
    if write.adds_text and revisions != added:
        yield f"4: a part of {write.token} was written"


def _judge_credit(write: Write, revision: Revision) -> Iterator[str]:
    if revision.author_id != write.user_id:
        yield f"6: {revision} is by {revision.author_id}, not by {write.user_id}"
    is_late = write.outcome is Outcome.OK and revision.at > write.ended_at + CLOCK_GRAIN
    if is_late or revision.at < write.began_at - CLOCK_GRAIN:
        yield f"6: {revision} is of {revision.at}, not between {write.began_at} and its answer"


def _judge_restores(writes: Iterable[Write], stored: Stored) -> Iterator[str]:
    """Restoring takes no summary from whom it asks: as many of each person as were confirmed."""
    restored = Counter(
        revision.author_id
        for revision in stored.revisions
        if revision.kind == Change.Kind.RESTORED and not TOKEN.fullmatch(revision.summary)
    )
    told: dict[int, Counter[Outcome]] = defaultdict(Counter)
    for write in writes:
        if not write.token:
            told[write.user_id][write.outcome] += 1
    for user_id in told.keys() | {pk for pk in restored if pk is not None}:
        sure, number = told[user_id][Outcome.OK], restored[user_id]
        if not sure <= number <= sure + told[user_id][Outcome.UNKNOWN]:
            yield f"1: {user_id} was told of {sure} restorings, the history of {number}"


# --- Rules 2, 5 and 10: each object's chain -------------------------------------------------------


def _judge_chain(chain: Sequence[Revision]) -> Iterator[str]:
    if [revision.version for revision in chain] != list(range(1, len(chain) + 1)):
        numbers = ", ".join(str(revision.version) for revision in chain)
        yield f"2: {chain[0].object_type} {chain[0].object_id} has the revisions {numbers}"
        return
    for revision in chain:
        if revision.version_before != (revision.version - 1 or None):
            yield f"2: {revision} was made from {revision.version_before}"
    for before, after in pairwise(chain):
        yield from _judge_step(before, after, chain)


def _judge_step(before: Revision, after: Revision, chain: Sequence[Revision]) -> Iterator[str]:
    if after.kind == Change.Kind.REVERTED:
        if after.reverted_to is None or after.text != chain[after.reverted_to - 1].text:
            yield f"10: {after} is not the text that it went back to"
    elif after.kind in _ADDING:
        for token in sorted(before.tokens - after.tokens):
            yield f"10: {after} dropped {token}, which its author had not seen"
    elif not after.is_new_text and after.text != before.text:
        yield f"10: {after} ({after.kind}) changed the text"


def _judge_current(last: Revision, stored: Stored) -> Iterator[str]:
    if stored.current.get((last.object_type, last.object_id)) != last.text:
        yield f"5: {last.object_type} {last.object_id} does not read like its last revision"


# --- Rules 5 and 7: what follows from the order of attempts ---------------------------------------


def _judge_order(writes: Iterable[Write], by_token: Mapping[str, list[Revision]]) -> Iterator[str]:
    """Who was confirmed before another began comes first in the history."""
    placed: dict[tuple[str, int], list[tuple[Write, int]]] = defaultdict(list)
    for write in writes:
        revisions = by_token.get(write.token, [])
        if write.outcome is Outcome.OK and len(revisions) == 1:
            (revision,) = revisions
            placed[revision.object_type, revision.object_id].append((write, revision.version))
    for (object_type, pk), pairs in placed.items():
        for write, version in pairs:
            earlier = [other for other, number in pairs if number < version]
            if any(write.ended < other.began for other in earlier):
                yield f"7: {object_type} {pk}: {write.token} was confirmed before others began"


def _judge_read(
    read: Read, by_token: Mapping[str, list[Revision]], stored: Stored
) -> Iterator[str]:
    """Nobody is shown what is older than their own write."""
    for own in by_token.get(read.token, []):
        texts = {
            revision.text
            for revision in stored.chains()[own.object_type, own.object_id]
            if revision.version >= own.version
        }
        if read.text not in texts:
            yield f"5: client {read.client} was shown something older than its own {own}"
