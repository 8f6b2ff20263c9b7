"""What the descriptions of several kinds of objects have in common (:mod:`changes.objects`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db.models import Model
from django.utils.translation import gettext_lazy

from changes.objects import ObjectRef, Place, RevisionField

#: When an object was deleted: a revert leaves that as it is.
DELETED_AT: Final = RevisionField(
    name="deleted_at",
    label=gettext_lazy("Deleted"),
    as_text=lambda at: at.isoformat(" ", "seconds"),
    is_reverted=False,
)


def titles_of(model: type[Model]) -> Callable[[Sequence[Any]], Sequence[str]]:
    """For a field with ids of ``model``: their titles today, "" for what is gone; one query."""

    def find(ids: Sequence[Any]) -> Sequence[str]:
        titles = dict(model._base_manager.filter(pk__in=ids).values_list("pk", "title"))
        return [titles.get(pk, "") for pk in ids]

    return find


def refs_to(model: type[Model]) -> Callable[[Iterable[int]], Mapping[int, ObjectRef]]:
    """How rows of ``model`` are shown, by id, the deleted ones not to everyone; one query."""

    def find(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
        rows: Any = model._base_manager.filter(pk__in=ids).only("title", "slug", "deleted_at")
        return {
            row.pk: ObjectRef(
                title=row.title, url=row.get_absolute_url(), is_public=not row.is_deleted
            )
            for row in rows
        }

    return find


def place_in_section(obj: Any) -> Place:
    """Where an object stands that belongs to one section at the most, and to its list alone."""
    listed_in = frozenset() if obj.section_id is None else frozenset({obj.section_id})
    return Place(section_id=obj.section_id, listed_in=listed_in)
