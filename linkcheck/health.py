"""How the links of an object, or of the whole site, are doing."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class UsesHealth:
    """``counts``: (class, word, number) of the marks that occur; ``dead``: the dead links."""

    counts: list[tuple[str, str, int]]
    dead: list[Link]


def health_of_uses(object_type: str, object_id: int) -> UsesHealth:
    """The health of all links that stand in an object; one query."""
    links = Link.objects.filter(uses__object_type=object_type, uses__object_id=object_id).distinct()
    found = list(links.only("id", "url", "mark", "verdict_since"))
    counts = [
        (shape, str(mark.label), number)
        for mark, shape in _SHOWN
        if (number := sum(link.mark == mark for link in found))
    ]
    return UsesHealth(counts, [link for link in found if link.mark == Mark.DEAD])


def totals_by_mark() -> dict[str, int]:
    """Number of used links by mark ("" for those not looked at yet); one query."""
    rows = Link.objects.used().values_list("mark").annotate(n=Count("pk")).order_by()
    return dict.fromkeys(Mark.values, 0) | dict(rows)
