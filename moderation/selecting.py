"""What some accounts did since a time: which changes, of which objects, and what reverting does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from changes.models import CONTENT_TYPES, Change
from changes.objects import ObjectRef, find_refs, get_tracked
from changes.restoring import Plan, Run, Target, make_groups, make_plans, name_changes
from changes.veils import TEXT, hidden_word

if TYPE_CHECKING:
    from accounts.models import User
    from changes.models import ChangeQuerySet

_PLANNED_AT_ONCE = 50  # objects whose texts are in memory together

# What makes a revision, with its redirects: an event of a link is nobody's to take back.
KINDS: Final = (
    *(kind for kind in Change.Kind if not kind.startswith("link_")),
    Change.Kind.LINK_REPLACED,
)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Changes of ``users`` since a time, of some kinds (none: of all), up to a change's id."""

    users: Sequence[User]
    since: datetime
    kinds: Sequence[str] = ()
    up_to: int | None = None

    def changes(self) -> ChangeQuerySet:
        """The revisions that are meant, the oldest first."""
        found = Change.objects.filter(
            actor__in=[user.pk for user in self.users],
            at__gte=self.since,
            version_after__isnull=False,
            object_type__in=CONTENT_TYPES,
        )
        if self.kinds:
            found = found.filter(kind__in=self.kinds)
        if self.up_to is not None:
            found = found.filter(pk__lte=self.up_to)
        return found.order_by("pk")

    def newest(self) -> int:
        """The id of the newest of them, 0 where there is none."""
        return self.changes().order_by("-pk").values_list("pk", flat=True).first() or 0

    def count_newer(self, than: int) -> int:
        """How many were made after the change with that id."""
        return self.changes().filter(pk__gt=than).count()


@dataclass(frozen=True, kw_only=True)
class Selected:
    """The objects that a selection is about, and what each was called last."""

    targets: Sequence[Target]
    titles: Mapping[tuple[str, int], str]
    change_count: int


def find_selected(selection: Selection) -> Selected:
    """The objects and the runs of their revisions; one query."""
    runs: dict[tuple[str, int], list[Run]] = {}
    titles: dict[tuple[str, int], str] = {}
    columns = ("object_type", "object_id", "version_before", "version_after")
    count = 0
    rows = selection.changes().values_list(*columns, "object_title", "hidden")
    for object_type, object_id, before, after, title, hidden in rows.iterator(chunk_size=2000):
        assert after is not None
        count += 1
        key = object_type, object_id
        titles[key] = hidden_word() if TEXT in hidden else title
        of_object = runs.setdefault(key, [])
        if of_object and of_object[-1].after == before:
            of_object[-1] = Run(of_object[-1].before, after)
        else:
            of_object.append(Run(before, after))
    targets = [Target(*key, tuple(of_object)) for key, of_object in runs.items()]
    return Selected(targets=targets, titles=titles, change_count=count)


class Outcome:
    """What would become of an object."""

    RESTORED = "restored"
    GONE = "gone"
    NOTHING = "nothing"
    PERSON = "person"


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What a mass revert would make of one object; ``changes`` are the fields, by their labels."""

    target: Target
    title: str
    ref: ObjectRef | None
    outcome: str
    words: str
    changes: Sequence[str] = ()
    others: Sequence[str] = ()
    problem: str = ""

    @property
    def history_url(self) -> str:
        return f"{self.ref.url}history/" if self.ref else ""

    @property
    def diff_url(self) -> str:
        """From what it was to what the last of these revisions made of it."""
        first, last = self.target.runs[0], self.target.runs[-1]
        if self.ref is None:
            return ""
        if first.before is None:
            return f"{self.ref.url}revisions/{last.after}/"
        return f"{self.ref.url}compare/?from={first.before}&to={last.after}"


def foresee(
    selected: Selected, *, reason: str = "", limit: int | None = None
) -> Iterator[Foreseen]:
    """What reverting would make of each object, in the order of carrying it out; writes nothing.

    Texts are merged fifty objects at a time; groups stay whole, so a little more than ``limit``
    may come.
    """
    shown = 0
    for groups in _batches(make_groups(selected.targets)):
        yield from _foresee_groups(groups, selected, reason)
        shown += sum(len(group) for group in groups)
        if limit is not None and shown >= limit:
            return


def _batches(groups: Sequence[list[Target]]) -> Iterator[list[list[Target]]]:
    """Groups of one kind of object, some at a time."""
    for _kind, members in groupby(groups, key=lambda group: group[0].object_type):
        batch: list[list[Target]] = []
        for group in members:
            batch.append(group)
            if sum(map(len, batch)) >= _PLANNED_AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch


def _foresee_groups(
    groups: Sequence[Sequence[Target]], selected: Selected, reason: str
) -> Iterator[Foreseen]:
    targets = [target for group in groups for target in group]
    tracked = get_tracked(targets[0].object_type)
    plans = {p.target.key: p for p in make_plans(tracked, targets, reason=reason)}
    refs = find_refs(target.key for target in targets)
    for group in groups:
        of_group = [plans[target.key] for target in group if target.key in plans]
        blocked = next((p for p in of_group if p.problem), None)
        for plan in of_group:
            yield _foreseen(plan, blocked, selected, refs.get(plan.target.key))


def _foreseen(
    plan: Plan, blocked: Plan | None, selected: Selected, ref: ObjectRef | None
) -> Foreseen:
    key = plan.target.key
    title = ref.title if ref else selected.titles[key]
    outcome, words = _judge(plan, blocked)
    problem = plan.problem
    if outcome == Outcome.PERSON and not problem and blocked is not None:
        problem = explain_company(blocked, selected.titles[blocked.target.key])
    return Foreseen(
        target=plan.target,
        title=title,
        ref=ref,
        outcome=outcome,
        words=words,
        changes=name_changes(plan) if outcome == Outcome.RESTORED else [],
        others=plan.others,
        problem=problem,
    )


def explain_company(blocked: Plan, title: str) -> str:
    """Why an object is left as it is although nothing is wrong with it."""
    return _("It belongs together with “%(title)s”.") % {"title": title}


def _judge(plan: Plan, blocked: Plan | None) -> tuple[str, str]:
    if blocked is not None:
        return Outcome.PERSON, _("left for a person")
    if not plan.changed:
        return Outcome.NOTHING, _("nothing to do")
    restorer = get_tracked(plan.target.object_type).restorer
    if plan.goes and restorer is not None:
        return Outcome.GONE, str(restorer.gone_label)
    return Outcome.RESTORED, _("restored")
