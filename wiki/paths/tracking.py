"""What paths tell the lower apps about themselves: history, recent changes, links."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from catalog.models import Section
from changes.describing import DELETED_AT, place_in_section, refs_to, titles_of
from changes.models import ObjectType
from changes.objects import RevisionField, TrackedObject, register
from changes.recording import Authorship
from linkcheck.own_site import register_slugs
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
            find_refs=refs_to(Path),
            fields=_FIELDS,
            revert=_revert,
            restorer=PATH_RESTORER,
            render=draw_path,
            may_edit=may_edit_path,
            place_of=place_in_section,
        )
    )
    register_handler(
        ObjectType.PATH, UseHandler(replace_urls=_replace_urls, refresh=mark_paths_stale)
    )
    register_slugs("wiki:path_", Path)


_FIELDS = (
    RevisionField(name="title", label=gettext_lazy("Title")),
    RevisionField(name="introduction", label=gettext_lazy("Introduction"), is_prose=True),
    RevisionField(name="level", label=gettext_lazy("Level")),
    RevisionField(name="language", label=gettext_lazy("Language")),
    RevisionField(name="section_id", label=gettext_lazy("Section"), as_texts=titles_of(Section)),
    RevisionField(
        name="steps", label=gettext_lazy("Steps"), as_texts=steps_as_texts, is_prose=True
    ),
    DELETED_AT,
)


def _revert(*, object_id: int, to_version: int, by: Authorship, since: int | None = None) -> Path:
    return revert_path(path_id=object_id, to_version=to_version, by=by, since=since)


def _replace_urls(*, object_id: int, urls: Mapping[str, str], by: Authorship) -> None:
    replace_path_urls(path_id=object_id, urls=urls, by=by)
