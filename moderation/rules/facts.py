"""What rules know of one edit, whether it is being saved or was saved long ago."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.utils.functional import cached_property

from changes.typed import text_of, typed_texts
from markup.added_links import find_added_urls, find_outside_urls
from markup.words import split_lines, unify_line_ends

# Whatever a link has to have, written out or guessed from a host's name; much else has it too.
_URL_LIKE: Final = re.compile(r"\w\.\w|https?:", re.IGNORECASE)


def _nothing() -> Mapping[str, Any]:
    return {}


def _no_times() -> Sequence[timedelta]:
    return ()


def _no_edits() -> int:
    return 0


@dataclass(kw_only=True)
class EditFacts:
    """One edit. What costs a query or a comparison is looked up once, and only where it is asked.

    ``new`` and ``read_old()`` are values by field, of all that a revision keeps; the old ones are
    empty for something new. ``prose`` names those that hold Markdown. ``size_difference`` is in
    bytes of prose. ``read_edit_ages()`` tells how long before this edit its author made the
    earlier ones, the latest first; ``count_edits()`` how many there are, up to a bound.
    """

    object_type: str
    edit_kind: str
    standing: str
    title: str = ""
    summary: str = ""
    changed_fields: frozenset[str] = frozenset()
    size_difference: int = 0
    prose: frozenset[str] = frozenset()
    new: Mapping[str, Any] = field(default_factory=dict)
    read_old: Callable[[], Mapping[str, Any]] = _nothing
    account_age: timedelta = timedelta(0)
    read_edit_ages: Callable[[], Sequence[timedelta]] = _no_times
    count_edits: Callable[[], int] = _no_edits
    site_url: str = ""

    @cached_property
    def old(self) -> Mapping[str, Any]:
        """The values before the edit."""
        return self.read_old()

    @cached_property
    def edit_ages(self) -> Sequence[timedelta]:
        """How long ago the author's earlier edits were made, the latest first."""
        return self.read_edit_ages()

    @cached_property
    def edit_count(self) -> int:
        """How many edits the author made before this one."""
        return self.count_edits()

    @cached_property
    def old_prose(self) -> str:
        """The prose before the edit, of the fields that it changes."""
        return _join(self.old, self._changed_prose)

    @cached_property
    def new_prose(self) -> str:
        """The prose after the edit, of the fields that it changes."""
        return _join(self.new, self._changed_prose)

    @cached_property
    def old_text(self) -> str:
        """Prose and title before the edit, where it changes them."""
        return _join(self.old, self._changed_text)

    @cached_property
    def new_text(self) -> str:
        """Prose and title after the edit, where it changes them."""
        return _join(self.new, self._changed_text)

    @cached_property
    def added_text(self) -> str:
        """The lines that were not there before, wherever they stood."""
        return self._compared[0]

    @cached_property
    def removed_text(self) -> str:
        """The lines that are not there any more."""
        return self._compared[1]

    @cached_property
    def most_urls(self) -> int:
        """No more links than these are in what the edit changes: cheap to say."""
        return sum(len(_URL_LIKE.findall(value)) for value in self._changed_strings)

    @cached_property
    def most_added_urls(self) -> int:
        """No more links than these are new; says so without reading whole texts as Markdown."""
        short = (name for name in self.changed_fields if name not in self._changed_text)
        values = [self.added_text, *(str(self.new.get(name) or "") for name in short)]
        return sum(len(_URL_LIKE.findall(value)) for value in values)

    @cached_property
    def outside_urls(self) -> list[str]:
        """Addresses of other sites in what the edit changes: no more than these can be new."""
        return find_outside_urls(self._changed_strings, site_url=self.site_url)

    @cached_property
    def added_urls(self) -> list[str]:
        """Addresses of other sites that stood nowhere in the object before."""
        if not self.outside_urls:
            return []
        before = typed_texts(self.old.values())
        return find_added_urls(before, self._changed_strings, site_url=self.site_url)

    @property
    def _changed_prose(self) -> list[str]:
        return sorted(self.prose & self.changed_fields)

    @property
    def _changed_text(self) -> list[str]:
        return sorted((self.prose | {"title"}) & self.changed_fields)

    @property
    def _changed_strings(self) -> list[str]:
        return typed_texts(self.new.get(name) for name in sorted(self.changed_fields))

    @cached_property
    def _compared(self) -> tuple[str, str]:
        old, new = _lines(self.old_text), _lines(self.new_text)
        return "\n".join(_besides(new, old)), "\n".join(_besides(old, new))


def _join(values: Mapping[str, Any], names: Sequence[str]) -> str:
    return "\n".join(text_of(values.get(name)) for name in names)


def _lines(text: str) -> list[str]:
    return split_lines(unify_line_ends(text))[0]


def _besides(lines: Sequence[str], others: Sequence[str]) -> list[str]:
    """Those of ``lines`` that ``others`` do not have, each as often as it is missing there."""
    left = Counter(others)
    found = []
    for line in lines:
        if left[line] > 0:
            left[line] -= 1
        elif line.strip():
            found.append(line)
    return found
