"""Browsing: which resources a reader asked for, and how many there are of each sort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from catalog.models import MARK_GROUPS, Kind, Level, Resource, Section
from config.languages import KNOWN_NAMES

TAGS_SHOWN = 20
ORDERS = {
    "title": ("title", "id"),
    "newest": ("-created_at", "-id"),
    "changed": ("-updated_at", "-id"),
}


@dataclass(frozen=True)
class FacetValue:
    value: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Facet:
    """One way to narrow a list: its parameter, its name and the values with their counts."""

    name: str
    label: str
    values: list[FacetValue]


@dataclass
class Browse:
    """A list of resources narrowed by the parameters of an address.

    Unknown values narrow to nothing rather than raise; ``section`` fixes the section.
    """

    params: Mapping[str, str]
    section: Section | None = None
    _conditions: dict[str, Q] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, make in _FILTERS.items():
            value = self.params.get(name, "").replace("\0", "").strip()
            if value:
                self._conditions[name] = make(value)
        if self.section is not None:
            self._conditions["section"] = Q(placements__section=self.section)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the section narrows the list."""
        return bool(self._conditions.keys() - {"section"})

    def resources(self) -> Any:
        """The resources asked for, in the order asked for (a QuerySet; no query yet)."""
        found = self._base(besides=None).for_listing()
        order = ORDERS.get(self.params.get("order", ""))
        if self.section is not None and order is None:
            return found.order_by("placements__position", "placements__id")
        return found.order_by(*(order or ORDERS["title"]))

    def facets(self) -> list[Facet]:
        """Counts of each value under the other conditions: one query a facet."""
        return [
            self._facet("kind", _("Kind"), "kind", dict(Kind.choices)),
            self._facet("level", _("Level"), "level", dict(Level.choices)),
            self._health_facet(),
            self._facet("language", _("Language"), "language", KNOWN_NAMES),
            self._facet("tag", _("Tag"), "tag_rows__tag", {}),
        ]

    def _base(self, besides: str | None) -> Any:
        conditions = [q for name, q in self._conditions.items() if name != besides]
        found = Resource.objects.all()
        if self.params.get("status") != "retired":
            found = found.listed()
        for condition in conditions:
            found = found.filter(condition)
        return found

    def _facet(self, name: str, label: str, column: str, labels: dict[str, Any]) -> Facet:
        rows = (
            self._base(besides=name)
            .exclude(**{column: ""})
            .exclude(**{f"{column}__isnull": True})
            .order_by()
            .values_list(column)
            .annotate(n=Count("pk", distinct=True))
            .order_by("-n", column)[:TAGS_SHOWN]
        )
        current = self.params.get(name, "")
        values = [
            FacetValue(value, str(labels.get(value, value)), n, value == current)
            for value, n in rows
        ]
        return Facet(name, label, values)

    def _health_facet(self) -> Facet:
        labels = {
            "ok": _("verified"),
            "moved": _("moved"),
            "unsure": _("could not be verified"),
            "dead": _("dead"),
        }
        group_of = {mark: group for group, marks in MARK_GROUPS.items() for mark in marks}
        counts = dict.fromkeys(labels, 0)
        rows = (
            self._base(besides="health")
            .order_by()
            .values_list("link__mark")
            .annotate(n=Count("pk", distinct=True))
        )
        for mark, n in rows:
            if mark in group_of:
                counts[group_of[mark]] += n
        current = self.params.get("health", "")
        values = [
            FacetValue(group, labels[group], n, group == current)
            for group, n in counts.items()
            if n
        ]
        return Facet("health", _("Health"), values)


def _words(text: str) -> Q:
    """Every word somewhere in the entry."""
    condition = Q()
    for word in text[:200].split()[:8]:
        condition &= (
            Q(title__icontains=word) | Q(description__icontains=word) | Q(url__icontains=word)
        )
    return condition


_FILTERS: dict[str, Any] = {
    "kind": lambda value: Q(kind=value),
    "level": lambda value: Q(level=value),
    "language": lambda value: Q(language=value),
    "tag": lambda value: Q(tag_rows__tag=value),
    "health": lambda value: Q(link__mark__in=MARK_GROUPS.get(value, ["?"])),
    "section": lambda value: Q(placements__section__slug=value),
    "q": _words,
}


@dataclass
class ShelvedPage:
    """A page of the wiki that belongs to a section, with its translations there."""

    page: Any
    translations: list[Any] = field(default_factory=list)


def shelved_pages(section: Section) -> list[ShelvedPage]:
    """The pages of ``section`` by title, translations beside their originals; one query.

    By the relation that the wiki puts on sections: this app knows no page.
    """
    fields = ("title", "slug", "language", "translation_of_id")
    pages = list(section.pages.published().only(*fields).order_by("title", "pk"))
    present = {page.pk for page in pages}
    shelved = {
        page.pk: ShelvedPage(page) for page in pages if page.translation_of_id not in present
    }
    for page in pages:
        if page.pk not in shelved and page.translation_of_id in shelved:
            shelved[page.translation_of_id].translations.append(page)
    for shelf in shelved.values():
        shelf.translations.sort(key=lambda page: page.language)
    return list(shelved.values())


@dataclass
class SectionNode:
    """A section with the counts of all that is listed in it and below it."""

    section: Section
    depth: int
    children: list[SectionNode] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.counts["resource"]

    @property
    def marks(self) -> list[tuple[str, int]]:
        """The meter: (group, count) in the order of health, those that occur."""
        return [(group, self.counts[group]) for group in MARK_GROUPS if self.counts[group]]


def section_nodes() -> list[SectionNode]:
    """The tree of the sections with counts added up from below; one query."""
    names = ("resource", *MARK_GROUPS)
    nodes = {
        section.pk: SectionNode(
            section, 0, counts={name: getattr(section, f"{name}_count") for name in names}
        )
        for section in Section.objects.existing().with_counts().in_order()
    }
    roots: list[SectionNode] = []
    for node in nodes.values():
        parent = nodes.get(node.section.parent_id or 0)
        (parent.children if parent else roots).append(node)
    for root in roots:
        _settle(root, names)
    return roots


def _settle(root: SectionNode, names: tuple[str, ...]) -> None:
    """Depths from the top, counts from the bottom, without recursion."""
    order = [root]
    for node in order:
        for child in node.children:
            child.depth = node.depth + 1
            order.append(child)
    for node in reversed(order):
        for child in node.children:
            for name in names:
                node.counts[name] += child.counts[name]
