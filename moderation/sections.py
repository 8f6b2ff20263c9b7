"""The tree of sections as this app sees it: ids alone, for it does not know the catalog."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from changes.models import ObjectType
from changes.objects import get_tracked

Parents = Mapping[int, int | None]


def read_parents() -> dict[int, int | None]:
    """The section above each, None above the uppermost; one query."""
    sections: Any = get_tracked(ObjectType.SECTION).model
    return dict(sections.objects.order_by().values_list("pk", "parent_id"))


def find_around(section_ids: Collection[int], parents: Parents) -> set[int]:
    """Those sections and all above them."""
    found: set[int] = set()
    for section_id in section_ids:
        above: int | None = section_id
        while above is not None and above not in found:
            found.add(above)
            above = parents.get(above)
    return found


def find_within(section_ids: Collection[int], parents: Parents) -> set[int]:
    """Those sections and all below them."""
    wanted = set(section_ids)
    return wanted | {pk for pk in parents if find_around([pk], parents) & wanted}


def find_section(object_type: str, object_id: int) -> int | None:
    """The section that an object is part of, itself for a section; one query, none for people."""
    tracked = get_tracked(object_type)
    if tracked.model is None or tracked.place_of is None:
        return None
    obj = tracked.model._base_manager.filter(pk=object_id).first()
    return None if obj is None else tracked.place_of(obj).section_id
