"""Making objects what they were before some of their revisions: all of each, not its text alone.

A page gets back its title and address, what was made goes, what was deleted returns. Objects that
stand in each other's way (a page at the address that another one had) are restored together. What
others wrote since stays, by the three-way merge; where that cannot be told apart, a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from changes.comparing import find_revisions
from changes.editing import FieldConflict, merge_value
from changes.models import Change, ObjectType, Versioned
from changes.objects import TrackedObject, get_tracked
from changes.recording import Authorship, Step
from changes.veils import AUTHOR, hidden_word, unveil

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_AT_ONCE = 100  # objects whose texts are in memory together
_CONDITIONS = 200  # of one query: SQLite parses no more than a thousand


class Run(NamedTuple):
    """Revisions of an object that follow each other: ``before`` None is that it was made."""

    before: int | None
    after: int


@dataclass(frozen=True)
class Target:
    """An object, and the runs of its revisions that are to be taken back, oldest first."""

    object_type: str
    object_id: int
    runs: tuple[Run, ...]

    @property
    def key(self) -> tuple[str, int]:
        return self.object_type, self.object_id

    @property
    def is_new(self) -> bool:
        """Whether the object itself was made by what is taken back."""
        return self.runs[0].before is None

    def covers(self, version: int) -> bool:
        """Whether a revision is one of those that are taken back."""
        return any((run.before or 0) < version <= run.after for run in self.runs)


@dataclass(kw_only=True)
class Plan:
    """What restoring makes of one object: ``values`` of all its historied fields, by name.

    ``problem`` says why a person has to look at it instead; ``others`` are the names of those who
    wrote there since.
    """

    target: Target
    current: Any
    values: dict[str, Any]
    goes: bool = False
    others: list[str] = field(default_factory=list)
    conflicts: list[FieldConflict] = field(default_factory=list)
    problem: str = ""
    written_from: int | None = None  # the version before, once it is written

    @property
    def changed(self) -> list[str]:
        """Names of the fields that would change."""
        return [name for name, value in self.values.items() if getattr(self.current, name) != value]

    def apply(self, *, kind_when_gone: str) -> Step:
        """Set the values on the row, not saved yet, and describe it as a step."""
        changed, current = self.changed, self.current
        self.written_from = current.version
        for name in changed:
            setattr(current, name, self.values[name])
        before, after = self.target.runs[0].before, self.target.runs[-1].after
        runs = [list(run) for run in self.target.runs]
        return Step(
            kind=kind_when_gone if self.goes else Change.Kind.REVERTED,
            changed_fields=changed,
            base_version=current.version,
            details={"runs": runs} if self.goes else {"to": before, "since": after, "runs": runs},
        )


@dataclass(frozen=True, kw_only=True)
class Restorer:
    """How the owner of a kind of object restores it (:class:`changes.objects.TrackedObject`).

    ``gone(reason)`` are the values of an object that nobody made after all, ``is_gone(row)`` says
    whether a row has such. Objects are restored together whose rows have the same ``address``, or
    one of which the other ``leans_on`` (by id). ``settle(plans)`` completes what depends on other
    objects and sets ``problem`` where something stands in the way; it reads only. ``write(plans,
    by)`` makes the revisions through the ordinary door, asks for the permissions, and raises what
    operations raise.
    """

    gone: Callable[[str], Mapping[str, Any]]
    is_gone: Callable[[Any], bool]
    address: Callable[[Any], Hashable]
    leans_on: Callable[[Any], int | None]
    settle: Callable[[Sequence[Plan]], None]
    write: Callable[[Sequence[Plan], Authorship], None]
    gone_label: StrOrPromise  # "deleted", "retired"
    may_go: Callable[[Any], bool] = lambda _row: False  # although others wrote there since


class RestoringRefusedError(Exception):
    """Some object of a group needs a person: nothing of the group was written."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        super().__init__("; ".join(plan.problem for plan in plans if plan.problem))
        self.plans = plans


@transaction.atomic
def restore(targets: Sequence[Target], *, reason: str, by: Authorship) -> list[Plan]:
    """Restore objects of one kind that belong together: all or none, each by one revision.

    The plans as they were carried out; ``written_from`` tells those that were written. Raises
    :class:`RestoringRefusedError`, or what the operations of the kind raise.
    """
    tracked = get_tracked(targets[0].object_type)
    assert tracked.model is not None
    ids = sorted(target.object_id for target in targets)
    rows = tracked.model._base_manager.select_for_update().filter(pk__in=ids)
    list(rows.order_by("pk").values_list("pk"))
    plans = make_plans(tracked, targets, reason=reason)
    if any(plan.problem for plan in plans):
        raise RestoringRefusedError(plans)
    needed = [plan for plan in plans if plan.changed]
    if needed:
        _restorer(tracked).write(needed, by)
    return plans


