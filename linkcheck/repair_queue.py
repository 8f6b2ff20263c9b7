"""Decisions about many links: queued in the database, carried out object by object by a worker.

Each object is changed in a transaction of its own, by one revision for all that is to be done in
it. So one that fails takes nothing with it, and a worker that dies is taken over where it stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import require
from changes.models import Source
from changes.recording import Authorship, NothingChangedError
from changes.refusals import EditHeldError
from linkcheck.evidence import Use, find_uses
from linkcheck.missing_hosts import explain_missing, open_host_case
from linkcheck.models import Link, LinkUse, Mark, Repair, RepairBatch
from linkcheck.repairing import clean_new_url, lock_uses
from linkcheck.uses import address_of, get_handler

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

#: So many links are dealt with in one transaction, if they stand in one object.
MAX_TOGETHER = 300
_ROWS = 500


class Place(NamedTuple):
    """An object in which links stand."""

    object_type: str
    object_id: int


@dataclass(frozen=True)
class NewRepair:
    """What is to be done about a link; see :class:`linkcheck.models.Repair`."""

    link_id: int
    new_url: str = ""
    action: Repair.Action = Repair.Action.REPLACE
    only: Sequence[Place] = ()


@transaction.atomic
def queue_repairs(
    *,
    kind: RepairBatch.Kind,
    repairs: Iterable[NewRepair],
    reason: str,
    actor: User,
    **about: Any,
) -> tuple[RepairBatch, int]:
    """Have ``repairs`` carried out; the batch, and how many of them were not waiting already.

    ``about`` are further fields of the batch. Raises ValidationError where none is new.
    """
    batch = RepairBatch.objects.create(kind=kind, actor=actor, reason=reason, **about)
    rows = [
        Repair(
            batch=batch,
            link_id=repair.link_id,
            action=repair.action,
            new_url=repair.new_url,
            only=[list(place) for place in repair.only],
        )
        for repair in repairs
    ]
    Repair.objects.bulk_create(rows, batch_size=_ROWS, ignore_conflicts=True)
    count = batch.repairs.count()
    if not count:
        raise ValidationError(_("There is nothing left to change: it is done, or waits already."))
    return batch, count


@transaction.atomic
def undo_batch(
    *, batch: RepairBatch, actor: User, reason: str = ""
) -> tuple[int, RepairBatch | None]:
    """Leave out what waits of a batch, and have what it changed changed back, and only that.

    How many waited, and the batch that changes back: further revisions, by the same way; None where
    nothing was changed. What others wrote since stays. Raises ValidationError where it is being
    taken back already.
    """
    require(actor, "moderation.decide_case")
    held = RepairBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if RepairBatch.objects.filter(undoes=held).exists():
        raise ValidationError(_("It was taken back already."))
    stopped = held.repairs.filter(done_at=None).update(
        done_at=timezone.now(), problem=_("Taken back before it was done.")
    )
    changed = held.repairs.exclude(changed=[]).select_related("link")
    backwards = [_turn_back(repair, new) for repair, new in _with_new_links(list(changed))]
    if not backwards:
        return stopped, None
    day = date_format(held.queued_at, "j F Y")
    undoing, _count = queue_repairs(
        kind=RepairBatch.Kind.UNDONE,
        repairs=backwards,
        reason=reason or _("What was decided on %(day)s is taken back.") % {"day": day},
        actor=actor,
        host=held.host,
        undoes=held,
    )
    return stopped, undoing


def _with_new_links(repairs: Sequence[Repair]) -> list[tuple[Repair, int]]:
    """Repairs with the link that is to be changed when they are turned back."""
    urls = {repair.pk: address_of(repair.new_url).url for repair in repairs if repair.new_url}
    links = dict(Link.objects.filter(url__in=set(urls.values())).values_list("url", "pk"))
    return [
        (repair, links.get(urls.get(repair.pk, ""), repair.link_id))
        for repair in repairs
        if repair.action != Repair.Action.REPLACE or urls.get(repair.pk) in links
    ]


def _turn_back(repair: Repair, link_id: int) -> NewRepair:
    only = [Place(*place) for place in repair.changed]
    if repair.action == Repair.Action.RETIRE:
        return NewRepair(link_id, action=Repair.Action.RESTORE, only=only)
    if repair.action == Repair.Action.RESTORE:
        return NewRepair(link_id, action=Repair.Action.RETIRE, only=only)
    return NewRepair(link_id, new_url=repair.link.url, only=only)


def carry_out_repairs(limit: int) -> int:
    """Carry out up to ``limit`` steps, of one link or one object each; how many there were.

    Not inside a transaction. Several workers may do this at once: no two do the same.
    """
    for taken in range(limit):
        batch = _carry_out_next()
        if batch is None:
            return taken
        _tell_if_over(batch)
    return limit


@transaction.atomic
def _carry_out_next() -> RepairBatch | None:
    waiting = Repair.objects.filter(done_at__isnull=True).order_by("pk")
    held = waiting.select_for_update(skip_locked=True, of=("self",))
    first = held.select_related("batch__host", "batch__actor", "link").first()
    if first is None:
        return None
    step = _Step(first.batch)
    try:
        with transaction.atomic():
            if first.action == Repair.Action.REPLACE:
                _replace_together(first, step)
            else:
                _set_status(first, step)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # it stays in the queue
    except Exception as error:
        # Not one bad page before all the others: it comes back to moderators, and to the log.
        logger.exception("link %d could not be repaired", first.link_id)
        step = _Step(first.batch)
        step.fail(first, error)
        step.finish(first)
    step.save()
    return first.batch


@dataclass
class _Step:
    """What one transaction comes to: repairs that went on, and what went wrong with which."""

    batch: RepairBatch
    touched: dict[int, Repair] = field(default_factory=dict)

    def change(self, repair: Repair, place: Place) -> None:
        repair.changed = [*repair.changed, list(place)]
        self.touched[repair.pk] = repair

    def fail(self, repair: Repair, error: Exception) -> None:
        repair.problem = _explain(error)
        self.touched[repair.pk] = repair

    def finish(self, repair: Repair) -> None:
        repair.done_at = timezone.now()
        self.touched[repair.pk] = repair

    def save(self) -> None:
        rows = list(self.touched.values())
        Repair.objects.bulk_update(rows, ["changed", "problem", "done_at"], batch_size=_ROWS)

    def sign(self, summary: str) -> Authorship:
        summary = self.batch.reason or summary
        return Authorship(actor=self.batch.actor, summary=summary, source=Source.REPAIR)


def _explain(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, PermissionDenied):
        return str(error) or _("You may not change it.")
    if isinstance(error, EditHeldError):
        return error.reason
    return _("Something went wrong: edit by hand.")


def _replace_together(first: Repair, step: _Step) -> None:
    """Replace ``first`` wherever it stands, and with it what else waits in the same objects."""
    places = _places_of(first)
    together = _gather(first, places) if places else [first]
    uses = find_uses([repair.link_id for repair in together])
    urls = {r.pk: r for r in together if _is_fit(r, uses[r.link_id], step)}
    wanted = {use_place(use): use for found in uses.values() for use in found}
    wanted = {place: use for place, use in wanted.items() if place in places}
    lock_uses(list(wanted.values()), [repair.link_id for repair in together])
    for place in sorted(wanted):
        here = [r for r in urls.values() if _stands_in(r, uses[r.link_id], place)]
        _replace_in(place, wanted[place], here, step)
    _conclude(together, first, places, uses, step)


def _places_of(repair: Repair) -> set[Place]:
    rows = LinkUse.objects.filter(link_id=repair.link_id).values_list("object_type", "object_id")
    places = {Place(*row) for row in rows}
    return places & {Place(*place) for place in repair.only} if repair.only else places


def _gather(first: Repair, places: Collection[Place]) -> list[Repair]:
    """``first`` and what else of its batch waits in the same objects, held."""
    inside = Q()
    for object_type, object_id in places:
        inside |= Q(object_type=object_type, object_id=object_id)
    links = LinkUse.objects.filter(inside).values("link_id")
    others = (
        Repair.objects.filter(batch_id=first.batch_id, done_at__isnull=True, link_id__in=links)
        .filter(action=Repair.Action.REPLACE)
        .exclude(pk=first.pk)
        .select_related("link")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("pk")
    )
    return [first, *others[: MAX_TOGETHER - 1]]


def use_place(use: Use) -> Place:
    """The object of a use."""
    return Place(use.object_type, use.object_id)


def _stands_in(repair: Repair, uses: Sequence[Use], place: Place) -> bool:
    is_wanted = not repair.only or list(place) in [list(one) for one in repair.only]
    return is_wanted and any(use_place(use) == place for use in uses)


def _is_fit(repair: Repair, uses: Sequence[Use], step: _Step) -> bool:
    """Whether ``repair`` still is what was decided; else it has failed."""
    try:
        if not uses:
            raise ValidationError(_("This link is not used any more."))
        kind, link = step.batch.kind, repair.link
        follows = kind in (RepairBatch.Kind.TRIVIAL_MOVES, RepairBatch.Kind.HOST_MOVES)
        if follows and link.mark == Mark.MOVED and link.moved_to != repair.new_url:
            raise ValidationError(_("It does not lead there any more."))
        if kind == RepairBatch.Kind.TRIVIAL_MOVES and link.mark != Mark.MOVED:
            raise ValidationError(_("It does not lead there any more."))
        if kind != RepairBatch.Kind.UNDONE:
            clean_new_url(link, repair.new_url)
    except ValidationError as error:
        step.fail(repair, error)
        step.finish(repair)
        return False
    return True


def _replace_in(place: Place, use: Use, repairs: Sequence[Repair], step: _Step) -> None:
    """Replace the links of ``repairs`` in one object: in one revision, or else one by one."""
    if not repairs:
        return
    try:
        _write(place, {r.link.url: r.new_url for r in repairs}, step)
    except (ValidationError, PermissionDenied, EditHeldError) as error:
        if len(repairs) > 1:
            for repair in repairs:
                _replace_in(place, use, [repair], step)
            return
        said = ValidationError(f"{use.ref.title}: {_explain(error)}")
        step.fail(repairs[0], said)


def _write(place: Place, urls: Mapping[str, str], step: _Step) -> None:
    if len(urls) == 1:
        ((old, new),) = urls.items()
        summary = _("%(old)s replaced by %(new)s") % {"old": old, "new": new}
    else:
        text = ngettext("%(count)d link replaced", "%(count)d links replaced", len(urls))
        summary = text % {"count": len(urls)}
    try:
        with transaction.atomic():
            handler = get_handler(place.object_type)
            handler.replace_urls(object_id=place.object_id, urls=urls, by=step.sign(summary))
    except NothingChangedError:
        return  # found out by who still uses the link


def _conclude(
    together: Sequence[Repair],
    first: Repair,
    places: Collection[Place],
    uses: Mapping[int, Sequence[Use]],
    step: _Step,
) -> None:
    """Say of each what was changed; those are done that stood in no other object."""
    rows = LinkUse.objects.filter(link_id__in=[repair.link_id for repair in together])
    left = set(rows.values_list("link_id", "object_type", "object_id"))
    for repair in together:
        if repair.done_at is not None:
            continue
        found = uses[repair.link_id]
        stood = [use for use in found if _stands_in(repair, found, use_place(use))]
        still = [use for use in stood if (repair.link_id, *use_place(use)) in left]
        for use in stood:
            if use_place(use) in places and use not in still:
                step.change(repair, use_place(use))
        if repair.pk == first.pk or all(use_place(use) in places for use in stood):
            if still and not repair.problem:
                titles = ", ".join(use.ref.title for use in still)
                said = _("It still stands in: %(titles)s.") % {"titles": titles}
                step.fail(repair, ValidationError(said))
            step.finish(repair)


def _set_status(repair: Repair, step: _Step) -> None:
    """Retire the entries whose own address a link is, or restore those that were."""
    uses = find_uses([repair.link_id])[repair.link_id]
    lock_uses(uses, [repair.link_id])
    only = [Place(*place) for place in repair.only]
    places = only or [use_place(use) for use in uses if use.is_own_address]
    why = step.batch.reason or _("The link is dead: %(url)s") % {"url": repair.link.url}
    for place in places:
        if _set_status_of(place, repair, why, step.sign(why)):
            step.change(repair, place)
    if not repair.changed:
        problem = _("No entry has this address as its own: there is nothing to retire.")
        step.fail(repair, ValidationError(problem))
    step.finish(repair)


def _set_status_of(place: Place, repair: Repair, why: str, by: Authorship) -> bool:
    handler = get_handler(place.object_type)
    try:
        if repair.action == Repair.Action.RESTORE:
            if handler.restore is not None:
                handler.restore(object_id=place.object_id, by=by)
            return handler.restore is not None
        url = repair.link.url
        retire = handler.retire
        return retire is not None and retire(object_id=place.object_id, url=url, reason=why, by=by)
    except NothingChangedError:
        return False


def _tell_if_over(batch: RepairBatch) -> None:
    """What could not be done of a decision about a dead host comes back to moderators.

    So does the host when the decision was taken back. In a transaction of its own: a case is held
    before objects and links, never after them.
    """
    host = batch.host
    if host is None or host.missing_since is None:
        return
    if batch.repairs.filter(done_at__isnull=True).exists():
        return
    if batch.undoes_id is not None:
        if Link.objects.used().filter(host=host).exists():
            open_host_case(host, explain_missing(host))
        return
    failed = batch.repairs.exclude(problem="").filter(link__is_used=True).count()
    if failed:
        text = ngettext(
            "%(count)d link of the host could not be changed by the last decision.",
            "%(count)d links of the host could not be changed by the last decision.",
            failed,
        )
        open_host_case(host, text % {"count": failed})


def find_problems(link_ids: Collection[int]) -> dict[int, str]:
    """Why repairing these links failed the last time, by link; one query."""
    failed = Repair.objects.filter(link_id__in=link_ids).exclude(problem="")
    return dict(failed.order_by("pk").values_list("link_id", "problem"))
