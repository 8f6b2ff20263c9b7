"""The text that people typed into values of fields, also into those that hold more than a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def typed_texts(values: Iterable[Any]) -> list[str]:
    """All that was typed in ``values``, without what is empty: texts, and those within lists."""
    return [text for value in values for text in _strings_in(value) if text]


def text_of(value: Any) -> str:
    """``value`` as one text: of a list what was typed in it, line by line."""
    if isinstance(value, list | Mapping):
        return "\n".join(typed_texts([value]))
    return str(value or "")


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_in(inner)
