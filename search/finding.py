"""One search over pages, resources and sections: results in order, facets, a better spelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from time import time
from typing import Any, Final

import msgspec
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Kind, Level
from changes.models import ObjectType
from changes.objects import find_refs
from config.languages import KNOWN_NAMES
from search.engines import IN_TITLE, MAX_HITS, Hit, find_hits, find_titles
from search.models import SearchDocument
from search.queries import SearchQuery, parse_query, with_words
from search.snippets import Pieces, make_snippet, mark_words
from search.spelling import find_corrections

PER_PAGE: Final = 20
MAX_PEOPLE: Final = 5
MAX_SUGGESTIONS: Final = 8
MAX_FACET_VALUES: Final = 12
FEW: Final = 3  # results below which another spelling is offered

# Within a tier a document changed today counts this much more than one of long ago, and half of
# that after a year.
_FRESHNESS: Final = 0.3
_HALF_LIFE_DAYS: Final = 365


@dataclass(frozen=True, kw_only=True)
class Result:
    """One document as the page of results shows it."""

    document: SearchDocument
    title: Pieces
    snippet: Pieces


@dataclass(frozen=True, kw_only=True)
class FacetValue:
    """One way to narrow the results; ``query`` is the whole text of the narrowed search."""

    label: str
    count: int
    query: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Facet:
    name: str
    label: str
    values: list[FacetValue]


@dataclass(frozen=True, kw_only=True)
class SearchAnswer:
    """What was found; ``is_capped`` where there is more than was looked at.

    ``searched`` is the text whose results these are: another one than ``query.text`` where nothing
    was found for that (``is_corrected``). ``suggestion`` is a better spelling to click.
    """

    query: SearchQuery
    searched: str
    page: Page[Hit] | None = None
    results: list[Result] = field(default_factory=list)
    is_capped: bool = False
    facets: list[Facet] = field(default_factory=list)
    suggestion: str = ""
    people: list[User] = field(default_factory=list)

    @property
    def is_corrected(self) -> bool:
        return self.searched != self.query.text


def search(text: str, *, page: str | int = 1) -> SearchAnswer:
    """Answer what somebody typed; a number of queries that does not grow with the documents."""
    query = parse_query(text)
    if query.is_empty:
        return SearchAnswer(query=query, searched=query.text)
    asked, hits, suggestion = query, find_hits(query), ""
    if len(hits) < FEW and (corrections := find_corrections(query)):
        suggestion = with_words(query, corrections)
        better = parse_query(suggestion)
        if not hits and (found := find_hits(better)):
            asked, hits, suggestion = better, found, ""
    shown = Paginator(put_in_order(hits, time()), PER_PAGE).get_page(page)
    return SearchAnswer(
        query=query,
        searched=asked.text,
        page=shown,
        results=_read_results(list(shown), asked),
        is_capped=len(hits) >= MAX_HITS,
        facets=_count_facets(hits, asked),
        suggestion=suggestion,
        people=find_people(query) if shown.number == 1 else [],
    )


def put_in_order(hits: Iterable[Hit], now: float) -> list[Hit]:
    """Titles before texts, living links before dead ones, good and fresh matches first.

    Of titles that have all the words the one with the fewest others is best.
    """

    def key(hit: Hit) -> tuple[float, ...]:
        fresh = _freshness(hit, now)
        coverage = fresh / hit.title_length if hit.tier >= IN_TITLE else 0.0
        return (-hit.tier, -hit.liveliness, -coverage, -hit.rank * fresh, -fresh, hit.pk)

    return sorted(hits, key=key)


def _freshness(hit: Hit, now: float) -> float:
    if hit.changed_at is None:
        return 1.0
    days = max(0.0, (now - hit.changed_at) / 86_400)
    return 1.0 + _FRESHNESS * float(0.5 ** (days / _HALF_LIFE_DAYS))


def _read_results(hits: list[Hit], query: SearchQuery) -> list[Result]:
    """The documents of one page of results, unless their objects are hidden by now."""
    documents = SearchDocument.objects.defer(
        "words", "title_terms", "label_terms", "heading_terms", "body_terms", "marks", "word_list"
    ).in_bulk([hit.pk for hit in hits])
    found = [documents[hit.pk] for hit in hits if hit.pk in documents]
    refs = find_refs((d.object_type, d.object_id) for d in found)
    words = query.all_words
    return [
        Result(
            document=document,
            title=mark_words(document.title, words, document.language),
            snippet=make_snippet(document.text, words, document.language),
        )
        for document in found
        if (ref := refs.get((document.object_type, document.object_id))) and ref.is_public
    ]


def find_people(query: SearchQuery) -> list[User]:
    """Accounts whose names have a word of the query; one query, none for operators alone."""
    words = [word for word in query.words if len(word) > 1]
    if not words:
        return []
    named = Q()
    for word in words:
        named |= Q(username__icontains=word)
    return list(User.objects.filter(named, is_active=True).order_by("username")[:MAX_PEOPLE])


@dataclass(frozen=True)
class Suggestion:
    title: str
    url: str
    object_type: str


def suggest(text: str, *, object_type: str = "") -> list[Suggestion]:
    """Titles that have what was typed so far, its last word being begun; one or two queries.

    ``object_type`` leaves out those of other things.
    """
    query = parse_query(text)
    rows = find_titles(query, limit=MAX_SUGGESTIONS, object_type=object_type)
    if not rows and (corrections := find_corrections(query)):
        better = parse_query(with_words(query, corrections))
        rows = find_titles(better, limit=MAX_SUGGESTIONS, object_type=object_type)
    return [Suggestion(title, url, object_type) for _pk, title, url, object_type in rows]


# --- Facets ---------------------------------------------------------------------------------------


def _type_labels() -> dict[str, str]:
    return {
        ObjectType.PAGE: _("pages"),
        ObjectType.RESOURCE: _("resources"),
        ObjectType.SECTION: _("sections"),
        ObjectType.PATH: _("learning paths"),
    }


def health_labels() -> dict[str, str]:
    """The words for a link's health, as the lists of resources have them."""
    return {
        "ok": _("verified"),
        "moved": _("moved"),
        "unsure": _("could not be verified"),
        "dead": _("dead"),
    }


