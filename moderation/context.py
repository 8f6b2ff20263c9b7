"""What the header shows to those who decide cases."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from moderation.models import Case
from moderation.scope import DECIDE, REVIEW, Scope, find_scope


def review(request: HttpRequest) -> dict[str, Any]:
    """Whether somebody decides cases, and how many wait for them; asked only where it is shown.

    Of moderators an index alone is asked, and not whether they are blocked: the queue asks that.
    Of reviewers of a section it is three queries more.
    """
    user = getattr(request, "user", None) or AnonymousUser()  # refused before it was known

    def count() -> int:
        scope = Scope(None) if user.has_perm(DECIDE) else find_scope(user)
        return scope.narrow(Case.objects.waiting()).count()

    return {
        "may_review": SimpleLazyObject(lambda: user.has_perm(DECIDE) or user.has_perm(REVIEW)),
        "review_count": SimpleLazyObject(count),
    }
