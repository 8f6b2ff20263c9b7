"""Where the community should look next: each gap is a list, and its number is the list's length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.models import Kind, Level, Placement, Resource, ResourceQuerySet, Section
from changes.models import ObjectType
from changes.objects import ObjectRef
from feedback.voting import Tally, find_least_helpful
from insights.link_figures import unverified_resources
from linkcheck.models import LinkUse, Mark
from wiki.link_graph import dead_ends, double_redirects, orphans, wanted_pages
from wiki.models import Page, PageQuerySet, Path, PathStep
from wiki.translating import lagging_pages

STALE_AFTER: Final = timedelta(days=365)
FEW_ENTRIES: Final = 5
MOST_UNHELPFUL: Final = 200
FEW_LEVELS: Final = 2
FEW_KINDS: Final = 2
#: What every list of software should have something about, with words that tell of it.
TOPICS: Final = {"security": ("security", "vulnerab", "CVE"), "migration": ("migrat", "leaving")}


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One list of things to do.

    ``find(now)`` gives its rows, a query set or a list; ``advice`` says what improves it.
    """

    name: str
    label: Any
    advice: Any
    find: Callable[[datetime], Any]


#: Why a section is thin, in words.
REASONS: Final = {
    "entries": _("few entries"),
    "levels": _("few levels"),
    "kinds": _("few kinds"),
    "beginners": _("nothing for beginners"),
    "page": _("no page of the wiki"),
}


@dataclass(frozen=True)
class ThinSection:
    """A section that has little, and in which respects (names of :data:`REASONS`)."""

    section: Section
    entries: int
    reasons: tuple[str, ...]

    @property
    def reason_labels(self) -> list[Any]:
        return [REASONS[reason] for reason in self.reasons]


def find_thin_sections(now: datetime) -> list[ThinSection]:
    """Sections with few entries or little variety, the thinnest first; three queries.

    A section that only holds others is no list of its own and never thin.
    """
    sections = list(Section.objects.existing().in_order())
    parents = {section.parent_id for section in sections}
    facts = _facts_of_sections()
    paged = set(Page.objects.published().values_list("section_id", flat=True))
    thin = []
    for section in sections:
        about = facts.get(section.pk, _NO_ENTRIES)
        if not about["entries"] and section.pk in parents:
            continue
        if reasons := _reasons_of(about, has_page=section.pk in paged):
            thin.append(ThinSection(section, about["entries"], reasons))
    return sorted(thin, key=lambda one: (-len(one.reasons), one.entries))


_NO_ENTRIES: Final = {"entries": 0, "levels": 0, "kinds": 0, "beginners": 0}


def _facts_of_sections() -> dict[int, dict[str, int]]:
    """What is listed in each section; one query."""
    rows = (
        Placement.objects.filter(resource__status=Resource.Status.LISTED)
        .order_by()
        .values("section_id")
        .annotate(
            entries=Count("pk"),
            levels=Count("resource__level", filter=~Q(resource__level=""), distinct=True),
            kinds=Count("resource__kind", filter=~Q(resource__kind=""), distinct=True),
            beginners=Count("pk", filter=Q(resource__level=Level.BEGINNER)),
        )
        .values_list("section_id", *_NO_ENTRIES)
    )
    return {pk: dict(zip(_NO_ENTRIES, counts, strict=True)) for pk, *counts in rows}


def _reasons_of(about: dict[str, int], *, has_page: bool) -> tuple[str, ...]:
    found = {
        "entries": about["entries"] < FEW_ENTRIES,
        "levels": about["levels"] < FEW_LEVELS,
        "kinds": about["kinds"] < FEW_KINDS,
        "beginners": not about["beginners"],
        "page": not has_page,
    }
    return tuple(name for name, holds in found.items() if holds)


def find_missing_topics() -> list[str]:
    """Names of TOPICS that no section and no page is about; a query or two for each."""
    missing = []
    for topic, words in TOPICS.items():
        named = Q()
        for word in words:
            named |= Q(title__icontains=word)
        if not (
            Section.objects.existing().filter(named).exists()
            or Page.objects.published().filter(named).exists()
        ):
            missing.append(topic)
    return missing


def find_hurt_pages(now: datetime) -> list[Page]:
    """Pages that cite links which died, with ``dead`` of them, the worst first; two queries."""
    uses = LinkUse.objects.filter(object_type=ObjectType.PAGE, link__mark=Mark.DEAD)
    dead = uses.order_by().values("object_id").annotate(n=Count("link", distinct=True))
    counts = dict(dead.values_list("object_id", "n"))
    pages = list(Page.objects.published().filter(pk__in=counts).defer("body"))
    for page in pages:
        page.dead = counts[page.pk]  # type: ignore[attr-defined]
    return sorted(pages, key=lambda page: (-counts[page.pk], page.title))


def find_stale_pages(now: datetime) -> PageQuerySet:
    """Pages that nobody changed for STALE_AFTER, the oldest first."""
    return Page.objects.published().filter(updated_at__lt=now - STALE_AFTER).order_by("updated_at")


