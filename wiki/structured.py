"""What pages of the wiki say of themselves to programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from config.structured import breadcrumbs, card, describe, whole_address
from markup.reading import read_words
from wiki.models import Page
from wiki.paths.models import Path

_READ = 4_000  # characters of HTML that a description is taken from


def describe_page(page: Page) -> dict[str, Any]:
    """The card and the structured data of a page as readers see it; no query."""
    if page.is_redirect or not hasattr(page, "rendered"):
        return {}
    text = _read(page.rendered.html) or _(
        "%(title)s: a page of this site, with its history and its talk."
    ) % {"title": page.title}
    social = card(title=page.title, description=text, kind="article")
    steps = [(_("Pages"), reverse("wiki:page_list"))]
    if page.section is not None and not page.section.is_deleted:
        steps.append((page.section.title, page.section.get_absolute_url()))
    article = describe(
        "Article",
        headline=page.title[:110],
        description=social["description"],
        inLanguage=page.language,
        url=whole_address(page.get_absolute_url()),
        datePublished=page.created_at.isoformat(timespec="seconds"),
        dateModified=page.updated_at.isoformat(timespec="seconds"),
        publisher={"@type": "Organization", "name": settings.SITE_NAME},
    )
    crumbs = breadcrumbs([*steps, (page.title, page.get_absolute_url())])
    return {"social_card": social, "structured_data": [article, crumbs]}


def describe_path(path: Path, titles: Sequence[str]) -> dict[str, Any]:
    """Those of a learning path with steps of these titles."""
    text = _read(path.rendered.html) or _("%(title)s: a way through the list, step by step.") % {
        "title": path.title
    }
    social = card(title=path.title, description=text, kind="article")
    steps = [(_("Learning paths"), reverse("wiki:path_list"))]
    if path.section is not None and not path.section.is_deleted:
        steps.append((path.section.title, path.section.get_absolute_url()))
    course = describe(
        "LearningResource",
        name=path.title,
        description=social["description"],
        inLanguage=path.language,
        educationalLevel=path.level,
        timeRequired=f"PT{path.rendered.minutes}M" if path.rendered.minutes else "",
        teaches=list(titles),
        url=whole_address(path.get_absolute_url()),
        dateModified=path.updated_at.isoformat(timespec="seconds"),
    )
    crumbs = breadcrumbs([*steps, (path.title, path.get_absolute_url())])
    return {"social_card": social, "structured_data": [course, crumbs]}


def _read(html: str) -> str:
    """The beginning of a text without its marks."""
    beginning = html if len(html) <= _READ else html[:_READ].rpartition("<")[0]
    return read_words(beginning)


def describe_site(description: str) -> dict[str, Any]:
    """Those of the front page."""
    search = whole_address(reverse("search:search_results"))
    site = describe(
        "WebSite",
        name=settings.SITE_NAME,
        url=whole_address("/"),
        potentialAction={
            "@type": "SearchAction",
            "target": f"{search}?q={{search_term_string}}",
            "query-input": "required name=search_term_string",
        },
    )
    social = card(title=settings.SITE_NAME, description=description)
    return {"social_card": social, "structured_data": [site]}
