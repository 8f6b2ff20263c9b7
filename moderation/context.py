"""What the header shows to those who decide cases."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from moderation.models import Case
from moderation.scope import DECIDE, REVIEW, find_scope


def review(request: HttpRequest) -> dict[str, Any]:
    """Whether somebody decides cases, and how many wait for them; asked only where it is shown.

    Of moderators an index alone is asked; of reviewers of a section two queries more.
    """
    user = getattr(request, "user", None) or AnonymousUser()  # refused before it was known

    def count() -> int:
        return find_scope(user).narrow(Case.objects.waiting()).count()

    return {
        "may_review": SimpleLazyObject(lambda: user.has_perm(DECIDE) or user.has_perm(REVIEW)),
        "review_count": SimpleLazyObject(count),
    }
