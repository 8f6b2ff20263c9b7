"""What feedback holds of a person: handed out to them, and erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accounts.erasing import Erasure, keep_personal_data
from feedback.models import Suggestion
from feedback.voting import find_votes, forget_votes

if TYPE_CHECKING:
    from accounts.models import User


def register_personal_data() -> None:
    """Called once by ``FeedbackConfig.ready``."""
    keep_personal_data(erase=erase, export=export)


def export(user: User) -> Mapping[str, Any]:
    """Their votes, and what they suggested."""
    suggestions = Suggestion.objects.filter(author=user).order_by("pk")
    return {
        "votes": [
            {"about": one.about, "helpful": one.is_yes, "at": one.at} for one in find_votes(user)
        ],
        "suggestions": list(suggestions.values("object_type", "object_id", "text", "at", "state")),
    }


def erase(erasure: Erasure) -> None:
    """Votes go; suggestions stay without a name."""
    forget_votes(erasure.user)
    Suggestion.objects.filter(author=erasure.user).update(author=None)
