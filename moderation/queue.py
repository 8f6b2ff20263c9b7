"""The question that the review queue answers, from an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import ObjectType
from changes.objects import get_tracked
from moderation.handlers import all_handlers
from moderation.models import Case, CaseQuerySet, Decision
from moderation.scope import Scope
from moderation.undoing import find_undoable

if TYPE_CHECKING:
    from accounts.models import User

#: What somebody decided so long ago is taken back from the log, and not by a key in the queue.
UNDO_SECONDS = 3600


class Holder(models.TextChoices):
    """Whose cases."""

    MINE = "mine", _("claimed by me")
    FREE = "free", _("claimed by nobody")
    ASSIGNED = "assigned", _("assigned to me")
    UNASSIGNED = "unassigned", _("assigned to nobody")


class Shown(models.TextChoices):
    """Which state; without one those that wait."""

    SNOOZED = "snoozed", _("put off")
    DECIDED = "decided", _("decided")
    RESOLVED = "resolved", _("closed by themselves")


class Order(models.TextChoices):
    """What comes first; without one the most urgent."""

    OLDEST = "oldest", _("the oldest")
    NEWEST = "newest", _("the newest")


class QueueForm(forms.Form):
    """The filters of the queue, as a form and as an address (``GET``).

    What is no valid filter is left out: the queue never refuses to be shown.
    """

    kind = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    q = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={"data-slash": "", "aria-keyshortcuts": "/", "autocomplete": "off"}
        ),
    )
    who = forms.ChoiceField(
        label=_("Whose"), required=False, choices=[("", _("everyone's")), *Holder.choices]
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("waiting")), *Shown.choices]
    )
    order = forms.ChoiceField(
        label=_("First"), required=False, choices=[("", _("the most urgent")), *Order.choices]
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        sections: Any = get_tracked(ObjectType.SECTION).model
        self.fields["section"] = forms.ModelChoiceField(
            label=_("Section"),
            queryset=sections.objects.only("title", "slug").order_by("title"),
            to_field_name="slug",
            required=False,
            empty_label=_("all sections"),
        )
        self.order_fields(["kind", "q", "section", "who", "state", "order"])

    def find(self, user: User) -> CaseQuerySet:
        """The cases that are asked for, in order."""
        self.full_clean()
        chosen = self.cleaned_data
        cases = _in_state(chosen.get("state", ""))
        if chosen.get("kind"):
            cases = cases.filter(kind=chosen["kind"])
        if chosen.get("section"):
            cases = cases.filter(section_id=chosen["section"].pk)
        if chosen.get("q"):
            words = chosen["q"]
            cases = cases.filter(Q(title__icontains=words) | Q(reason__icontains=words))
        cases = _held(cases, chosen.get("who", ""), user)
        order = {Order.OLDEST: ("opened_at", "id"), Order.NEWEST: ("-opened_at", "-id")}
        by: tuple[str, ...] | None = order.get(chosen.get("order", ""))
        return cases.order_by(*by) if by else cases

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the kind is chosen."""
        return any(self.cleaned_data.get(name) for name in ("q", "section", "who", "state"))


def _in_state(state: str) -> CaseQuerySet:
    match state:
        case Shown.SNOOZED:
            return Case.objects.snoozed().order_by("snoozed_until", "id")
        case Shown.DECIDED | Shown.RESOLVED:
            return Case.objects.filter(state=state).order_by("-closed_at", "-id")
    return Case.objects.waiting()


def _held(cases: CaseQuerySet, who: str, user: User) -> CaseQuerySet:
    is_claimed = Q(claimed_by__isnull=False, claimed_until__gt=timezone.now())
    match who:
        case Holder.MINE:
            return cases.filter(is_claimed, claimed_by=user)
        case Holder.FREE:
            return cases.exclude(is_claimed)
        case Holder.ASSIGNED:
            return cases.filter(assigned_to=user)
        case Holder.UNASSIGNED:
            return cases.filter(assigned_to__isnull=True)
    return cases


@dataclass(frozen=True)
class Tab:
    """One kind of case, with how many wait."""

    kind: str
    label: str
    count: int


def count_waiting(scope: Scope) -> dict[str, int]:
    """How many cases wait within ``scope``, by kind; one query, of all answered by an index."""
    return dict(scope.narrow(Case.objects.waiting()).by_kind())


def make_tabs(counts: Mapping[str, int], chosen: str) -> list[Tab]:
    """The kinds of which something waits, and the chosen one."""
    return [
        Tab(handler.kind, str(handler.label), counts.get(handler.kind, 0))
        for handler in all_handlers()
        if handler.kind in counts or handler.kind == chosen
    ]


def find_last_decision(user: User) -> Decision | None:
    """What ``user`` decided last, if it can be taken back and was within the hour; two queries."""
    since = timezone.now() - timedelta(seconds=UNDO_SECONDS)
    recent = list(Decision.objects.standing().by(user).filter(at__gt=since)[:1])
    return next((one for one in recent if one.pk in find_undoable(recent)), None)
