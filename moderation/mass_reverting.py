"""Taking back everything that some accounts did: queued in the database, carried out by a worker.

Objects that stand in each other's way are a group: restored together in one transaction, or not at
all. So one that fails takes nothing with it, a worker that dies is taken over where it stopped, and
doing it twice does nothing the second time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import require
from changes.cleaning import clean_reason
from changes.models import Change
from changes.patrolling import patrol
from changes.people import USER
from changes.recording import MAX_SUMMARY, Authorship
from changes.refusals import EditHeldError
from changes.restoring import Plan, RestoringRefusedError, Run, Target, make_groups, restore
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind
from moderation.mass_revert_models import MassRevert, MassRevertItem
from moderation.selecting import Selection, explain_company, find_selected

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.handlers import Request
    from moderation.log_models import Decision

logger = logging.getLogger(__name__)

KIND: Final = "mass_revert"
MASS_REVERT: Final = "moderation.mass_revert"
MAX_REASON = 400  # it is the summary of each revision too
_ROWS = 500
_STATES = MassRevertItem.State


def register_mass_reverts() -> None:
    """Make mass reverts known to the log, from where they are taken back."""
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Mass revert"),
            actions={"revert": gettext_lazy("Everything taken back")},
            describe=describe,
            undo=undo_mass_revert,
        )
    )


def describe(decision: Decision) -> str:
    """How many objects, and since when, in words."""
    details = decision.details
    since = parse_datetime(details.get("since") or "")
    if since is None:
        return ""
    count = details.get("objects", 0)
    text = ngettext(
        "What was done to %(count)d object since %(when)s UTC.",
        "What was done to %(count)d objects since %(when)s UTC.",
        count,
    )
    return text % {"count": count, "when": date_format(since, "DATETIME_FORMAT")}


@transaction.atomic
def queue_mass_revert(*, selection: Selection, reason: str, actor: User) -> MassRevert:
    """Have what a selection is about taken back, up to the change that ``actor`` saw last.

    One decision in the public log. Raises PermissionDenied; ValidationError without a reason, and
    where there is nothing to take back.
    """
    require(actor, MASS_REVERT)
    if any(user.is_bot for user in selection.users) and not actor.is_superuser:
        raise ValidationError(_("What the site itself did is taken back by an administrator."))
    unsaid = _("Say why: everyone can read it in the log.")
    reason = clean_reason(reason, max_length=MAX_REASON, unsaid=unsaid)
    up_to = selection.newest() if selection.up_to is None else selection.up_to
    selected = find_selected(
        Selection(users=selection.users, since=selection.since, kinds=selection.kinds, up_to=up_to)
    )
    if not selected.targets:
        raise ValidationError(_("There is nothing to take back."))
    run = MassRevert.objects.create(
        names=[user.username for user in selection.users],
        since=selection.since,
        up_to=up_to,
        kinds=list(selection.kinds),
        reason=reason,
        actor=actor,
    )
    run.accounts.set(selection.users)
    _queue(run, selected.targets, selected.titles)
    log_decision(
        kind=KIND,
        target_type=USER,
        target_id=selection.users[0].pk,
        title=run.title,
        action="revert",
        actor=actor,
        reason=reason,
        details={
            "run": run.pk,
            "about": [user.pk for user in selection.users],
            "objects": len(selected.targets),
            "since": selection.since.isoformat(),
        },
        permission=MASS_REVERT,
    )
    return run


def _queue(
    run: MassRevert, targets: Sequence[Target], titles: Mapping[tuple[str, int], str]
) -> None:
    MassRevertItem.objects.bulk_create(
        [
            MassRevertItem(
                mass_revert=run,
                group=number,
                object_type=target.object_type,
                object_id=target.object_id,
                title=titles[target.key],
                runs=[list(steps) for steps in target.runs],
            )
            for number, group in enumerate(make_groups(targets))
            for target in group
        ],
        batch_size=_ROWS,
    )


def undo_mass_revert(decision: Decision, request: Request) -> dict[str, Any]:
    """Leave out what waits of a mass revert, and put back what it changed; the log's details.

    A further run does it, by the same way. Raises ValidationError where it is too long ago.
    """
    require(request.actor, MASS_REVERT)
    held = MassRevert.objects.select_for_update(of=("self",))
    run = held.filter(pk=decision.details.get("run") or 0).first()
    if run is None:
        raise ValidationError(_("It is too long ago: what it changed is not known any more."))
    stopped = run.items.filter(state=_STATES.WAITING).update(
        state=_STATES.FAILED, problem=_("Taken back before it was done.")
    )
    done = run.items.filter(state=_STATES.DONE).order_by("-group", "-pk")
    targets = {
        Target(i.object_type, i.object_id, (Run(i.version_before, i.version_after or 0),)): i.title
        for i in done
    }
    day = date_format(run.queued_at, "j F Y")
    undoing = MassRevert.objects.create(
        names=run.names,
        since=run.since,
        reason=request.reason or _("The mass revert of %(day)s is taken back.") % {"day": day},
        actor=request.actor,
        undoes=run,
    )
    _queue(undoing, list(targets), {target.key: title for target, title in targets.items()})
    _nudge()
    return {"stopped": stopped, "run": undoing.pk}


def _nudge() -> None:
    from changes.nudging import nudge_after_commit
    from moderation.tasks import carry_out_mass_reverts

    nudge_after_commit(carry_out_mass_reverts)


# --- Carrying it out -----------------------------------------------------------------------------


def carry_out_mass_reverts(limit: int, *, only: int | None = None) -> int:
    """Carry out up to ``limit`` groups, of the run with the id ``only`` alone; how many there were.

    Not inside a transaction. Several workers may do this at once: a run is in the hands of one.
    """
    for taken in range(limit):
        if not _carry_out_next(only):
            return taken
    return limit


@transaction.atomic
def _carry_out_next(only: int | None) -> bool:
    waiting = MassRevertItem.objects.filter(mass_revert=OuterRef("pk"), state=_STATES.WAITING)
    runs = MassRevert.objects.filter(Exists(waiting)).order_by("pk")
    if only is not None:
        runs = runs.filter(pk=only)
    run = runs.select_for_update(skip_locked=True, of=("self",)).select_related("actor").first()
    if run is None:
        return False
    left = run.items.filter(state=_STATES.WAITING).order_by("group", "pk")
    first = left.first()
    if first is None:  # taken back between the look and the lock
        return True
    items = list(left.filter(group=first.group))
    _carry_out(run, items)
    fields = ["state", "problem", "version_before", "version_after"]
    MassRevertItem.objects.bulk_update(items, fields, batch_size=_ROWS)
    return True


def _carry_out(run: MassRevert, items: Sequence[MassRevertItem]) -> None:
    """Restore a group and note what came of it; it waits on where the database is away."""
    targets = [_target(item) for item in items]
    by = Authorship(actor=run.actor, summary=run.reason[:MAX_SUMMARY])
    try:
        with transaction.atomic():
            require(run.actor, MASS_REVERT)
            plans = restore(targets, reason=run.reason, by=by)
            if run.undoes_id is None:
                _patrol(targets, run.actor)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except RestoringRefusedError as error:
        _note_problems(items, error.plans)
    except Exception as error:
        if not isinstance(error, ValidationError | PermissionDenied | EditHeldError):
            logger.exception("a group of mass revert %d failed", run.pk)
        for item in items:
            item.state, item.problem = _STATES.FAILED, _explain(error)
    else:
        _note_done(items, plans)


def _target(item: MassRevertItem) -> Target:
    return Target(item.object_type, item.object_id, tuple(Run(*steps) for steps in item.runs))


def _note_done(items: Sequence[MassRevertItem], plans: Sequence[Plan]) -> None:
    """Which revision restored which object; a row was read before it was written: version + 1."""
    by_key = {plan.target.key: plan for plan in plans}
    for item in items:
        plan = by_key.get((item.object_type, item.object_id))
        if plan is None:
            item.state, item.problem = _STATES.FAILED, _("It is gone.")
        elif plan.written_from is None:
            item.state = _STATES.UNCHANGED
        else:
            item.state = _STATES.DONE
            item.version_before, item.version_after = plan.written_from, plan.current.version


def _note_problems(items: Sequence[MassRevertItem], plans: Sequence[Plan]) -> None:
    problems = {plan.target.key: plan.problem for plan in plans}
    blocked = next(plan for plan in plans if plan.problem)
    titles = {(item.object_type, item.object_id): item.title for item in items}
    for item in items:
        own = problems.get((item.object_type, item.object_id))
        item.state = _STATES.FAILED
        item.problem = own or explain_company(blocked, titles[blocked.target.key])


def _explain(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, PermissionDenied):
        return str(error) or _("You may not change it.")
    if isinstance(error, EditHeldError):
        return error.reason
    return _("Something went wrong: edit by hand.")


def _patrol(targets: Sequence[Target], actor: User) -> None:
    """What is taken back was looked at."""
    for target in targets:
        changes = Change.objects.of_object(target.object_type, target.object_id).unpatrolled()
        rows = changes.values_list("pk", "version_after")
        patrol(
            change_ids=[pk for pk, version in rows if version and target.covers(version)],
            actor=actor,
        )
