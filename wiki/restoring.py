"""Making pages what they were before somebody's revisions, with their addresses and redirects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from changes.leading import refuse_circles
from changes.models import Change, ObjectType
from changes.recording import Authorship, Step
from changes.restoring import Plan, Restorer, settle_addresses
from wiki.editing import tell_of_address, write_at_address
from wiki.models import Page

# What changing a field asks for beyond wiki.change_page.
_ASKED_BY_FIELD = {
    "slug": "wiki.rename_page",
    "deleted_at": "wiki.delete_page",
}


def restore_pages(plans: Sequence[Plan], by: Authorship) -> None:
    """Write what ``plans`` say, each page by one revision; inside a transaction.

    Pages can change addresses among themselves. Raises PermissionDenied, PageExistsError or
    ValidationError.
    """
    for plan in plans:
        require(by.authority, "wiki.change_page")
        for name in _ASKED_BY_FIELD.keys() & set(plan.changed):
            # Whoever may rename makes redirects, and so may undo that.
            is_redirect = plan.current.is_redirect
            require(by.authority, _ASKED_BY_FIELD["slug" if is_redirect else name])
    addresses = _leave_addresses(plans)
    for plan in plans:
        size = len(plan.current.body.encode())
        step = plan.apply(kind_when_gone=Change.Kind.DELETED)
        write_at_address(plan.current, _measured(plan, step, size), by)
    for slug in sorted(addresses):
        tell_of_address(slug)


def _leave_addresses(plans: Sequence[Plan]) -> set[str]:
    """Park the pages that move: the constraint is content meanwhile. All addresses concerned."""
    addresses: set[str] = set()
    for plan in plans:
        if {"slug", "deleted_at", "redirect_to_id"} & set(plan.changed):
            addresses |= {plan.current.slug, plan.values["slug"]}
        if "slug" in plan.changed:
            Page.objects.filter(pk=plan.current.pk).update(slug=f" {plan.current.pk}")
    return addresses


def _measured(plan: Plan, step: Step, before: int) -> Step:
    page = plan.current
    after = 0 if page.is_deleted else len(page.body.encode())
    return Step(
        kind=step.kind,
        changed_fields=step.changed_fields,
        base_version=step.base_version,
        size_difference=after - before,
        details=step.details,
    )


def _settle(plans: Sequence[Plan]) -> None:
    settle_addresses(plans, name="slug", find_occupants=_find_occupants)
    refuse_circles(ObjectType.PAGE, plans)


def _find_occupants(slugs: Collection[str]) -> Mapping[str, tuple[int, str]]:
    rows = Page.objects.filter(slug__in=slugs).values_list("slug", "pk", "title")
    return {slug: (pk, title) for slug, pk, title in rows}


PAGE_RESTORER = Restorer(
    gone=lambda _reason: {"deleted_at": timezone.now()},
    is_gone=lambda row: row.deleted_at is not None,
    address=lambda row: row.slug,
    leans_on=lambda row: row.redirect_to_id,
    settle=_settle,
    write=restore_pages,
    gone_label=gettext_lazy("deleted"),
    may_go=lambda page: page.redirect_to_id is not None,  # nobody writes in a redirect
)
