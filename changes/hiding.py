"""Hiding text, summary or author of revisions: for what should never have been published.

The rows stay; readers, feeds, mails and moderators get them veiled (:mod:`changes.veils`). Only
administrators see what is hidden, when they ask for it: not its author either, whose account may
be in other hands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.utils.translation import gettext as _

from accounts.permissions import may, require
from changes.cleaning import clean_reason
from changes.hiding_models import HiddenRevision
from changes.models import Change, Notification
from changes.objects import find_refs, get_tracked
from changes.veils import BEFORE, unveil

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

    from accounts.models import User

HIDE: Final = "changes.hide_revision"
SEE: Final = "changes.see_hidden"
MAX_AT_ONCE = 200  # revisions
MAX_REASON = 500
Part = HiddenRevision.Part


class HiddenTextError(ValidationError):
    """What is asked for would bring back a text that is hidden."""

    def __init__(self) -> None:
        super().__init__(_("The text of this revision is hidden: only administrators see it."))


@dataclass(frozen=True, kw_only=True)
class Hiding:
    """What was hidden, and shown again: (number of the revision, part)."""

    added: Collection[tuple[int, str]]
    removed: Collection[tuple[int, str]]


def may_hide(user: User | AnonymousUser) -> bool:
    """Whether ``user`` hides parts of revisions, and shows them again."""
    return may(user, HIDE)


def may_see_hidden(user: User | AnonymousUser) -> bool:
    """Whether ``user`` sees what is hidden."""
    return may(user, SEE)


def shows_hidden(request: HttpRequest) -> bool:
    """Whether the request is that of somebody who may see what is hidden, and asks for it."""
    return request.GET.get("hidden") == "show" and may_see_hidden(request.user)


@transaction.atomic
def hide_parts(
    *,
    object_type: str,
    object_id: int,
    first: int,
    last: int,
    parts: Collection[str],
    reason: str,
    by: User,
) -> Hiding:
    """Hide exactly ``parts`` of the revisions ``first`` to ``last``, and show their other parts.

    Raises PermissionDenied, ``DoesNotExist`` for an object that is not there, or ValidationError
    by field: no reason, no such revision, and the text of the newest one, which stands on the page.
    """
    require(by, HIDE)
    unsaid = _("Say why: everyone can read it in the log.")
    reason = clean_reason(reason, max_length=MAX_REASON, unsaid=unsaid)
    _hold(object_type, object_id, first, last, hides_text=Part.TEXT in parts)
    known = HiddenRevision.objects.filter(
        object_type=object_type, object_id=object_id, version__range=(first, last)
    )
    stands = set(known.values_list("version", "part"))
    wanted = {(version, part) for version in range(first, last + 1) for part in parts}
    for version, part in stands - wanted:
        known.filter(version=version, part=part).delete()
    HiddenRevision.objects.bulk_create(
        HiddenRevision(
            object_type=object_type,
            object_id=object_id,
            version=version,
            part=part,
            reason=reason,
            by=by,
            by_label=by.label,
        )
        for version, part in sorted(wanted - stands)
    )
    _mark(object_type, object_id, first, last)
    if wanted - stands:
        _forget_notifications(object_type, object_id, first, last)
    return Hiding(added=sorted(wanted - stands), removed=sorted(stands - wanted))


def _hold(object_type: str, object_id: int, first: int, last: int, *, hides_text: bool) -> None:
    """Lock the object; ValidationError for revisions that are not there, or stand on the page."""
    manager: Any = get_tracked(object_type).model._base_manager  # type: ignore[union-attr]
    obj = manager.select_for_update(of=("self",)).get(pk=object_id)
    if not 1 <= first <= last <= obj.version:
        raise ValidationError({"last": _("There are no such revisions here.")})
    if last - first >= MAX_AT_ONCE:
        message = _("At most %(max)d revisions at once.") % {"max": MAX_AT_ONCE}
        raise ValidationError({"last": message})
    key = object_type, object_id
    if hides_text and last == obj.version and find_refs([key])[key].is_public:
        message = _("This is what stands there now: edit it first, then hide the older revision.")
        raise ValidationError({"parts": message})


def _mark(object_type: str, object_id: int, first: int, last: int) -> None:
    """Derive what the rows of these revisions say of themselves, and of the change after them."""
    rows = HiddenRevision.objects.filter(
        object_type=object_type, object_id=object_id, version__range=(first - 1, last + 1)
    )
    letters: dict[int, set[str]] = {}
    for version, part in rows.values_list("version", "part"):
        letters.setdefault(version, set()).add(Part(part).letter)
    history: Any = get_tracked(object_type).model.history.model  # type: ignore[union-attr]
    changes = Change.objects.of_object(object_type, object_id)
    for version in range(first, last + 2):
        hidden = "".join(sorted(letters.get(version, set())))
        history.objects.filter(id=object_id, version=version).update(hidden=hidden)
        after_hidden_text = Part.TEXT.letter in letters.get(version - 1, set())
        also = BEFORE if after_hidden_text else ""
        changes.filter(version_after=version).update(hidden=hidden + also)


def _forget_notifications(object_type: str, object_id: int, first: int, last: int) -> None:
    """What was told of the object since keeps names and titles as they were: it goes."""
    changes = Change.objects.of_object(object_type, object_id)
    since = changes.filter(version_after=first).values_list("at", flat=True).first()
    about = Notification.objects.filter(object_type=object_type, object_id=object_id)
    about.filter(at__gte=since).delete() if since else about.delete()


def read_revision(obj: Any, version: int, *, by: User) -> Any:
    """A revision that is to be brought back; ``DoesNotExist`` if there is none.

    Raises :class:`HiddenTextError` where its text is hidden from ``by``.
    """
    row = obj.history.get(version=version)
    if row.hides_text:
        if not may_see_hidden(by):
            raise HiddenTextError
        unveil([row])
    return row


def is_text_hidden(obj: Any) -> bool:
    """Whether what stands in ``obj`` is hidden: only of something that was deleted it can be."""
    return bool(obj.history.get(version=obj.version).hides_text)


def refuse_hidden_text(obj: Any) -> None:
    """Raise :class:`HiddenTextError` for what is not public and would be, with its text hidden."""
    if is_text_hidden(obj):
        raise HiddenTextError


def find_hidden(object_type: str, object_id: int, version: int) -> list[HiddenRevision]:
    """What is hidden of one revision, by whom and why."""
    rows = HiddenRevision.objects.filter(
        object_type=object_type, object_id=object_id, version=version
    )
    return list(rows.select_related("by").order_by("part"))


def find_hidden_titles(pairs: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those objects of which the text of some revision is hidden, and so what it was called."""
    rows = HiddenRevision.objects.filter(
        part=Part.TEXT,
        object_type__in={object_type for object_type, _id in pairs},
        object_id__in={object_id for _type, object_id in pairs},
    )
    return set(rows.values_list("object_type", "object_id")) & set(pairs)


def has_hidden_title(type_field: str, id_field: str) -> Exists:
    """Whether some text is hidden of the object that these columns of a row name."""
    return Exists(
        HiddenRevision.objects.filter(
            part=Part.TEXT, object_type=OuterRef(type_field), object_id=OuterRef(id_field)
        )
    )


def with_hiding_state(rows: Any) -> Any:
    """``rows`` with what changes whenever something is hidden or shown again, no matter of what.

    ``hidden_count``, ``hidden_newest`` (an id) and ``hidden_at``: for what others keep.
    """
    known = HiddenRevision.objects.order_by()
    counts = known.annotate(one=Value(1)).values("one").annotate(n=Count("pk"))
    return rows.annotate(
        hidden_count=Subquery(counts.values("n")),
        hidden_newest=Subquery(known.order_by("-pk").values("pk")[:1]),
        hidden_at=Subquery(known.order_by("-pk").values("at")[:1]),
    )
