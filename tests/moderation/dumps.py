"""All that readers and editors can tell of the content, to be compared before and after."""

from __future__ import annotations

from typing import Any

from catalog.models import Placement, Resource, ResourceTag, Section
from changes.models import Versioned
from linkcheck.models import LinkUse
from wiki.models import Page, PageEmbed, PageLink, RenderedPage
from wiki.rendering import render_stale_pages

PASSING = {"version", "created_at", "updated_at"}


def dump_content() -> dict[str, Any]:
    """Every field of what exists but versions and times, and everything derived from it."""
    render_stale_pages()
    pages = dump_rows(Page.objects.existing())
    resources = dump_rows(Resource.objects.listed())
    sections = dump_rows(Section.objects.existing())
    columns = (
        "object_type",
        "object_id",
        "field",
        "link__url",
        "link__is_used",
        "text",
        "fragment",
    )
    uses = LinkUse.objects.values_list(*columns)
    return {
        "pages": pages,
        "resources": resources,
        "sections": sections,
        "rendered": sorted(
            RenderedPage.objects.filter(page__in=pages.keys()).values_list("page_id", "html")
        ),
        "contents": {
            r.page_id: r.contents for r in RenderedPage.objects.filter(page__in=pages.keys())
        },
        "wiki links": sorted(PageLink.objects.values_list("source", "target_slug", "target_title")),
        "embeds": sorted(PageEmbed.objects.values_list("page", "section_slug", "tag")),
        "uses": sorted(uses),
        "placements": sorted(
            Placement.objects.filter(resource__in=resources.keys()).values_list(
                "resource", "section", "position", "is_primary"
            )
        ),
        "tags": sorted(
            ResourceTag.objects.filter(resource__in=resources.keys()).values_list("resource", "tag")
        ),
    }


def dump_rows(rows: Any) -> dict[int, dict[str, Any]]:
    model: type[Versioned] = rows.model
    names = [f.attname for f in model._meta.concrete_fields if f.name not in PASSING]
    return {row["id"]: row for row in rows.order_by("pk").values(*names)}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs, so that a failing test says it."""
    found = []
    for name, value in before.items():
        other = after[name]
        if isinstance(value, dict):
            keys = sorted(value.keys() | other.keys())
            found += [
                f"{name} {key}: {value.get(key)} != {other.get(key)}"
                for key in keys
                if value.get(key) != other.get(key)
            ]
        elif value != other:
            gone = [row for row in value if row not in other]
            new = [row for row in other if row not in value]
            found.append(f"{name}: gone {gone[:5]}, new {new[:5]}")
    return found
