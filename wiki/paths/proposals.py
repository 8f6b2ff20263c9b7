"""How paths are proposed by those who may not publish them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from changes.cleaning import within_output
from changes.editing import MergedEdit
from changes.models import ObjectType
from changes.recording import Authorship
from moderation.proposal_kinds import ProposalKind, register_proposals
from wiki.paths.editing import (
    PATH_PROSE,
    clean_new_path,
    clean_path_edit,
    create_path,
    edit_path,
    restore_path,
)
from wiki.paths.models import Path
from wiki.paths.rendering import compute_path_derivation


def register_path_proposals() -> None:
    """Called once by ``WikiConfig.ready``."""
    register_proposals(
        ProposalKind(
            object_type=ObjectType.PATH,
            model=Path,
            new_label=gettext_lazy("new learning path"),
            edit_label=gettext_lazy("edit of a learning path"),
            prose=PATH_PROSE,
            clean=_clean,
            create=_create,
            edit=_edit,
            edit_url=lambda path: reverse("wiki:path_edit", args=[path.slug]),
            create_url=lambda: reverse("wiki:path_create"),
        )
    )


def _clean(path: Path | None, values: Mapping[str, Any], base_version: int) -> dict[str, Any]:
    cleaned = clean_new_path(values) if path is None else clean_path_edit(path, values)
    with within_output("introduction"):
        compute_path_derivation(Path(**cleaned))
    return cleaned


def _create(values: Mapping[str, Any], by: Authorship, again: int | None) -> Path:
    """One that was made of the same proposal, and deleted again, comes back as it is now."""
    made = Path.objects.filter(pk=again, deleted_at__isnull=False).first() if again else None
    if made is None:
        return create_path(values=values, by=by)
    restored = restore_path(path_id=made.pk, by=by)
    if all(getattr(restored, name) == value for name, value in values.items()):
        return restored
    return _edit(made.pk, restored.version, values, by)[0]


def _edit(
    path_id: int, base_version: int, values: Mapping[str, Any], by: Authorship
) -> tuple[Path, MergedEdit]:
    return edit_path(path_id=path_id, base_version=base_version, values=values, by=by)
