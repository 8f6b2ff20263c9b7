"""Making paths what they were before somebody's revisions."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from changes.models import Change
from changes.recording import Authorship
from changes.restoring import Plan, Restorer
from wiki.paths.editing import tell_of_path, write_path


def restore_paths(plans: Sequence[Plan], by: Authorship) -> None:
    """Write what ``plans`` say, each path by one revision; inside a transaction.

    Raises PermissionDenied or ValidationError.
    """
    for plan in plans:
        require(by.authority, "wiki.change_path")
        if "deleted_at" in plan.changed:
            require(by.authority, "wiki.delete_path")
    for plan in plans:
        write_path(plan.current, plan.apply(kind_when_gone=Change.Kind.DELETED), by)
        tell_of_path(plan.current.slug)


PATH_RESTORER = Restorer(
    gone=lambda _reason: {"deleted_at": timezone.now()},
    is_gone=lambda row: row.deleted_at is not None,
    address=lambda row: row.slug,
    leans_on=lambda _row: None,
    settle=lambda _plans: None,
    write=restore_paths,
    gone_label=gettext_lazy("deleted"),
)
