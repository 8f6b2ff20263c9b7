"""Where pages refer to an entry."""

from django import template

from catalog.models import Resource
from wiki.models import Page

register = template.Library()

MOST_SHOWN = 50


@register.simple_tag
def pages_that_mention(resource: Resource) -> list[Page]:
    """The pages with a link to the entry's page, by title; one query."""
    pages = Page.objects.published().filter(embeds__entry_slug=resource.slug)
    return list(pages.only("title", "slug", "language").order_by("title", "pk")[:MOST_SHOWN])
