"""Pages in several languages: which there are, and whether a translation is behind its original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from changes.comparing import FieldDiff, compare, find_revisions
from changes.models import Change, ObjectType
from changes.objects import get_tracked
from config.languages import is_same_language, own_name
from wiki.models import Page, PageQuerySet


@dataclass(frozen=True)
class Lag:
    """How far a translation is behind: it says what ``original`` said as revision ``since``."""

    original: Page
    since: int
    revisions: int  # of the original that came after it, minor ones left out

    @property
    def until(self) -> int:
        return self.original.version


def find_versions(page: Page) -> Sequence[Page]:
    """The same page in other languages, the original first; one query."""
    original_id = page.translation_of_id or page.pk
    return list(
        Page.objects.published()
        .filter(Q(pk=original_id) | Q(translation_of=original_id))
        .exclude(pk=page.pk)
        .defer("body")
        .order_by(F("translation_of").asc(nulls_first=True), "language", "pk")
    )


def list_missing_languages(page: Page, versions: Sequence[Page]) -> list[tuple[str, str]]:
    """Code and own name of the interface's languages in which there is no such page yet.

    ``versions`` are those of ``page`` in other languages.
    """
    taken = {page.language, *(other.language for other in versions)}
    return [
        (code, own_name(code))
        for code, _name in settings.LANGUAGES
        if not any(is_same_language(code, other) for other in taken)
    ]


def find_lag(page: Page) -> Lag | None:
    """How far ``page`` is behind the page that it translates; None where it is not.

    Minor edits of the original do not count, nor do edits of it before anything was noted.
    """
    original = page.translation_of
    since = page.source_version
    if original is None or since is None or original.version <= since:
        return None
    if original.is_deleted or original.is_redirect:
        return None
    newer = Change.objects.of_object(ObjectType.PAGE, original.pk).filter(
        version_after__gt=since, is_minor=False
    )
    revisions = newer.count()
    return Lag(original=original, since=since, revisions=revisions) if revisions else None


def lagging_pages() -> PageQuerySet:
    """Translations whose original was changed since, by more than minor edits."""
    newer = Change.objects.filter(
        object_type=ObjectType.PAGE,
        object_id=OuterRef("translation_of_id"),
        version_after__gt=OuterRef("source_version"),
        is_minor=False,
    )
    behind = Page.objects.published().filter(
        translation_of__version__gt=F("source_version"),
        translation_of__deleted_at__isnull=True,
        translation_of__redirect_to__isnull=True,
    )
    return behind.filter(Exists(newer))


def compare_since(lag: Lag) -> list[FieldDiff]:
    """What changed in the original since the translation was true to it; nothing that is hidden."""
    tracked = get_tracked(ObjectType.PAGE)
    wanted = {lag.original.pk: {lag.since, lag.until}}
    rows = find_revisions(tracked, wanted)
    old = rows.get((lag.original.pk, lag.since))
    new = rows.get((lag.original.pk, lag.until))
    if old is None or new is None:
        return []
    return [field for field in compare(tracked, old, new) if field.name in ("title", "body")]


def show_original(original: Page) -> dict[str, Any]:
    """What the form of a new translation shows of the page that is translated."""
    return {"page": original, "lag": None, "fields": []}


def show_original_of(page: Page) -> dict[str, Any] | None:
    """What the form of a translation shows of its original, with what changed there since."""
    original = page.translation_of
    if original is None or original.is_deleted:
        return None
    lag = find_lag(page)
    address = reverse("wiki:page_compare", args=[original.slug])
    return {
        "page": original,
        "lag": lag,
        "fields": compare_since(lag) if lag else [],
        "compare_url": f"{address}?from={lag.since}&to={lag.until}" if lag else "",
    }
