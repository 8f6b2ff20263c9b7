"""What entries and sections say of themselves to programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Kind, Resource, Section
from config.structured import breadcrumbs, card, describe, whole_address
from markup.reading import read_words

_TYPES = {
    Kind.BOOK: "Book",
    Kind.COURSE: "Course",
    Kind.VIDEO: "VideoObject",
    Kind.PAPER: "ScholarlyArticle",
    Kind.BLOG_POST: "BlogPosting",
    Kind.LIBRARY: "SoftwareSourceCode",
    Kind.TOOL: "SoftwareApplication",
}


def describe_resource(resource: Resource) -> dict[str, Any]:
    """The card and the structured data of an entry; no query."""
    text = read_words(resource.description_html) or _(
        "%(title)s, an entry of “%(section)s”: where it leads, whether its link is alive, and what"
        " was changed."
    ) % {"title": resource.title, "section": resource.section.title}
    social = card(title=resource.title, description=text, kind="article")
    steps = [(_("Sections"), reverse("catalog:section_list"))]
    if not resource.section.is_deleted:
        steps.append((resource.section.title, resource.section.get_absolute_url()))
    thing = describe(
        _TYPES.get(Kind(resource.kind), "CreativeWork") if resource.kind else "CreativeWork",
        name=resource.title,
        description=social["description"],
        url=resource.url,
        inLanguage=resource.language,
        keywords=list(resource.tags),
        educationalLevel=resource.level,
        mainEntityOfPage=whole_address(resource.get_absolute_url()),
    )
    crumbs = breadcrumbs([*steps, (resource.title, resource.get_absolute_url())])
    return {"social_card": social, "structured_data": [thing, crumbs]}


def describe_section(section: Section, ancestors: Sequence[Section]) -> dict[str, Any]:
    """Those of a section."""
    steps = [(_("Sections"), reverse("catalog:section_list"))]
    steps += [(one.title, one.get_absolute_url()) for one in (*ancestors, section)]
    collection = describe(
        "CollectionPage",
        name=section.title,
        url=whole_address(section.get_absolute_url()),
        dateModified=section.updated_at.isoformat(timespec="seconds"),
    )
    text = section.teaser or _("What the list has about %(title)s, and which links are alive.") % {
        "title": section.title
    }
    social = card(title=section.title, description=text)
    return {"social_card": social, "structured_data": [collection, breadcrumbs(steps)]}
