"""The kinds of objects that can be proposed, as the apps that own them describe them.

Each owner registers a :class:`ProposalKind` in its ``AppConfig.ready()``, beside its
:class:`changes.objects.TrackedObject`, which has the fields and their names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from changes.models import ObjectType

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from changes.editing import MergedEdit
    from changes.models import Versioned
    from changes.objects import ObjectRef
    from changes.recording import Authorship

    #: What has a key today: its id, and how it is shown.
    Standing = Mapping[str, tuple[int, ObjectRef]]


@dataclass(frozen=True, kw_only=True)
class ProposalKind:
    """How one kind of object is proposed and published.

    ``clean(obj, values, base_version)`` gives values of the operation's fields in the form in which
    they are stored, JSON-able, as the operation itself would; of a new object (``obj`` None) all of
    them. It raises ValidationError by field for what the operation would refuse, and where a new
    one stands already. ``create(values, by, again)`` and ``edit(object_id, base_version, values,
    by)`` are the ordinary operations; ``again`` is the id of an object that was made of the same
    proposal, and taken away. ``key_of(values)`` is what two new objects cannot both have, "" where
    there is no such thing; ``find_standing(keys)`` gives the id and title of what has it today, in
    one query. ``edit_url(obj)`` and ``create_url()`` lead to the forms.
    """

    object_type: str
    model: type[Versioned]
    new_label: StrOrPromise  # "new page"
    edit_label: StrOrPromise  # "edit of a page"
    prose: frozenset[str]
    clean: Callable[[Any, Mapping[str, Any], int], dict[str, Any]]
    create: Callable[[Mapping[str, Any], Authorship, int | None], Versioned]
    edit: Callable[[int, int, Mapping[str, Any], Authorship], tuple[Versioned, MergedEdit]]
    edit_url: Callable[[Any], str]
    create_url: Callable[[], str]
    key_of: Callable[[Mapping[str, Any]], str] = lambda _values: ""
    find_standing: Callable[[Collection[str]], Standing] = lambda _keys: {}

    def section_of(self, obj: Any, values: Mapping[str, Any]) -> int | None:
        """The section to which an object or a new one belongs; a section belongs to itself."""
        if self.object_type == ObjectType.SECTION:
            return obj.pk if obj is not None else values.get("parent_id")
        return values.get("section_id") or getattr(obj, "section_id", None)


_kinds: dict[str, ProposalKind] = {}


def register_proposals(kind: ProposalKind) -> None:
    """Make a kind of object known that can be proposed."""
    _kinds[kind.object_type] = kind


def find_proposal_kind(object_type: str) -> ProposalKind | None:
    """The kind of that object type, if it can be proposed."""
    return _kinds.get(object_type)


def get_proposal_kind(object_type: str) -> ProposalKind:
    """The kind of that object type; KeyError where no app registered one."""
    return _kinds[object_type]
