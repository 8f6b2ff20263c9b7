"""What paths tell the lower apps about themselves: history, recent changes, links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import ResolverMatch
from django.utils.translation import gettext_lazy

from catalog.models import Section
from changes.models import ObjectType
from changes.objects import ObjectRef, Place, RevisionField, TrackedObject, register
from changes.recording import Authorship
from linkcheck.own_site import DELETED, HERE, MISSING, OwnAnswer, register_finder
from linkcheck.uses import UseHandler, register_handler
from wiki.paths.editing import replace_path_urls, revert_path
from wiki.paths.models import Path
from wiki.paths.permissions import may_edit_path
from wiki.paths.rendering import draw_path, mark_paths_stale
from wiki.paths.restoring import PATH_RESTORER
from wiki.paths.steps import steps_as_texts


def register_paths() -> None:
    """Called once by ``WikiConfig.ready``."""
    register(
        TrackedObject(
            object_type=ObjectType.PATH,
            model=Path,
            url_prefix="wiki:path",
            find_refs=_find_refs,
            fields=_FIELDS,
            revert=_revert,
            restorer=PATH_RESTORER,
            render=draw_path,
            may_edit=may_edit_path,
            place_of=_place_of,
        )
    )
    register_handler(
        ObjectType.PATH, UseHandler(replace_urls=_replace_urls, refresh=mark_paths_stale)
    )
    register_finder("wiki:path_", _find_at_address)


def _section_titles(ids: Sequence[int]) -> Sequence[str]:
    titles = dict(Section.objects.filter(pk__in=ids).values_list("pk", "title"))
    return [titles.get(pk, "") for pk in ids]


_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title")),
    RevisionField(name="introduction", label=gettext_lazy("Introduction"), is_prose=True),
    RevisionField(name="level", label=gettext_lazy("Level")),
    RevisionField(name="language", label=gettext_lazy("Language")),
    RevisionField(name="section_id", label=gettext_lazy("Section"), as_texts=_section_titles),
    RevisionField(
        name="steps", label=gettext_lazy("Steps"), as_texts=steps_as_texts, is_prose=True
    ),
    RevisionField(
        name="deleted_at",
        label=gettext_lazy("Deleted"),
        as_text=lambda at: at.isoformat(" ", "seconds"),
        is_reverted=False,
    ),
)


def _place_of(path: Any) -> Place:
    """A path belongs to its section and stands on that one's list alone."""
    listed_in = frozenset() if path.section_id is None else frozenset({path.section_id})
    return Place(section_id=path.section_id, listed_in=listed_in)


def _find_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    paths = Path.objects.filter(pk__in=ids).only("title", "slug", "deleted_at")
    return {
        path.pk: ObjectRef(
            title=path.title, url=path.get_absolute_url(), is_public=not path.is_deleted
        )
        for path in paths
    }


def _revert(*, object_id: int, to_version: int, by: Authorship, since: int | None = None) -> Path:
    return revert_path(path_id=object_id, to_version=to_version, by=by, since=since)


def _replace_urls(*, object_id: int, urls: Mapping[str, str], by: Authorship) -> None:
    replace_path_urls(path_id=object_id, urls=urls, by=by)


def _find_at_address(match: ResolverMatch) -> OwnAnswer:
    path = Path.objects.filter(slug=match.kwargs["slug"]).first()
    if path is None:
        return MISSING
    return DELETED if path.is_deleted else HERE
