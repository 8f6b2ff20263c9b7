"""Who may do what to a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.permissions import may
from wiki.models import Page

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

# The permission that a protected page asks for beyond wiki.change_page.
_ASKED_BY_PROTECTION: dict[str, str] = {
    Page.Protection.TRUSTED: "wiki.rename_page",
    Page.Protection.MODERATORS: "wiki.protect_page",
}


def may_edit_page(actor: User | AnonymousUser, page: Page) -> bool:
    """Whether ``actor`` may change ``page`` under its protection."""
    asked = _ASKED_BY_PROTECTION.get(page.protection)
    return may(actor, "wiki.change_page") and (asked is None or may(actor, asked))
