"""Who may do what to a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.permissions import may
from changes.models import ObjectType
from moderation.protection import may_publish

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from wiki.models import Page


def may_edit_page(actor: User | AnonymousUser, page: Page) -> bool:
    """Whether ``actor`` may change ``page``: by right, and no protection keeps them out."""
    return may(actor, "wiki.change_page") and may_publish(actor, ObjectType.PAGE, page)
