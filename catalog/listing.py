"""Lists of resources inside a page's text: ``{{resources section="…" tag="…" limit=5}}``."""

from __future__ import annotations

from django.db.models import Q
from django.template.loader import render_to_string

from catalog.models import Resource
from markup.rendering import Embed

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


def find_embedded_resources(embed: Embed) -> str:
    """HTML of an embedded list: the listed resources that meet all its parameters.

    Parameters: section (slug), tag, kind, level, language, limit. In their places where a section
    is named, by title otherwise.
    """
    params = embed.params
    resources = Resource.objects.listed().for_listing()
    conditions = Q()
    for name in ("kind", "level", "language"):
        if params.get(name):
            conditions &= Q(**{name: params[name]})
    if params.get("tag"):
        conditions &= Q(tag_rows__tag=params["tag"])
    order = ["title", "id"]
    if params.get("section"):
        conditions &= Q(placements__section__slug=params["section"])
        order = ["placements__position", "placements__id"]
    limit = min(int(params.get("limit", DEFAULT_LIMIT)), MAX_LIMIT)
    found = list(resources.filter(conditions).order_by(*order)[:limit])
    return render_to_string("catalog/_embedded_list.html", {"resources": found})
