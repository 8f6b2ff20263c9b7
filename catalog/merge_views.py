"""Merging entries in the browser."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import require
from catalog.editing.merging import JOINERS, merge_resources
from catalog.models import Resource
from catalog.similar import find_similar
from changes.merge_flow import Merging, run_merge, say_what_follows
from changes.models import ObjectType
from changes.objects import get_tracked
from markup.slugs import slugify_title
from markup.urls import InvalidUrl, url_key
from moderation.protection import require_publish

ASKED: Final = (
    *("title", "url", "description", "kind", "level", "language", "tags", "section_id"),
    *("group", "badges", "archive_url", "is_feature_complete"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def resource_merge(request: HttpRequest, slug: str) -> HttpResponse:
    """Merge an entry into another one; ``?into=`` names that."""
    resource = get_object_or_404(Resource.objects.listed(), slug=slug)
    require(request.user, "catalog.change_resource")

    def require_entry(other: Resource) -> None:
        require_publish(request.user, ObjectType.RESOURCE, other)

    require_entry(resource)
    merging = Merging(
        tracked=get_tracked(ObjectType.RESOURCE),
        obj=resource,
        names=ASKED,
        find=_find_entry,
        require=require_entry,
        merge=merge_resources,
        joiners=JOINERS,
        suggested=[one for one in find_similar(resource) if not one.is_retired],
        consequences=lambda _kept: [
            _("The one that stays stands in every section in which either stood."),
            _("The other is retired; its page leads there, and nobody can add its address again."),
            say_what_follows(),
        ],
    )
    return run_merge(request, merging)


def _find_entry(text: str) -> Resource | None:
    """The listed entry of a title, of its address here or of the one that it leads to."""
    listed = Resource.objects.listed()
    try:
        found = listed.filter(url_key=url_key(text)).first()
    except InvalidUrl:
        found = None
    if found is not None:
        return found
    slug = slugify_title(text.rstrip("/").rpartition("/")[2])
    return listed.filter(slug=slug).first() or listed.filter(title__iexact=text).first()
