"""One change as lists and feeds show it: in words, with the addresses it leads to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changes.models import Change, ObjectType
from changes.objects import ObjectRef, find_refs


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """A change and where its object stands today; ``ref`` is None where it is gone."""

    change: Change
    ref: ObjectRef | None

    @property
    def is_open(self) -> bool:
        """Whether everyone may see the object, and so what was changed in it."""
        return self.ref is not None and self.ref.is_public

    @property
    def object_url(self) -> str:
        return self.ref.url if self.ref and self.ref.is_public else ""

    @property
    def is_revision(self) -> bool:
        return self.change.object_type != ObjectType.LINK and bool(self.change.version_after)

    @property
    def diff_url(self) -> str:
        """What was changed: compare, or the first revision; "" where there is nothing to see."""
        if not (self.ref and self.is_open and self.is_revision):
            return ""
        return diff_url(self.ref.url, self.change.version_before, self.change.version_after)

    @property
    def history_url(self) -> str:
        return f"{self.object_url}history/" if self.object_url and self.is_revision else ""

    @property
    def group_url(self) -> str:
        """Everything that was changed along with it; "" where that is nothing."""
        group_id = self.change.details.get("group")
        return reverse("changes:group_detail", args=[group_id]) if group_id else ""

    @property
    def url(self) -> str:
        """The best address that tells of this change; there always is one."""
        return self.diff_url or self.object_url or changes_url(self.change)

    @property
    def details(self) -> str:
        """What the change says beyond its kind, in words; "" where nothing."""
        describe = _DETAILS.get(self.change.kind)
        return describe(self.change.details) if describe else ""


def make_lines(changes: Sequence[Change]) -> list[ChangeLine]:
    """Lines of ``changes``, in order; one query for each type of object among them."""
    refs = find_refs((change.object_type, change.object_id) for change in changes)
    return [
        ChangeLine(change=change, ref=refs.get((change.object_type, change.object_id)))
        for change in changes
    ]


def diff_url(object_url: str, before: int | None, after: int | None) -> str:
    """Where the step between two revisions of an object is shown."""
    if before is None:
        return f"{object_url}revisions/{after}/"
    return f"{object_url}compare/?from={before}&to={after}"


def changes_url(change: Change) -> str:
    """Recent changes of one object, which need no page of its own."""
    return f"{reverse('changes:change_list')}?object={change.object_type}:{change.object_id}"


def _from_to(details: dict[str, Any]) -> str:
    if "from" in details and "to" in details:
        return _("from %(old)s to %(new)s") % {"old": details["from"], "new": details["to"]}
    return _("to %(new)s") % {"new": details["to"]} if "to" in details else ""


def _merged(details: dict[str, Any]) -> str:
    if "into" in details:
        return _("into “%(title)s”") % {"title": details["into"]}
    title = details.get("merged")
    return _("with “%(title)s”") % {"title": title} if title else ""


def _replaced(details: dict[str, Any]) -> str:
    if "urls" not in details:
        return _from_to(details)
    count = len(details["urls"])
    return ngettext("%(count)d link", "%(count)d links", count) % {"count": count}


def _formerly(details: dict[str, Any]) -> str:
    return _("formerly “%(title)s”") % {"title": details["from"]} if "from" in details else ""


def _to_revision(details: dict[str, Any]) -> str:
    number = details.get("to") or details.get("to_version")
    return _("to revision %(number)s") % {"number": number} if number else ""


def _redirect(details: dict[str, Any]) -> str:
    title = details.get("redirect_to")
    return _("a redirect to “%(title)s”") % {"title": title} if title else ""


def _reason(details: dict[str, Any]) -> str:
    return str(details.get("reason", ""))


_DETAILS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    Change.Kind.CREATED: _redirect,
    Change.Kind.RENAMED: _formerly,
    Change.Kind.MOVED: _from_to,
    Change.Kind.RETIRED: _reason,
    Change.Kind.REVERTED: _to_revision,
    Change.Kind.MERGED: _merged,
    Change.Kind.DELETED: _reason,
    Change.Kind.LINK_MOVED: _from_to,
    Change.Kind.LINK_REPLACED: _replaced,
}
