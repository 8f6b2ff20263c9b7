"""What a list said at its last import: the common ancestor of the file and the catalog."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import ImportedValues, Resource, Section
from markup.merging import merge_values

CHUNK = 500
"""Rows in one statement: below the number of parameters that SQLite takes."""

Values = dict[str, Any]


class ListMemory:
    """What the list `name` said of objects of one type, by their ids; and what it says now."""

    def __init__(self, name: str, object_type: str) -> None:
        self.name = name
        self.object_type = object_type
        rows = ImportedValues.objects.filter(list_name=name, object_type=object_type)
        self._said: dict[int, Values] = dict(rows.values_list("object_id", "values"))
        self._says: dict[int, Values] = {}

    def said(self, object_id: int) -> Values:
        """The values of the last import; empty if it did not name the object."""
        return self._said.get(object_id, {})

    def says(self, object_id: int, values: Values, *, disputed: Collection[str] = ()) -> None:
        """Note the values of this import, all of them JSON.

        Those in dispute stay as they were: until someone settles them they are reported each time.
        """
        settled = {name: value for name, value in values.items() if name not in disputed}
        kept = {name: value for name, value in self.said(object_id).items() if name in disputed}
        self._says[object_id] = kept | settled

    def items(self) -> Iterable[tuple[int, Values]]:
        """All that the last import said: ids and values."""
        return self._said.items()

    def forgotten(self) -> list[Values]:
        """What the last import named and this one does not."""
        return [values for key, values in self._said.items() if key not in self._says]

    def save(self) -> None:
        """Store what differs from the last import; a number of queries that does not grow."""
        rows = [
            ImportedValues(
                list_name=self.name,
                object_type=self.object_type,
                object_id=object_id,
                values=values,
            )
            for object_id, values in self._says.items()
            if self._said.get(object_id) != values
        ]
        ImportedValues.objects.bulk_create(
            rows,
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["list_name", "object_type", "object_id"],
            update_fields=["values"],
        )


def merge_into(
    current: Section | Resource, base: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[Values, list[str]]:
    """What of the file's `values` to write over `current`, and the fields in dispute.

    A field that this list never named is filled where it is empty and otherwise left alone.
    """
    changed: Values = {}
    disputed: list[str] = []
    for name, wanted in values.items():
        stored = getattr(current, name)
        if name in base:
            value, is_conflict = merge_values(base[name], stored, wanted)
        else:
            value, is_conflict = (stored or wanted), bool(stored) and stored != wanted
        if is_conflict:
            disputed.append(name)
        elif value != stored:
            changed[name] = value
    return changed, disputed


def describe_dispute(title: str, fields: Sequence[str]) -> str:
    """The report's words for fields in which the catalog keeps its own value."""
    message = _("“%(title)s” stands here already and keeps its own: %(fields)s.")
    return message % {"title": title, "fields": ", ".join(fields)}


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    """`items` in lists of at most CHUNK."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
