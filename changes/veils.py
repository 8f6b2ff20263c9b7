"""What is hidden of a row never leaves the database's door: it is veiled as the row is loaded.

Rows of histories and of recent changes carry in ``hidden`` which parts of them are hidden
(:mod:`changes.hiding` writes it). Whoever reads such a row, for whatever page, feed or mail, gets
it veiled, and without a query more; what administrators are shown is unveiled on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TEXT, SUMMARY, AUTHOR = "t", "s", "a"
BEFORE = "b"  # of a change: the text of the revision before it
NAMES: Final[Mapping[str, StrOrPromise]] = {
    TEXT: gettext_lazy("text"),
    SUMMARY: gettext_lazy("summary"),
    AUTHOR: gettext_lazy("author"),
}


class Veilable(models.Model):
    """A row parts of which can be hidden; ``hidden`` has a letter for each."""

    hidden = models.CharField(max_length=4, default="", db_default="", editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Never with a veil over it: that would be stored."""
        if "_beneath" in self.__dict__:
            raise TypeError("a row that is veiled is not saved")
        super().save(*args, **kwargs)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Any:
        row: Any = super().from_db(*args, **kwargs)
        if row.__dict__.get("hidden"):
            _veil(row)
        return row

    @property
    def hides_text(self) -> bool:
        return TEXT in self.hidden

    @property
    def hidden_parts(self) -> list[str]:
        """What is hidden, in words."""
        return [str(name) for letter, name in NAMES.items() if letter in self.hidden]

    @property
    def is_unveiled(self) -> bool:
        """Whether somebody who may asked for what is hidden."""
        return bool(self.hidden) and "_beneath" not in self.__dict__

    def beneath(self, name: str) -> Any:
        """What is stored, hidden or not: to be compared with, and never shown."""
        found: dict[str, Any] = self.__dict__.get("_beneath", {})
        return found[name] if name in found else getattr(self, name)

    def veils(self) -> dict[str, Any]:
        """What stands in the place of what is hidden, by attribute."""
        raise NotImplementedError


class _Unrelated(dict[str, Any]):
    """What was fetched along with a row, without whom the veil hides."""

    def __init__(self, veiled: Collection[str]) -> None:
        super().__init__()
        self.veiled = veiled

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self.veiled or value is None:
            super().__setitem__(name, value)


def unveil(rows: Iterable[Any]) -> None:
    """Give rows back what is hidden of them: for who may see it (:mod:`changes.hiding`) alone."""
    for row in rows:
        beneath = row.__dict__.pop("_beneath", None)
        if beneath:
            row.__dict__.update(beneath)
            row._state.fields_cache = {}


def hidden_word() -> str:
    """What stands in the place of a name or a title that is hidden."""
    return _("hidden")


def _veil(row: Any) -> None:
    veils = row.veils()
    row._beneath = {name: row.__dict__[name] for name in veils if name in row.__dict__}
    # Also where the field was deferred: nobody fetches it later.
    row.__dict__.update(veils)
    related = [f.name for f in row._meta.concrete_fields if f.is_relation and f.attname in veils]
    row._state.fields_cache = _Unrelated(related)
