"""What the header shows to moderators."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from moderation.models import Case


def review(request: HttpRequest) -> dict[str, Any]:
    """How many cases wait; asked only where it is shown, and that is to moderators alone."""
    count = SimpleLazyObject(lambda: Case.objects.filter(state=Case.State.OPEN).count())
    return {"review_count": count}
