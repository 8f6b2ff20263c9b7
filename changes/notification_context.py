"""What the header shows to who is signed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from changes.notification_models import Notification


def notifications(request: HttpRequest) -> dict[str, Any]:
    """How much is unread; asked only where it is shown, and that is to those signed in."""
    return {"unread_notifications": SimpleLazyObject(lambda: _count(request))}


def _count(request: HttpRequest) -> int:
    return Notification.objects.filter(recipient_id=request.user.pk).unread().count()
