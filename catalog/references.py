"""References in texts: links to the pages of entries, as ``@[`` in the editor writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Resource
from linkcheck.marks import mark_in_text
from markup.rendering import LinkMark

_REST: Final = re.compile(r"([^/?#]+)/?(?:[?#].*)?", re.DOTALL)
MAX_SLUG: Final = 130


def entry_slug(path: str) -> str:
    """The entry whose page stands at a path of the site; "" where it leads elsewhere."""
    base = reverse("catalog:resource_list")
    found = _REST.fullmatch(path, len(base)) if path.startswith(base) else None
    slug = unquote(found[1]) if found else ""
    return slug if len(slug) <= MAX_SLUG else ""


def find_entry_marks(paths: Sequence[str]) -> Mapping[str, LinkMark]:
    """Marks of those references that readers must know something of before a click; one query.

    The entry is not there, is retired (and was not merged into another, to which its page leads),
    or its link is dead or may be.
    """
    slugs = {path: slug for path in paths if (slug := entry_slug(path))}
    if not slugs:
        return {}
    entries = Resource.objects.filter(slug__in=set(slugs.values())).select_related("link")
    known = {entry.slug: entry for entry in entries}
    marks = {path: _mark(known.get(slug)) for path, slug in slugs.items()}
    return {path: mark for path, mark in marks.items() if mark is not None}


def _mark(entry: Resource | None) -> LinkMark | None:
    if entry is None:
        return LinkMark(state="dead", label=_("no such entry"))
    if entry.is_retired:
        is_merged = entry.merged_into_id is not None
        return None if is_merged else LinkMark(state="unsure", label=_("retired"))
    return mark_in_text(entry.link) if entry.link is not None else None
