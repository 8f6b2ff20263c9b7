"""How much is talked about an object, for its tabs."""

from django import template

from talk.models import Thread

register = template.Library()


@register.simple_tag
def open_threads(object_type: str, object_id: int) -> int:
    """How many threads about an object are open; one query."""
    return Thread.objects.open().about(object_type, object_id).count()