def find_untranslated(now: datetime) -> PageQuerySet:
    """Pages that lack a translation into a language of the interface, by title."""
    pages = Page.objects.published().filter(translation_of__isnull=True)
    lacking: Any = Q()
    for code in interface_languages():
        translations = Page.objects.published().filter(translation_of=OuterRef("pk"))
        translated = translations.filter(language__startswith=code)
        lacking |= ~Q(language__startswith=code) & ~Exists(translated)
    return pages.filter(lacking).order_by("title", "pk")


def interface_languages() -> Sequence[str]:
    """The codes of the languages that the site speaks, without regions."""
    return list(dict.fromkeys(code.partition("-")[0] for code, _name in settings.LANGUAGES))


def find_broken_paths(now: datetime) -> list[Path]:
    """Learning paths with steps that lead to what is deleted, retired or dead: with ``broken`` of
    them, the worst first; two queries."""
    gone = Q(page__deleted_at__isnull=False) | Q(kind=PathStep.Kind.PAGE, page=None)
    off = Q(resource__status=Resource.Status.RETIRED) | Q(resource__link__mark=Mark.DEAD)
    steps = PathStep.objects.filter(gone | off, path__deleted_at__isnull=True).order_by()
    counts = dict(steps.values("path_id").annotate(n=Count("pk")).values_list("path_id", "n"))
    paths = list(Path.objects.existing().filter(pk__in=counts))
    for path in paths:
        path.broken = counts[path.pk]  # type: ignore[attr-defined]
    return sorted(paths, key=lambda path: (-counts[path.pk], path.title))


@dataclass(frozen=True)
class Unhelpful:
    """Something that helped few of those who answered."""

    ref: ObjectRef
    tally: Tally


def find_unhelpful(now: datetime) -> list[Unhelpful]:
    """What helped fewer than half of those who answered, the worst first; four queries."""
    return [Unhelpful(ref, tally) for ref, tally in find_least_helpful(MOST_UNHELPFUL)]


def find_unverified(now: datetime) -> ResourceQuerySet:
    """Entries whose link was not seen alive within thirty days, the oldest look first."""
    return unverified_resources(now).for_listing().order_by("link__last_good_at", "title", "pk")


def find_undescribed(now: datetime) -> ResourceQuerySet:
    """Entries without a description, a kind or, where one is to be expected, a level."""
    lacking = Q(description="") | Q(kind="") | (Q(level="") & ~Q(kind__in=_WITHOUT_LEVEL))
    return Resource.objects.listed().filter(lacking).for_listing().order_by("title", "pk")


_WITHOUT_LEVEL: Final = (Kind.COMMUNITY, Kind.SECURITY_ADVISORY, Kind.BENCHMARK)

GAPS: Final = {
    gap.name: gap
    for gap in (
        Gap(
            name="unverified",
            label=_("Entries not verified for thirty days"),
            advice=_("Open one, look whether it is there, and say so on the page of its link."),
            find=find_unverified,
        ),
        Gap(
            name="thin-sections",
            label=_("Thin sections"),
            advice=_("Add an entry of a kind or level that the section lacks."),
            find=find_thin_sections,
        ),
        Gap(
            name="hurt-pages",
            label=_("Pages hurt by dead links"),
            advice=_("Replace the dead link by another source, or by a copy in an archive."),
            find=find_hurt_pages,
        ),
        Gap(
            name="broken-paths",
            label=_("Learning paths with broken steps"),
            advice=_("Lead the step to another page or entry, or take it out."),
            find=find_broken_paths,
        ),
        Gap(
            name="least-helpful",
            label=_("What helped least"),
            advice=_("Read it as somebody who is new, and add what they look for."),
            find=find_unhelpful,
        ),
        Gap(
            name="wanted-pages",
            label=_("Wanted pages"),
            advice=_("Write one: others link to it already."),
            find=lambda now: wanted_pages(),
        ),
        Gap(
            name="orphans",
            label=_("Orphans"),
            advice=_("Link to the page from one about something near it."),
            find=lambda now: orphans(),
        ),
        Gap(
            name="dead-ends",
            label=_("Dead ends"),
            advice=_("Link from the page to what a reader may want next."),
            find=lambda now: dead_ends(),
        ),
        Gap(
            name="double-redirects",
            label=_("Double redirects"),
            advice=_("Lead the first one to the page at the end: editors do so with one button."),
            find=lambda now: double_redirects(),
        ),
        Gap(
            name="stale-pages",
            label=_("Pages unchanged for a year"),
            advice=_("Read it once, and put right what is not true any more."),
            find=find_stale_pages,
        ),
        Gap(
            name="untranslated",
            label=_("Pages without a translation"),
            advice=_("Translate the page into a language that it lacks."),
            find=find_untranslated,
        ),
        Gap(
            name="behind",
            label=_("Translations behind their original"),
            advice=_("Bring one up to date: the form shows what changed in the original."),
            find=lambda now: lagging_pages().order_by("title", "pk"),
        ),
        Gap(
            name="undescribed",
            label=_("Entries without description, kind or level"),
            advice=_("Say in a sentence what it is, and for whom."),
            find=find_undescribed,
        ),
    )
}


def count_gaps(now: datetime) -> dict[str, int]:
    """The length of each list."""
    return {name: _length(gap.find(now)) for name, gap in GAPS.items()}


def _length(rows: QuerySet[Any] | Iterable[Any]) -> int:
    return rows.count() if isinstance(rows, QuerySet) else len(list(rows))