def make_plans(tracked: TrackedObject, targets: Sequence[Target], *, reason: str) -> list[Plan]:
    """What restoring would make of objects of one kind that belong together; reads only.

    A constant number of queries for each hundred of them.
    """
    restorer = _restorer(tracked)
    current = _find_current(tracked, targets)
    rows = _find_rows(tracked, targets)
    others = _find_others(targets)
    plans = [
        _plan(tracked, target, current[target.object_id], rows, others.get(target.key, []), reason)
        for target in targets
        if target.object_id in current
    ]
    restorer.settle(plans)
    return plans


def make_groups(targets: Sequence[Target]) -> list[list[Target]]:
    """Targets that belong together, in the order in which they are restored.

    Sections that return go first, then entries, pages, learning paths, and last the sections that
    go: nothing stands in these any more then.
    """
    ties: dict[Hashable, list[int]] = {}
    phases: list[int] = []
    known = {target.key for target in targets}
    for start in range(0, len(targets), _AT_ONCE):
        for target, found, is_going in _find_ties(targets[start : start + _AT_ONCE], known):
            phase = _phase(target, is_going=is_going)
            for tie in found:
                ties.setdefault((phase, tie), []).append(len(phases))
            phases.append(phase)
    groups = _connect(len(targets), ties.values())
    groups.sort(key=lambda group: (phases[group[0]], group[0]))
    return [[targets[index] for index in group] for group in groups]


_ORDER = (ObjectType.SECTION, ObjectType.RESOURCE, ObjectType.PAGE, ObjectType.PATH)


def _phase(target: Target, *, is_going: bool) -> int:
    if target.object_type == ObjectType.SECTION and is_going:
        return len(_ORDER)
    return _ORDER.index(ObjectType(target.object_type))


def _find_ties(
    targets: Sequence[Target], known: Collection[tuple[str, int]]
) -> Iterable[tuple[Target, set[Hashable], bool]]:
    """Each target with its ties, as it was and as it stands, and whether it shall be gone."""
    of_type: dict[str, list[Target]] = {}
    for target in targets:
        of_type.setdefault(target.object_type, []).append(target)
    found: dict[tuple[str, int], tuple[set[Hashable], bool]] = {}
    for object_type, some in of_type.items():
        tracked = get_tracked(object_type)
        restorer = _restorer(tracked)
        current, rows = _find_current(tracked, some), _find_rows(tracked, some)
        for target in some:
            before = rows.get((target.object_id, target.runs[0].before or 0))
            seen = [row for row in (before, current.get(target.object_id)) if row is not None]
            ties: set[Hashable] = {target.key}
            ties |= {(object_type, "at", restorer.address(row)) for row in seen}
            ties |= {(object_type, restorer.leans_on(row)) for row in seen} & set(known)
            is_going = before is None or restorer.is_gone(before)
            found[target.key] = ties, is_going
    return [(target, *found[target.key]) for target in targets]


def _connect(count: int, together: Iterable[Sequence[int]]) -> list[list[int]]:
    """Numbers below ``count`` as groups: those that any of ``together`` has in common."""
    root = list(range(count))

    def find(number: int) -> int:
        while root[number] != number:
            root[number] = root[root[number]]
            number = root[number]
        return number

    for first, *rest in together:
        for other in rest:
            low, high = sorted((find(first), find(other)))
            root[high] = low
    groups: dict[int, list[int]] = {}
    for number in range(count):
        groups.setdefault(find(number), []).append(number)
    return list(groups.values())


# --- One object ----------------------------------------------------------------------------------


def _plan(
    tracked: TrackedObject,
    target: Target,
    current: Versioned,
    rows: Mapping[tuple[int, int], Any],
    others: list[str],
    reason: str,
) -> Plan:
    restorer = _restorer(tracked)
    values = {name: getattr(current, name) for name in _names(tracked)}
    plan = Plan(target=target, current=current, values=values, others=others)
    if target.is_new:
        plan.goes = True
        if restorer.is_gone(current):
            return plan
        if others and not restorer.may_go(current):
            plan.problem = _("Others have worked on it since it was made.")
            return plan
        values |= restorer.gone(reason)
        return plan
    _merge_back(plan, tracked, rows)
    first = rows.get((target.object_id, target.runs[0].before or 0))
    plan.goes = first is not None and restorer.is_gone(first)
    return plan


def _merge_back(plan: Plan, tracked: TrackedObject, rows: Mapping[tuple[int, int], Any]) -> None:
    """Take run after run back from what stands there, the newest first."""
    target = plan.target
    for run in reversed(target.runs):
        before, after = (rows.get((target.object_id, version or 0)) for version in run)
        if before is None or after is None:
            plan.problem = _("A revision that is needed is missing.")
            return
        if before.hides_text:
            message = _("The text of revision %(number)d is hidden.")
            plan.problem = message % {"number": before.version}
            return
        for name in plan.values:
            base, mine = getattr(after, name), getattr(before, name)
            theirs = plan.values[name]
            value, is_conflict = merge_value(
                base,
                theirs,
                mine,
                is_prose=name in _prose(tracked),
                merger=plan.current.mergers.get(name),
            )
            plan.values[name] = value
            if is_conflict:
                plan.conflicts.append(FieldConflict(name, base, theirs, mine))
    if plan.conflicts:
        names = _labels(tracked, {conflict.name for conflict in plan.conflicts})
        message = _("The same place was changed since: %(fields)s.")
        plan.problem = message % {"fields": ", ".join(names)}


