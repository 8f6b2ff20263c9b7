"""Listing what was retired or declined before: knowingly, and with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.editing.resources import clean_resource_values, create_resource, edit_resource
from catalog.models import Resource
from changes.models import ObjectType
from changes.recording import Authorship
from markup.urls import url_key
from moderation.proposing import DeclinedBeforeError, find_declined


def refuse_declined(values: Mapping[str, Any]) -> None:
    """Raise :class:`DeclinedBeforeError` where the address of a new entry was declined before."""
    key = url_key(clean_resource_values({"url": values["url"]})["url"])
    found = find_declined(ObjectType.RESOURCE, key)
    if found is not None:
        raise DeclinedBeforeError(*found)


@transaction.atomic
def list_again(*, values: Mapping[str, Any], by: Authorship) -> Resource:
    """Add an entry although its address was retired or declined before; the summary says why.

    A retired entry is put back with the new values and keeps its history. Raises what
    :func:`create_resource` raises, or ValidationError without a reason.
    """
    if not by.summary.strip():
        message = _("Say in a few words why it belongs on the list all the same.")
        raise ValidationError({"summary": message})
    key = url_key(clean_resource_values({"url": values["url"]})["url"])
    retired = Resource.objects.filter(url_key=key, status=Resource.Status.RETIRED).first()
    if retired is None:
        return create_resource(values=values, by=by)
    wanted = {**values, "status": Resource.Status.LISTED, "retired_reason": ""}
    return edit_resource(
        resource_id=retired.pk, base_version=retired.version, values=wanted, by=by
    )[0]