def _count_facets(hits: list[Hit], query: SearchQuery) -> list[Facet]:
    """Counts over the documents that were looked at."""
    tags_of = lru_cache(maxsize=None)(msgspec.json.Decoder(list[str]).decode)
    named: list[tuple[str, str, dict[Any, Any], list[str]]] = [
        ("type", _("What"), _type_labels(), [hit.object_type for hit in hits]),
        ("kind", _("Kind"), dict(Kind.choices), [hit.kind for hit in hits]),
        ("level", _("Level"), dict(Level.choices), [hit.level for hit in hits]),
        ("health", _("Health"), health_labels(), [hit.health for hit in hits]),
        ("language", _("Language"), KNOWN_NAMES, [hit.language for hit in hits]),
        ("tag", _("Tag"), {}, [tag for hit in hits for tag in tags_of(hit.tags)]),
    ]
    facets = []
    for name, label, labels, found in named:
        counts = Counter(found)
        del counts[""]
        values = [
            _facet_value(query, name, value, str(labels.get(value, value)), count)
            for value, count in counts.most_common(MAX_FACET_VALUES)
        ]
        if len(values) > 1 or any(value.is_current for value in values):
            facets.append(Facet(name=name, label=label, values=values))
    return facets


def _facet_value(query: SearchQuery, name: str, value: str, label: str, count: int) -> FacetValue:
    """The search narrowed by a value; one that is narrowed by it already, without it."""
    operator = f'{name}:"{value}"' if " " in value else f"{name}:{value}"
    is_current = operator in query.text
    text = query.text.replace(operator, "") if is_current else f"{query.text} {operator}"
    return FacetValue(label=label, count=count, query=" ".join(text.split()), is_current=is_current)
