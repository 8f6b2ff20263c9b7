"""Blame: which revision, and so whom, each line of a text comes from.

Computed when it is asked for, by bounded work, and kept: the next one who asks goes on from there,
and a further revision costs one comparison. A line that moved is known again, also where it was
changed a little on its way. A revision whose text is hidden is passed over: what it brought and
still stands counts as of the next one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final

from django.core.cache import cache
from django.db.models import Count, Max

from changes.hiding_models import HiddenRevision
from changes.objects import TrackedObject
from changes.revisions import RevisionLine
from changes.veils import TEXT
from markup.blaming import LineOwners, lines_of

#: Of one request: revisions read, and characters of them compared.
MOST_REVISIONS: Final = 2_000
MOST_CHARACTERS: Final = 40_000_000
_KEPT_SECONDS: Final = 7 * 24 * 60 * 60
_CHUNK: Final = 50  # texts in memory together


@dataclass(frozen=True, kw_only=True)
class Blame:
    """The lines of the newest text, and the revision that each comes from as it reads today.

    ``origins`` are those in which they came, before they were changed a little. Both are None while
    older than ``followed_to``, where this look at it stopped.
    """

    lines: list[str]
    owners: list[int | None]
    origins: list[int | None]
    followed_to: int
    is_hidden: bool = False

    @property
    def is_complete(self) -> bool:
        return None not in self.owners


@dataclass(frozen=True, kw_only=True)
class BlamedLines:
    """Lines that follow each other and come from one revision; None where it is not known yet.

    ``origin`` is the one in which they came where that is another.
    """

    revision: RevisionLine | None
    origin: RevisionLine | None
    lines: list[tuple[int, str]]


def prose_field(tracked: TrackedObject) -> str:
    """The field whose lines are followed."""
    return next(field.name for field in tracked.fields if field.is_prose)


def blame(tracked: TrackedObject, obj: Any) -> Blame:
    """Where the lines of ``obj`` come from, as far as one request may follow them."""
    name = prose_field(tracked)
    newest = obj.history.get(version=obj.version)
    if newest.hides_text:
        return Blame(lines=[], owners=[], origins=[], followed_to=obj.version, is_hidden=True)
    lines = lines_of(getattr(newest, name))
    key = _key(tracked, obj)
    owners = _carry_forward(key, obj, name) or LineOwners.unknown(lines, obj.version)
    if not owners.is_complete:
        _follow_back(owners, obj, name)
    cache.set(key, _dump(owners, obj.version), _KEPT_SECONDS)
    return Blame(lines=lines, owners=owners.owners, origins=owners.origins, followed_to=owners.at)


def group_lines(
    tracked: TrackedObject, obj: Any, found: Blame, *, first: int, last: int
) -> list[BlamedLines]:
    """The lines ``first`` to ``last`` (from 0, half open) with their revisions; one query."""
    named = {*found.owners[first:last], *found.origins[first:last]}
    numbers = {n for n in named if n is not None}
    prose = [field.name for field in tracked.fields if field.is_prose]
    rows = obj.history.filter(version__in=numbers).select_related("history_user", "accepted_by")
    revisions = {
        row.version: RevisionLine(row=row, is_current=row.version == obj.version)
        for row in rows.defer(*prose)
    }
    some = range(first, min(last, len(found.lines)))
    return [
        BlamedLines(
            revision=revisions.get(owner or 0),
            origin=revisions.get(origin or 0) if origin != owner else None,
            lines=[(n + 1, found.lines[n]) for n in group],
        )
        for (owner, origin), group in groupby(
            some, key=lambda n: (found.owners[n], found.origins[n])
        )
    ]


def _follow_back(owners: LineOwners, obj: Any, name: str) -> None:
    before = obj.history.filter(version__lte=owners.at).order_by("-version")
    texts = _texts(before[: MOST_REVISIONS + 1], name)
    reached = owners.at
    for (_newer, newer), (version, older) in pairwise(texts):
        owners.go_back(newer=newer, older=older, version=version)
        reached = version
        if owners.is_complete:
            return
    if not obj.history.filter(version__lt=reached).exclude(hidden__contains=TEXT).exists():
        owners.settle()


def _carry_forward(key: str, obj: Any, name: str) -> LineOwners | None:
    """What was found out about an older revision, for the newest; None where nothing was."""
    kept = cache.get(key)
    if kept is None:
        return None
    owners, version = _load(kept)
    if version > obj.version or obj.version - version > MOST_REVISIONS:
        return None
    since = obj.history.filter(version__gte=version).order_by("version")
    at = version
    for (_older, older), (newer_version, newer) in pairwise(_texts(since, name)):
        owners.go_forward(older, newer, newer_version)
        at = newer_version
    return owners if at == obj.version else None


def _texts(rows: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """Number and lines of revisions whose text is not hidden, until a request's work is done."""
    left = MOST_CHARACTERS
    for row in rows.only("id", "version", "hidden", name).iterator(chunk_size=_CHUNK):
        if row.hides_text:
            continue
        text = getattr(row, name)
        left -= len(text)
        yield row.version, lines_of(text)
        if left < 0:
            return


def _key(tracked: TrackedObject, obj: Any) -> str:
    """What is kept is of no use once another text is hidden, or shown again."""
    texts = HiddenRevision.objects.filter(
        object_type=tracked.object_type, object_id=obj.pk, part=HiddenRevision.Part.TEXT
    )
    hidden = texts.aggregate(n=Count("pk"), newest=Max("pk"))
    return f"blame-2:{tracked.object_type}:{obj.pk}:{hidden['n']}:{hidden['newest'] or 0}"


def _dump(owners: LineOwners, version: int) -> str:
    return json.dumps([owners.owners, owners.origins, owners.standing, owners.at, version])


def _load(text: str) -> tuple[LineOwners, int]:
    *found, version = json.loads(text)
    return LineOwners(*found), version
