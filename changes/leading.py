"""What people attach to an object stands where that leads: a redirect's target, a merged entry's.

Votes, suggestions and threads move there and come back once it leads there no more, each to where
it was made; watches are joined by a second one there. The apps that keep such things say with
:func:`attach` how theirs follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from changes.integrity import Damage, Finding
from changes.models import CONTENT_TYPES
from changes.objects import get_tracked

if TYPE_CHECKING:
    from changes.restoring import Plan

#: Of a longer chain nothing follows: nobody reads to its end either.
MAX_STEPS: Final = 20
_AT_ONCE: Final = 500

Settle = Callable[[str, Collection[int], int], None]


@dataclass(frozen=True)
class _Kind:
    """One kind of thing that is attached to objects."""

    model: Any
    origin: str
    settle: Settle


_kinds: dict[Any, _Kind] = {}


def attach(model: Any, *, settle: Settle, origin: str = "moved_from") -> None:
    """Have the rows of ``model`` follow; called once in ``AppConfig.ready``.

    ``settle(object_type, homes, at)`` brings what was made on any of ``homes`` to the object
    ``at``; those whose id is ``at`` come home. It is safe to run twice. ``origin`` is the column
    that names the home of a row that stands elsewhere, and is null of all others.
    """
    _kinds[model] = _Kind(model, origin, settle)


def find_end(object_type: str, object_id: int) -> int:
    """The object that one leads to at last; a query for each step.

    That is itself if it leads nowhere, in a circle, or by too many steps.
    """
    tracked = get_tracked(object_type)
    if not tracked.leads_by:
        return object_id

    def step(pk: int) -> int | None:
        targets = _rows(tracked).filter(pk=pk).values_list(tracked.leads_by, flat=True)
        target: int | None = targets.first()
        return target

    return _follow(step, object_id)


def _follow(step: Callable[[int], int | None], start: int) -> int:
    at, seen = start, {start}
    while (target := step(at)) is not None:
        if target in seen or len(seen) > MAX_STEPS:
            return start
        seen.add(target)
        at = target
    return at


def hold_end(object_type: str, object_id: int) -> int:
    """As :func:`find_end`, and it leads there until the transaction ends: the end is locked.

    Whoever attaches something asks this first: a merge at the same moment finds it.
    """
    end = find_end(object_type, object_id)
    while True:
        rows = _rows(get_tracked(object_type)).select_for_update(no_key=True).filter(pk=end)
        list(rows.values_list("pk"))
        found = find_end(object_type, end)
        if found == end:
            return end
        end = found


def settle_attached(object_type: str, object_id: int) -> None:
    """Bring what is attached to an object to where it leads now, or back.

    Inside the transaction of the write that made it lead there. What came to it from others that
    lead here goes with it. Some queries for each kind of thing.
    """
    assert transaction.get_connection().in_atomic_block
    homes = find_homes(object_type, object_id)
    at = find_end(object_type, object_id)
    groups = [homes]
    if at == object_id and len(homes) > 1 and _leads_on(object_type, object_id):
        groups = [{home} for home in homes]  # in a circle everything is at home
    for group in groups:
        for kind in _kinds.values():
            kind.settle(object_type, group, at if len(groups) == 1 else min(group))


def _leads_on(object_type: str, object_id: int) -> bool:
    tracked = get_tracked(object_type)
    leading = _rows(tracked).filter(**{f"{tracked.leads_by}__isnull": False})
    return leading.filter(pk=object_id).exists()


def move(rows: models.QuerySet[Any], homes: Collection[int], at: int) -> None:
    """Have ``rows`` of one type of object stand ``at`` that object that were made on ``homes``."""
    away = set(homes) - {at}
    rows.filter(moved_from=at).update(object_id=at, moved_from=None)
    rows.filter(moved_from__in=away).update(object_id=at)
    rows.filter(object_id__in=away, moved_from=None).update(moved_from=F("object_id"), object_id=at)


def made_on(homes: Collection[int]) -> Q:
    """What was made on any of ``homes``, wherever it stands."""
    return Q(moved_from__in=homes) | Q(object_id__in=homes, moved_from=None)


def find_homes(object_type: str, object_id: int) -> set[int]:
    """The object, and all that lead to it; a query for each step."""
    tracked = get_tracked(object_type)
    homes = newest = {object_id}
    for _step in range(MAX_STEPS):
        if not tracked.leads_by or not newest:
            break
        leading = _rows(tracked).filter(**{f"{tracked.leads_by}__in": newest})
        newest = set(leading.values_list("pk", flat=True)) - homes
        homes = homes | newest
    return homes


def _rows(tracked: Any) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = tracked.model._base_manager.order_by()
    return rows


def refuse_circles(object_type: str, plans: Sequence[Plan]) -> None:
    """Have a person look at what restoring would have lead in a circle; for ``Restorer.settle``."""
    tracked = get_tracked(object_type)
    planned = {plan.target.object_id: plan.values[tracked.leads_by] for plan in plans}

    def step(pk: int) -> int | None:
        if pk in planned:
            target: int | None = planned[pk]
            return target
        stored = _rows(tracked).filter(pk=pk).values_list(tracked.leads_by, flat=True)
        return stored.first()

    for plan in plans:
        pk = plan.target.object_id
        if tracked.leads_by in plan.changed and planned[pk] and _follow(step, pk) == pk:
            plan.problem = plan.problem or _("It would lead in a circle.")


# --- Whether it agrees ---------------------------------------------------------------------------


def check_attached() -> Iterator[Finding]:
    """Findings about things that stand elsewhere than where their object leads."""
    for object_type in CONTENT_TYPES:
        tracked = get_tracked(object_type)
        if not tracked.leads_by:
            continue
        leading = _rows(tracked).filter(**{f"{tracked.leads_by}__isnull": False})
        leads = dict(leading.values_list("pk", tracked.leads_by))
        for kind in _kinds.values():
            yield from _check(kind, object_type, leads)


def _check(kind: _Kind, object_type: str, leads: Mapping[int, int]) -> Iterator[Finding]:
    rows = kind.model._base_manager.filter(object_type=object_type).order_by()
    moved = rows.exclude(**{kind.origin: None}).values_list("pk", kind.origin, "object_id")
    misplaced = [pk for pk, home, at in moved.iterator() if _follow(leads.get, home) != at]
    if kind.origin == "moved_from":  # of the others a copy follows, and they stay
        at_home = rows.filter(moved_from=None)
        ids = sorted(pk for pk in leads if _follow(leads.get, pk) != pk)
        for start in range(0, len(ids), _AT_ONCE):
            left = at_home.filter(object_id__in=ids[start : start + _AT_ONCE])
            misplaced += left.values_list("pk", flat=True)
    for pk in misplaced:
        message = _("%(what)s %(id)d does not stand where its object leads")
        yield Finding(
            object_type=object_type,
            object_id=rows.get(pk=pk).object_id,
            damage=Damage.DERIVED,
            message=message % {"what": kind.model._meta.verbose_name, "id": pk},
        )
