"""How far a reader who is signed in is on a path; what others did stays in their browsers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from wiki.paths.models import Path, PathStep, StepDone

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Steps done, of all, and the time that the others take."""

    done: int
    total: int
    minutes_left: int

    @property
    def percent(self) -> int:
        """Whole per cent, 100 only when all is done."""
        return self.done * 100 // self.total if self.total else 0


def measure(steps: Iterable[PathStep], done: Collection[str]) -> Progress:
    """How far who did the steps with the keys ``done`` is."""
    rows = list(steps)
    left = [step for step in rows if step.key not in done]
    return Progress(
        done=len(rows) - len(left),
        total=len(rows),
        minutes_left=sum(step.minutes or 0 for step in left),
    )


def find_done(user: User, path: Path) -> set[str]:
    """The keys of the steps that ``user`` did; of steps that are gone too."""
    return set(StepDone.objects.filter(user=user, path=path).values_list("key", flat=True))


def count_done(user: User, paths: Collection[Path]) -> dict[int, int]:
    """How many of the steps that stand in each of ``paths`` today are done; one query."""
    rows = StepDone.objects.filter(
        user=user, path__in=paths, path__step_rows__key=F("key")
    ).values_list("path_id", flat=True)
    counts: dict[int, int] = {}
    for path_id in rows:
        counts[path_id] = counts.get(path_id, 0) + 1
    return counts


@transaction.atomic
def tick_off(*, path: Path, keys: Sequence[str], user: User) -> int:
    """Note steps of ``path`` as done; how many there are of those keys. Safe to run twice."""
    known = list(path.step_rows.filter(key__in=keys).values_list("key", flat=True))
    StepDone.objects.bulk_create(
        [StepDone(user=user, path=path, key=key) for key in known], ignore_conflicts=True
    )
    return len(known)


def take_back(*, path: Path, key: str, user: User) -> None:
    """A step is not done after all."""
    StepDone.objects.filter(user=user, path=path, key=key).delete()


def start_over(*, path: Path, user: User) -> None:
    """Forget all that ``user`` did of ``path``."""
    StepDone.objects.filter(user=user, path=path).delete()
