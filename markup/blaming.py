"""Which revision each line of a text comes from, followed from one revision to the next.

The newest text is followed back until every line has an owner and an origin; what is known of a
text is carried forward to the one that follows it, so that a further revision costs one comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markup.tracing import Work, trace_lines
from markup.words import split_lines, unify_line_ends

_NOBODY = -1


def lines_of(text: str) -> list[str]:
    """The lines that are followed: without their ends."""
    return split_lines(unify_line_ends(text))[0]


@dataclass
class LineOwners:
    """``owners`` has the number of the revision that each line comes from as it reads today.

    ``origins`` has that in which it came, before it was changed a little, where it stands or on its
    way elsewhere. Both are None while unknown. ``standing`` has for each line of revision ``at``
    the number that it has today; -1 if it is none of today's, or nothing more is asked about it.
    """

    owners: list[int | None]
    origins: list[int | None]
    standing: list[int]
    at: int
    work: Work = field(default_factory=Work, compare=False)

    @classmethod
    def unknown(cls, lines: Sequence[str], version: int) -> LineOwners:
        """Nothing is known yet of ``lines``, the text of revision ``version``."""
        count = len(lines)
        return cls([None] * count, [None] * count, list(range(count)), version)

    @property
    def is_complete(self) -> bool:
        return None not in self.origins

    def go_back(self, older: Sequence[str], newer: Sequence[str], version: int) -> None:
        """What is new in ``newer``, the text of ``at``, comes from there; the rest is older.

        ``older`` is the text of revision ``version``.
        """
        trace = trace_lines(older, newer, self.work)
        before = [_NOBODY] * len(older)
        for old, new, length in trace.kept:
            before[old : old + length] = self.standing[new : new + length]
        for place in trace.fresh:
            today = self.standing[place]
            if today == _NOBODY:
                continue
            if place in trace.moved:
                before[trace.moved[place]] = today
                continue
            if self.owners[today] is None:
                self.owners[today] = self.at
            if place in trace.changed:
                before[trace.changed[place]] = today
            else:
                self.origins[today] = self.at
        self.standing, self.at = before, version

    def settle(self) -> None:
        """There is nothing before ``at``: what has no owner comes from there."""
        for today in self.standing:
            if today != _NOBODY:
                self.owners[today] = self.owners[today] or self.at
                self.origins[today] = self.at
        self.standing = []

    def go_forward(self, older: Sequence[str], newer: Sequence[str], version: int) -> None:
        """Of the text ``newer`` of a later revision: what it kept of ``older`` keeps its owner."""
        trace = trace_lines(older, newer, self.work)
        sources = [_NOBODY] * len(newer)
        for old, new, length in trace.kept:
            sources[new : new + length] = range(old, old + length)
        for place, source in (*trace.moved.items(), *trace.changed.items()):
            sources[place] = source
        today = [_NOBODY] * len(older)
        owners: list[int | None] = [version] * len(newer)
        origins: list[int | None] = [version] * len(newer)
        for place, source in enumerate(sources):
            if source == _NOBODY:
                continue
            today[source], origins[place] = place, self.origins[source]
            if place not in trace.changed:
                owners[place] = self.owners[source]
        self.standing = [number if number == _NOBODY else today[number] for number in self.standing]
        self.owners, self.origins = owners, origins
