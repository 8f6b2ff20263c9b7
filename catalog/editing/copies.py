"""Archived copies in the place of what died."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from catalog.editing.resources import edit_resource
from catalog.models import Resource
from changes.editing import lock
from changes.recording import Authorship
from markup.replacing import replace_urls


@transaction.atomic
def use_archived_copy(
    *, resource_id: int, url: str, copy_url: str, moves_address: bool, by: Authorship
) -> Resource:
    """Have ``copy_url`` stand in for the dead ``url`` wherever that stands in an entry.

    In the description it takes its place. Where ``url`` is the entry's own address the copy is kept
    beside it, and becomes the address itself if ``moves_address``. An ordinary revision; raises
    what :func:`edit_resource` raises.
    """
    resource = lock(Resource, resource_id)
    values: dict[str, Any] = {"description": replace_urls(resource.description, {url: copy_url})}
    address = replace_urls(resource.url, {url: copy_url})
    if address != resource.url:
        values["archive_url"] = copy_url
        if moves_address:
            values["url"] = address
    edited, _merged = edit_resource(
        resource_id=resource_id, base_version=resource.version, values=values, by=by
    )
    return edited
