"""How the search hears of what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from catalog.models import Placement
from changes.models import Change, ObjectType
from changes.recording import listen
from linkcheck.uses import listen_to_marks
from search.indexing import mark_documents_stale, remove_documents
from search.sources import TYPES
from wiki.models import Page, Path

_HIDING: Final = frozenset({Change.Kind.DELETED, Change.Kind.RETIRED})


def register_search() -> None:
    """Called once by ``SearchConfig.ready``."""
    listen(_follow)
    listen_to_marks(ObjectType.RESOURCE, _mark_resources_stale)


def _follow(change: Change) -> None:
    """What became invisible goes now, all else is made anew soon."""
    if change.object_type not in TYPES:
        return
    if change.kind in _HIDING:
        remove_documents(change.object_type, [change.object_id])
    mark_documents_stale(change.object_type, [change.object_id])
    if change.object_type == ObjectType.SECTION:
        _mark_what_a_section_names(change.object_id)


def _mark_what_a_section_names(section_id: int) -> None:
    """The title of its section stands in the document of each entry, page and path."""
    placements = Placement.objects.filter(section=section_id)
    for object_type, ids in (
        (ObjectType.RESOURCE, placements.values_list("resource_id", flat=True)),
        (ObjectType.PAGE, Page.objects.filter(section=section_id).values_list("pk", flat=True)),
        (ObjectType.PATH, Path.objects.filter(section=section_id).values_list("pk", flat=True)),
    ):
        if ids:
            mark_documents_stale(object_type, ids)


def _mark_resources_stale(ids: Sequence[int]) -> None:
    mark_documents_stale(ObjectType.RESOURCE, ids)
