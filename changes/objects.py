"""The kinds of objects that changes are about, as the apps that own them describe them.

This app knows no page and no resource; each owner registers a :class:`TrackedObject` in its
``AppConfig.ready()``, and history, compare, revert, recent changes and feeds work for all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from accounts.models import User
    from changes.models import Versioned
    from changes.restoring import Restorer


@dataclass(frozen=True, kw_only=True)
class ObjectRef:
    """How an object is shown and reached today."""

    title: str
    url: str
    is_public: bool = True


@dataclass(frozen=True, kw_only=True)
class RevisionField:
    """One field of a revision as compare and revision pages show it.

    ``as_text`` gives the text of a history row's value: diffs are made of that text. A field whose
    text must be looked up has ``as_texts`` instead: the texts of many values, in order, in one
    query. ``is_reverted`` says whether reverting brings back the old value.
    """

    name: str
    label: StrOrPromise
    as_text: Callable[[Any], str] = str
    as_texts: Callable[[Sequence[Any]], Sequence[str]] | None = None
    is_prose: bool = False
    is_reverted: bool = True

    def texts_of(self, values: Sequence[Any]) -> Sequence[str]:
        """The texts of ``values``, in order."""
        return self.as_texts(values) if self.as_texts else [self.as_text(v) for v in values]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an object belongs: ``section_id`` is the section that it is part of.

    A section is part of itself, and ``listed_in`` are all sections whose lists it stands in: of a
    section the one above it.
    """

    section_id: int | None
    listed_in: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class TrackedObject:
    """What history, recent changes and feeds need to know of one kind of object.

    ``url_prefix`` names its views: ``wiki:page`` has ``wiki:page_history`` and so on, below the
    object's own address (:func:`changes.history_views.history_patterns`).
    ``find_refs`` takes ids and answers in a constant number of queries. ``revert`` makes an old
    version the newest one through the ordinary operation, and with ``since`` keeps what was written
    after that version; ``restorer`` makes an object all that it was, with its address and whether
    it is there. ``render`` gives a revision's HTML. ``place_of`` says where an object stands, from
    its own values: no query. ``leads_by`` is the column with the id of the object that readers of
    this one are led to, of a redirect for instance (:mod:`changes.leading`).
    """

    object_type: str
    find_refs: Callable[[Iterable[int]], Mapping[int, ObjectRef]]
    model: type[Versioned] | None = None
    url_prefix: str = ""  # "wiki:page"
    fields: Sequence[RevisionField] = ()
    revert: Callable[..., Versioned] | None = None
    restorer: Restorer | None = None
    render: Callable[[Any], str] | None = None
    may_edit: Callable[[User, Any], bool] | None = None
    place_of: Callable[[Any], Place] | None = None
    leads_by: str = ""


_registry: dict[str, TrackedObject] = {}


def register(tracked: TrackedObject) -> None:
    """Make a kind of object known; twice the same kind replaces it (app reloads)."""
    _registry[tracked.object_type] = tracked


def get_tracked(object_type: str) -> TrackedObject:
    """The description of a kind of object; KeyError where no app registered it."""
    return _registry[object_type]


def find_refs(pairs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], ObjectRef]:
    """How each (object type, id) is shown today; what is gone is left out.

    One query for each kind of object, however many pairs.
    """
    ids_of: dict[str, set[int]] = {}
    for object_type, object_id in pairs:
        ids_of.setdefault(object_type, set()).add(object_id)
    return {
        (object_type, object_id): ref
        for object_type, ids in ids_of.items()
        if object_type in _registry
        for object_id, ref in _registry[object_type].find_refs(ids).items()
    }
