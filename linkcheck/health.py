"""How the links of an object, or of the whole site, are doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count

from linkcheck.models import Link, Mark

# What a summary shows, in this order, with the class of its shape.
_SHOWN: tuple[tuple[Mark, str], ...] = (
    (Mark.OK, "ok"),
    (Mark.MOVED, "moved"),
    (Mark.UNSURE, "unsure"),
    (Mark.SUSPECT, "suspect"),
    (Mark.DEAD, "dead"),
)


class HealthRow(NamedTuple):
    """A number of links by their mark; a dead one stands in a row of its own, with its address."""

    mark: str
    dead_id: int | None
    dead_url: str | None
    number: int


@dataclass(frozen=True)
class UsesHealth:
    """``counts``: (class, word, number) of the marks that occur; ``dead``: the dead links."""

    counts: list[tuple[str, str, int]]
    dead: list[Link]

    @classmethod
    def from_rows(cls, rows: Sequence[HealthRow]) -> UsesHealth:
        """Add up what a query counted."""
        counts = [
            (shape, str(mark.label), number)
            for mark, shape in _SHOWN
            if (number := sum(row.number for row in rows if row.mark == mark))
        ]
        dead = [Link(pk=row.dead_id, url=row.dead_url) for row in rows if row.dead_url]
        return cls(counts, dead)


def totals_by_mark() -> dict[str, int]:
    """Number of used links by mark ("" for those not looked at yet); one query."""
    rows = Link.objects.used().values_list("mark").annotate(n=Count("pk")).order_by()
    return dict.fromkeys(Mark.values, 0) | dict(rows)
