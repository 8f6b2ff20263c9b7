"""What the last import wrote: the common ancestor of the file and the catalog."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Resource, Section
from changes.models import Source
from markup.merging import merge_values

CHUNK = 500
"""Rows asked for at once: below the number of parameters that SQLite takes."""

Values = dict[str, Any]


def imported_values(
    model: type[Section] | type[Resource], ids: Iterable[int], fields: Sequence[str]
) -> dict[int, Values]:
    """By id, the value that an import last gave each of `fields`; fields it never set are absent.

    Read from the history: an import writes a field only where it takes the file's value.
    """
    found: dict[int, Values] = {}
    for chunk in chunks(ids):
        rows = model.history.filter(id__in=chunk, source=Source.IMPORT).order_by("version")
        for row in rows.values("id", "version", "changed_fields", *fields):
            values = found.setdefault(row["id"], {})
            is_creation = row["version"] == 1
            values.update(
                (name, row[name]) for name in fields if is_creation or name in row["changed_fields"]
            )
    return found


def merge_into(
    current: Section | Resource, base: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[Values, list[str]]:
    """What of the file's `values` to write over `current`, and the fields in dispute.

    A field that no import ever wrote is filled where it is empty and otherwise left alone.
    """
    changed: Values = {}
    disputed: list[str] = []
    for name, wanted in values.items():
        stored = getattr(current, name)
        if stored == wanted:
            continue
        if name in base:
            value, is_conflict = merge_values(base[name], stored, wanted)
        else:
            value, is_conflict = (stored, True) if stored else (wanted, False)
        if is_conflict:
            disputed.append(name)
        elif value != stored:
            changed[name] = value
    return changed, disputed


def describe_dispute(title: str, fields: Sequence[str]) -> str:
    """The report's words for fields that the file and people changed in different ways."""
    message = _("“%(title)s” differs from the file and stays as it is here: %(fields)s.")
    return message % {"title": title, "fields": ", ".join(fields)}


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    """`items` in lists of at most CHUNK."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
