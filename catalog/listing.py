"""Lists of resources inside a page's text: ``{{resources section="…" tag="…" limit=5}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from catalog.models import Kind, Level, Resource, Section
from markup.rendering import Embed

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
ORDERS: Final = {
    "place": ("placements__position", "placements__id"),
    "title": ("title", "id"),
    "newest": ("-created_at", "-id"),
    "changed": ("-updated_at", "-id"),
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,2}")


def find_embedded_resources(embed: Embed) -> str:
    """HTML of an embedded list: the listed resources that meet all its parameters.

    Parameters: section (slug), tag, kind, level, language, limit, sort (place, title, newest,
    changed). In their places where a section is named, by title otherwise. Where a parameter makes
    no sense the list says so instead.
    """
    params = embed.params
    faults = list(_find_faults(params))
    if faults:
        return render_to_string("catalog/_embedded_list.html", {"faults": faults})
    resources = Resource.objects.listed().for_listing()
    conditions = Q()
    for name in ("kind", "level", "language"):
        if params.get(name):
            conditions &= Q(**{name: params[name]})
    if params.get("tag"):
        conditions &= Q(tag_rows__tag=params["tag"])
    if params.get("section"):
        conditions &= Q(placements__section__slug=params["section"])
    order = ORDERS[params.get("sort") or ("place" if params.get("section") else "title")]
    limit = min(int(params.get("limit", DEFAULT_LIMIT)), MAX_LIMIT)
    found = list(resources.filter(conditions).order_by(*order)[:limit])
    return render_to_string("catalog/_embedded_list.html", {"resources": found})


def _find_faults(params: dict[str, str]) -> Iterator[str]:
    """Yield a sentence for each value that is wrong; one query where a section is named."""
    section = params.get("section")
    if section and not Section.objects.existing().filter(slug=section).exists():
        yield _("There is no section “%(value)s”.") % {"value": section}
    for name, known in (("kind", Kind.values), ("level", Level.values), ("sort", [*ORDERS])):
        value = params.get(name)
        if value and value not in known:
            words = {"name": name, "value": value, "known": ", ".join(known)}
            yield _("%(name)s cannot be “%(value)s”; it can be: %(known)s.") % words
    if params.get("sort") == "place" and not section:
        yield _("To sort by place, name a section.")
    language = params.get("language")
    if language and _LANGUAGE.fullmatch(language) is None:
        yield _("“%(value)s” is no code of a language; write en, es or zh-hans.") % {
            "value": language
        }
