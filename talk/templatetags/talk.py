"""How much is talked about an object, for its tabs."""

from django import template

from talk.models import Thread

register = template.Library()


@register.simple_tag
def open_threads(object_type: str, object_id: int, known: int | None = None) -> int:
    """How many threads about an object are open; one query where it is not ``known``."""
    if isinstance(known, int):
        return known
    return Thread.objects.open().about(object_type, object_id).count()
