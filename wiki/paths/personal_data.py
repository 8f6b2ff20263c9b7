"""How far a person is on learning paths: handed out to them, and erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accounts.erasing import Erasure, keep_personal_data
from wiki.paths.models import StepDone

if TYPE_CHECKING:
    from accounts.models import User


def register_personal_data() -> None:
    """Called once by ``WikiConfig.ready``."""
    keep_personal_data(erase=erase, export=export)


def export(user: User) -> Mapping[str, Any]:
    """The steps that they ticked off."""
    done = StepDone.objects.filter(user=user).order_by("pk")
    return {"steps_done": list(done.values("path__title", "key", "done_at"))}


def erase(erasure: Erasure) -> None:
    """Nobody else ever saw it: it goes."""
    StepDone.objects.filter(user=erasure.user).delete()