def _labels(tracked: TrackedObject, names: Collection[str]) -> list[str]:
    """What fields are called, in their order."""
    labels = {known.name: str(known.label) for known in tracked.fields}
    return [labels.get(name, name) for name in _names(tracked) if name in names]


def name_changes(plan: Plan) -> list[str]:
    """What would change, as people call it."""
    return _labels(get_tracked(plan.target.object_type), set(plan.changed))


def _names(tracked: TrackedObject) -> list[str]:
    """The historied fields, without what makes a row itself."""
    history: Any = tracked.model.history.model  # type: ignore[union-attr]
    return [f.attname for f in history.tracked_fields if f.attname not in ("id", "version")]


def _prose(tracked: TrackedObject) -> set[str]:
    return {known.name for known in tracked.fields if known.is_prose}


def _restorer(tracked: TrackedObject) -> Restorer:
    assert tracked.restorer is not None, f"nothing restores a {tracked.object_type}"
    return tracked.restorer


# --- What stands in the database -----------------------------------------------------------------


def _find_current(tracked: TrackedObject, targets: Sequence[Target]) -> dict[int, Any]:
    manager: Any = tracked.model._base_manager  # type: ignore[union-attr]
    ids = [target.object_id for target in targets]
    found: dict[int, Any] = {}
    for start in range(0, len(ids), _AT_ONCE):
        found |= manager.in_bulk(ids[start : start + _AT_ONCE])
    return found


def _find_rows(tracked: TrackedObject, targets: Sequence[Target]) -> dict[tuple[int, int], Any]:
    wanted: dict[int, set[int]] = {}
    found: dict[tuple[int, int], Any] = {}
    for number, target in enumerate(targets, start=1):
        versions = {version for run in target.runs for version in run if version}
        wanted.setdefault(target.object_id, set()).update(versions)
        if len(wanted) >= _CONDITIONS or number == len(targets):
            found |= find_revisions(tracked, wanted)
            wanted = {}
    # Compared with what stands there; none whose text is hidden is brought back.
    unveil(found.values())
    return found


def _find_others(targets: Sequence[Target]) -> dict[tuple[str, int], list[str]]:
    """Who else wrote in these objects since the first revision that is taken back."""
    by_key = {target.key: target for target in targets}
    found: dict[tuple[str, int], dict[str, None]] = {}
    for start in range(0, len(targets), _AT_ONCE):
        some = targets[start : start + _AT_ONCE]
        rows = Change.objects.filter(
            object_type__in={target.object_type for target in some},
            object_id__in=[target.object_id for target in some],
            version_after__isnull=False,
        ).order_by("pk")
        columns = ("object_type", "object_id", "version_after", "actor_label", "hidden")
        for object_type, object_id, version, label, hidden in rows.values_list(*columns):
            target = by_key.get((object_type, object_id))
            if target is None or version is None or version <= target.runs[0].after:
                continue
            if not target.covers(version):
                shown = hidden_word() if AUTHOR in hidden else label
                found.setdefault(target.key, {})[shown] = None
    return {key: list(labels) for key, labels in found.items()}


# --- Addresses -----------------------------------------------------------------------------------


def settle_addresses(
    plans: Sequence[Plan],
    *,
    name: str,
    key: Callable[[Any], str] = str,
    find_occupants: Callable[[Collection[str]], Mapping[str, tuple[int, str]]],
) -> None:
    """Who had an address has it again; what goes takes one that becomes free, where it must.

    ``name`` is the field, ``key`` what of it no two rows share. ``find_occupants`` gives the id and
    title of whatever stands at some keys. Reads only; sets ``problem`` where somebody else has
    an address since.
    """
    own = {plan.target.object_id for plan in plans}
    staying = [plan for plan in plans if not plan.goes]
    wanted: dict[str, Plan] = {}
    for plan in staying:
        if wanted.setdefault(key(plan.values[name]), plan) is not plan:
            plan.problem = plan.problem or _("Something else has its address now.")
    occupants = find_occupants(
        [key(p.values[name]) for p in staying if p.values[name] != getattr(p.current, name)]
    )
    for address, (pk, title) in occupants.items():
        if pk not in own and address in wanted:
            message = _("“%(title)s” has its address now.") % {"title": title}
            wanted[address].problem = wanted[address].problem or message
    _give_way([plan for plan in plans if plan.goes], staying, wanted, name, key)


def _give_way(
    going: Sequence[Plan],
    staying: Sequence[Plan],
    wanted: Mapping[str, Plan],
    name: str,
    key: Callable[[Any], str],
) -> None:
    """Addresses that those who stay leave, for those who go and stand in their way."""
    left = [getattr(p.current, name) for p in staying]
    kept = {key(p.values[name]) for p in going}
    free = [address for address in left if key(address) not in wanted and key(address) not in kept]
    for plan in going:
        if key(plan.values[name]) in wanted and free:
            plan.values[name] = free.pop(0)
