"""Revisions as pages show them: found by number, with their authors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from changes.hiding import may_hide, may_see_hidden, shows_hidden
from changes.models import Change
from changes.objects import TrackedObject
from changes.veils import SUMMARY, unveil

MAX_DIGITS = 9
MAX_NUMBER = 2**31 - 1  # what the column holds


@dataclass(frozen=True, kw_only=True)
class RevisionLine:
    """A history row as a page shows it; ``change`` (in lists) knows its kind and size."""

    row: Any
    is_current: bool
    change: Change | None = None

    @property
    def number(self) -> int:
        number: int = self.row.version
        return number

    @property
    def previous(self) -> int | None:
        """The number before, None at the first revision."""
        return self.number - 1 or None

    @property
    def next(self) -> int | None:
        """The number after, None at the newest revision."""
        return None if self.is_current else self.number + 1

    @property
    def is_veiled(self) -> bool:
        """Whether its text is hidden, and stays so for whoever sees it here."""
        return bool(self.row.hides_text) and not self.row.is_unveiled

    @property
    def hides_summary(self) -> bool:
        return SUMMARY in self.row.hidden

    @property
    def merged_with(self) -> int | None:
        """The revision that its author had seen, where others came between."""
        base: int | None = self.row.base_version
        return base if base and base != self.previous else None


class NumberedRevisions(Sequence[Any]):
    """The revisions of an object, the newest first, for a paginator.

    Numbers are dense, so a page is a range of them: however long a history is, nothing is counted
    and nothing skipped.
    """

    def __init__(self, rows: Any, newest: int) -> None:
        self._rows, self._newest = rows, newest

    def __len__(self) -> int:
        return self._newest

    def __getitem__(self, places: Any) -> Any:
        if not isinstance(places, slice):
            return self[places : places + 1][0]
        last = self._newest - places.start
        rows = self._rows.filter(version__gt=self._newest - places.stop, version__lte=last)
        return list(rows.order_by("-version"))


def find_revision_lines(
    obj: Any, numbers: Iterable[int], *, shows_hidden: bool = False
) -> dict[int, RevisionLine]:
    """Revisions of ``obj`` by number, in one query; Http404, with a sentence, if one is missing.

    With ``shows_hidden``, for whoever may see it, what is hidden of them too.
    """
    wanted = set(numbers)
    possible = [number for number in wanted if number <= MAX_NUMBER]
    rows = obj.history.filter(version__in=possible).select_related("history_user", "accepted_by")
    if shows_hidden:
        unveil(rows)
    found = {
        row.version: RevisionLine(row=row, is_current=row.version == obj.version) for row in rows
    }
    for number in sorted(wanted - found.keys()):
        raise Http404(_unknown(number))
    return found


def read_number(request: HttpRequest, name: str) -> int | None:
    """The revision number that the request names; None without one, Http404 if it is no number."""
    text: str = request.POST.get(name) or request.GET.get(name) or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Http404(_unknown(text[:MAX_DIGITS]))
    return int(text)


def render_history_page(
    request: HttpRequest,
    name: str,
    tracked: TrackedObject,
    obj: Any,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of ``templates/changes/`` about ``obj``, with what all of them show.

    Its tabs are those of the object's other pages: "wiki:page" has ``wiki/_page_tabs.html``, to
    which the object is known as ``page``.
    """
    app, own_name = tracked.url_prefix.split(":")
    shared = {
        own_name: obj,
        "tabs": f"{app}/_{own_name}_tabs.html",
        "tracked": tracked,
        "object": obj,
        "object_url": obj.get_absolute_url(),
        "may_hide": may_hide(request.user),
        "may_see_hidden": may_see_hidden(request.user),
        "shows_hidden": shows_hidden(request),
        "may_edit": bool(tracked.may_edit and tracked.may_edit(request.user, obj)),  # type: ignore[arg-type]
    }
    return render(request, f"changes/{name}.html", {**shared, **context}, status=status)


def _unknown(number: int | str) -> str:
    return _("There is no revision %(number)s here.") % {"number": number}
