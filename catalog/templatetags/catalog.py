"""Addresses of narrowed lists."""

from typing import Any

from django import template
from django.template import RequestContext

from catalog.browsing import Facet, FacetValue

register = template.Library()


@register.simple_tag(takes_context=True)
def facet_address(context: RequestContext, facet: Facet, value: FacetValue) -> str:
    """The address of this list with the facet set to ``value``, or without it where it is set."""
    request: Any = context["request"]
    params = request.GET.copy()
    params.pop("page", None)
    if value.is_current:
        params.pop(facet.name, None)
    else:
        params[facet.name] = value.value
    return f"?{params.urlencode()}" if params else "?"
