"""One change as lists and feeds show it: in words, with the addresses it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changes.models import Change, ObjectType
from changes.objects import ObjectRef, find_refs


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """A change and where its object stands today; ``ref`` is None where it is gone.

    ``titles`` are those of other objects that its details name, by id: as everybody reads them
    today, since what they were called then may be hidden.
    """

    change: Change
    ref: ObjectRef | None
    titles: Mapping[int, str] = field(default_factory=dict)

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
        return describe(self.change.details, self.titles) if describe else ""


def make_lines(changes: Sequence[Change]) -> list[ChangeLine]:
    """Lines of ``changes``, in order; one query for each type of object among them."""
    named = {change.pk: _named_in(change.details) for change in changes}
    about = [(change.object_type, change.object_id) for change in changes]
    others = [(change.object_type, pk) for change in changes for pk in named[change.pk]]
    refs = find_refs([*about, *others])
    return [
        ChangeLine(
            change=change,
            ref=refs.get((change.object_type, change.object_id)),
            titles={
                pk: ref.title
                for pk in named[change.pk]
                if (ref := refs.get((change.object_type, pk))) is not None and ref.is_public
            },
        )
        for change in changes
    ]


def _named_in(details: Mapping[str, Any]) -> list[int]:
    """The objects of the same type that the details of a change name."""
    return [pk for name in _NAMING if isinstance(pk := details.get(name), int)]


def diff_url(object_url: str, before: int | None, after: int | None) -> str:
    """Where the step between two revisions of an object is shown."""
    if before is None:
        return f"{object_url}revisions/{after}/"
    return f"{object_url}compare/?from={before}&to={after}"


def changes_url(change: Change) -> str:
    """Recent changes of one object, which need no page of its own."""
    return f"{reverse('changes:change_list')}?object={change.object_type}:{change.object_id}"


#: Keys of the details of a change whose values are ids of other objects of the same type.
_NAMING: Final = ("from_id", "to_id", "into_id", "merged_id", "redirect_to")
Details = Mapping[str, Any]
Titles = Mapping[int, str]


def _from_to(details: Details, titles: Titles) -> str:
    """Of addresses as they were; of objects as they are called today."""
    old = details.get("from") or titles.get(details.get("from_id") or 0)
    new = details.get("to") or titles.get(details.get("to_id") or 0)
    if old and new:
        return _("from %(old)s to %(new)s") % {"old": old, "new": new}
    return _("to %(new)s") % {"new": new} if new else ""


def _merged(details: Details, titles: Titles) -> str:
    if into := titles.get(details.get("into_id") or 0):
        return _("into “%(title)s”") % {"title": into}
    merged = titles.get(details.get("merged_id") or 0)
    return _("with “%(title)s”") % {"title": merged} if merged else ""


def _replaced(details: Details, titles: Titles) -> str:
    if "urls" not in details:
        return _from_to(details, titles)
    count = len(details["urls"])
    return ngettext("%(count)d link", "%(count)d links", count) % {"count": count}


def _formerly(details: Details, titles: Titles) -> str:
    return _("formerly “%(title)s”") % {"title": details["from"]} if "from" in details else ""


def _to_revision(details: Details, titles: Titles) -> str:
    number = details.get("to") or details.get("to_version")
    return _("to revision %(number)s") % {"number": number} if number else ""


def _redirect(details: Details, titles: Titles) -> str:
    title = titles.get(details.get("redirect_to") or 0)
    return _("a redirect to “%(title)s”") % {"title": title} if title else ""


def _reason(details: Details, titles: Titles) -> str:
    return str(details.get("reason", ""))


_DETAILS: Final[dict[str, Callable[[Details, Titles], str]]] = {
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
