"""Whether what is stored beside sections and resources follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.editing.resources import find_resource_links
from catalog.editing.sections import find_section_links
from catalog.models import Resource, Section
from catalog.rendering import render_description, render_introduction
from changes.integrity import Finding, check_history, compare_derived, in_chunks
from changes.models import ObjectType
from linkcheck.integrity import check_orphaned_uses, check_uses
from linkcheck.uses import address_of
from markup.urls import url_key


def check_sections() -> Iterator[Finding]:
    """Findings about sections: history, introductions, links."""
    yield from check_history(ObjectType.SECTION, Section)
    for chunk in in_chunks(Section.objects.all()):
        rendered = {section.pk: render_introduction(section.introduction) for section in chunk}
        for section in chunk:
            yield from compare_derived(
                ObjectType.SECTION,
                section.pk,
                {"introduction_html": section.introduction_html},
                {"introduction_html": rendered[section.pk].html},
            )
        links = {pk: find_section_links(document) for pk, document in rendered.items()}
        yield from check_uses(ObjectType.SECTION, links)
    yield from check_orphaned_uses(ObjectType.SECTION, Section)


def check_resources() -> Iterator[Finding]:
    """Findings about resources: history, descriptions, places, tags, links."""
    yield from check_history(ObjectType.RESOURCE, Resource)
    resources = Resource.objects.select_related("link").prefetch_related("placements", "tag_rows")
    for chunk in in_chunks(resources):
        found = {}
        for resource in chunk:
            rendered = render_description(resource.description)
            found[resource.pk] = find_resource_links(resource, rendered)
            yield from compare_derived(
                ObjectType.RESOURCE,
                resource.pk,
                _stored(resource),
                _computed(resource, rendered.html),
            )
        yield from check_uses(ObjectType.RESOURCE, found)
    yield from check_orphaned_uses(ObjectType.RESOURCE, Resource)


def _stored(resource: Resource) -> dict[str, Any]:
    return {
        "description_html": resource.description_html,
        "url_key": resource.url_key,
        "placements": {(p.section_id, p.position, p.is_primary) for p in resource.placements.all()},
        "tags": {row.tag for row in resource.tag_rows.all()},
        "link": resource.link.url if resource.link else "",
    }


def _computed(resource: Resource, html: str) -> dict[str, Any]:
    # What was retired is checked no more: it keeps the link that it had, or has none.
    has_link = resource.link is not None or not resource.is_retired
    return {
        "description_html": html,
        "url_key": url_key(resource.url),
        "placements": {
            (section_id, position, section_id == resource.section_id)
            for section_id, position in resource.places().items()
        },
        "tags": set(resource.tags),
        "link": address_of(resource.url).url if has_link else "",
    }
