"""What rules cost: counted in each process, and written in bulk, now and then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Final

from django.db import transaction
from django.db.models import Case, F, Value, When

from moderation.rules.models import EditRule

_EVERY_S: Final = 30.0
_EVERY_EDITS: Final = 200


@dataclass
class _Account:
    """Not written yet: edits, nanoseconds and edits left out by rule."""

    edits: int = 0
    since: float = field(default_factory=monotonic)
    seen: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    cost_ns: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    left_out: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))


_account = _Account()
_lock = Lock()


def note_costs(costs: Mapping[int, int], left_out: Iterable[int]) -> None:
    """Count what rules cost with one edit, written once the transaction is over.

    What was not written yet when a process ends is lost: half a minute of it at most.
    """
    with _lock:
        _account.edits += 1
        for pk, ns in costs.items():
            _account.seen[pk] += 1
            _account.cost_ns[pk] += ns
        for pk in left_out:
            _account.left_out[pk] += 1
        is_due = _account.edits >= _EVERY_EDITS or monotonic() - _account.since >= _EVERY_S
    if is_due:
        # After the commit: rows of rules are not held locked by an edit.
        transaction.on_commit(write_costs, robust=True)


def write_costs() -> None:
    """Add what was counted to the rules: one query, none where nothing was."""
    global _account
    with _lock:
        account, _account = _account, _Account()
    sums = {"edits_seen": account.seen, "cost_ns": account.cost_ns}
    sums["edits_left_out"] = account.left_out
    pks = sorted({pk for counts in sums.values() for pk in counts})
    if pks:
        EditRule.objects.filter(pk__in=pks).update(
            **{name: F(name) + _by_rule(counts) for name, counts in sums.items()}
        )


def _by_rule(counts: Mapping[int, int]) -> Case:
    return Case(*(When(pk=pk, then=Value(n)) for pk, n in counts.items()), default=Value(0))
