"""Entries that are like another one: by tags, section, kind and words of the title."""

from __future__ import annotations

import re
from functools import reduce
from operator import add
from typing import Any, Final

from django.db.models import Case, Count, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from catalog.models import Placement, Resource, ResourceTag
from linkcheck.models import Mark

SHOWN: Final = 6
#: Entries that are weighed at all, by tags and by place; so a large section costs no more.
MOST_WEIGHED: Final = 200
MOST_WORDS: Final = 6
MIN_WORD: Final = 4  # letters; shorter ones stand in too many titles
_TAG, _SECTION, _WORD, _KIND, _LEVEL = 3, 2, 2, 1, 1


def find_similar(resource: Resource, *, limit: int = SHOWN) -> list[Resource]:
    """Listed entries most like ``resource``, those whose link is alive first; one query."""
    places = list(resource.places())
    by_tag = (
        ResourceTag.objects.filter(tag__in=resource.tags)
        .order_by()
        .values("resource")
        .annotate(n=Count("pk"))
        .order_by("-n", "resource")
        .values("resource")[:MOST_WEIGHED]
    )
    by_place = (
        Placement.objects.filter(section__in=places)
        .order_by("section", "position")
        .values("resource")[:MOST_WEIGHED]
    )
    near = Q(pk__in=by_place)
    if resource.tags:
        near |= Q(pk__in=by_tag)
    rows = Resource.objects.listed().filter(near).exclude(pk=resource.pk).for_listing()
    return list(
        rows.annotate(
            is_dead=Case(When(link__mark=Mark.DEAD, then=1), default=0),
            likeness=reduce(add, _likenesses(resource, places)),
        )
        .filter(likeness__gt=_SECTION)  # to stand in the same section is not enough
        .order_by("is_dead", "-likeness", "title", "pk")[:limit]
    )


def _likenesses(resource: Resource, places: list[int]) -> list[Any]:
    """What counts, each with its weight."""
    shared = ResourceTag.objects.filter(resource=OuterRef("pk"), tag__in=resource.tags)
    tags = shared.order_by().values("resource").annotate(n=Count("pk")).values("n")
    found: list[Any] = [
        Coalesce(Subquery(tags), 0, output_field=IntegerField()) * _TAG,
        _weigh(Q(section__in=places), _SECTION),
    ]
    if resource.kind:
        found.append(_weigh(Q(kind=resource.kind), _KIND))
    if resource.level:
        found.append(_weigh(Q(level=resource.level), _LEVEL))
    return found + [_weigh(Q(title__icontains=word), _WORD) for word in _words(resource.title)]


def _weigh(condition: Q, weight: int) -> Case:
    return Case(When(condition, then=Value(weight)), default=Value(0), output_field=IntegerField())


def _words(title: str) -> list[str]:
    words = [word.lower() for word in re.findall(r"\w+", title) if len(word) >= MIN_WORD]
    return list(dict.fromkeys(words))[:MOST_WORDS]
