"""What the header shows to moderators."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from moderation.models import Case


def review(request: HttpRequest) -> dict[str, Any]:
    """How many cases wait, from an index alone; asked only where it is shown: to moderators."""
    count = SimpleLazyObject(lambda: Case.objects.waiting().count())
    return {"review_count": count}
