"""Protecting things in tests."""

from datetime import datetime
from typing import Any

from accounts.models import User
from moderation.protecting import OPEN, ProtectionTerms, protect
from moderation.protection_models import Level, Protection


def protect_it(
    obj: Any,
    by: User,
    *,
    level: str = Level.MODERATORS,
    reason: str = "Edit war.",
    expires_at: datetime | None = None,
) -> Protection | None:
    """Protect a page, a resource or a section."""
    terms = ProtectionTerms(level=level, reason=reason, expires_at=expires_at)
    object_type = obj._meta.model_name
    return protect(object_type=object_type, object_id=obj.pk, terms=terms, by=by)


def lift_it(obj: Any, by: User) -> None:
    """Open it again."""
    protect_it(obj, by, level=OPEN, reason="It is over.")
