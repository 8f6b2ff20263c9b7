"""Who may do what to entries and sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.permissions import may
from changes.models import ObjectType
from moderation.protection import may_publish

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from catalog.models import Resource, Section


def may_edit_resource(actor: User | AnonymousUser, resource: Resource) -> bool:
    """Whether ``actor`` may change an entry: by right, and no protection keeps them out."""
    is_open = may(actor, "catalog.change_resource")
    return is_open and may_publish(actor, ObjectType.RESOURCE, resource)


def may_edit_section(actor: User | AnonymousUser, section: Section) -> bool:
    """Whether ``actor`` may change a section: by right, and no protection keeps them out."""
    is_open = may(actor, "catalog.change_section")
    return is_open and may_publish(actor, ObjectType.SECTION, section)
