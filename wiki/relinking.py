"""Links and redirects that follow a page: to its new title, or to the end of a chain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.permissions import require
from changes.group_models import ChangeGroup
from changes.grouping import grouping
from changes.models import ObjectType
from changes.recording import Authorship, NothingChangedError
from changes.refusals import EditHeldError
from markup.relinking import can_be_linked
from moderation.protection import find_kept_out
from wiki.editing import rename_page, replace_page_links, retarget_redirect
from wiki.link_graph import double_redirects
from wiki.models import Page, PageLink, PageQuerySet

#: Pages written by one operation: more would keep everyone else who writes waiting.
MOST_PAGES: Final = 100
_MOST_STEPS: Final = 20  # of a chain of redirects


@dataclass
class Relinked:
    """What became of links to a page: pages written, those left as they are, how many wait.

    ``group`` takes all of it back; None where nothing was written.
    """

    page: Page
    group: ChangeGroup | None = None
    changed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    left: int = 0


@dataclass(frozen=True, kw_only=True)
class LinkingPage:
    """A page that links to another, and whether ``actor`` may write it."""

    page: Page
    is_open: bool


def find_linking(slug: str) -> PageQuerySet:
    """Pages with wiki links to ``slug``, by title."""
    sources = PageLink.objects.filter(target_slug=slug).values("source")
    return Page.objects.published().filter(pk__in=sources).order_by("title", "pk")


def foresee(slug: str, *, actor: Any) -> list[LinkingPage]:
    """The pages that leading links on would write, and those it would leave."""
    pages = list(find_linking(slug).defer("body")[:MOST_PAGES])
    kept_out = find_kept_out(actor, ObjectType.PAGE, pages)
    return [LinkingPage(page=page, is_open=page.pk not in kept_out) for page in pages]


@transaction.atomic
def rename_with_links(
    *, page_id: int, new_title: str, by: Authorship, follows: bool = False
) -> Relinked:
    """As :func:`wiki.editing.rename_page`; with ``follows`` links in other pages name it anew.

    One group. Raises what renaming raises; a page that cannot be written is left, its links work.
    """
    with grouping(ChangeGroup.Kind.RENAME, by) as made:
        old_slug = Page.objects.values_list("slug", flat=True).get(pk=page_id)
        page = rename_page(page_id=page_id, new_title=new_title, by=made.by)
        found = Relinked(page, made.group)
        if follows and page.slug != old_slug:
            _relink(found, Page.objects.get(slug=old_slug), made.by)
    return found


@transaction.atomic
def lead_links_on(*, redirect_id: int, by: Authorship) -> Relinked:
    """Have links to a redirect name the page that it leads to; one group."""
    require(by.authority, "wiki.change_page")
    redirect = Page.objects.select_related("redirect_to").get(pk=redirect_id)
    if redirect.redirect_to is None or redirect.is_deleted:
        raise NothingChangedError
    with grouping(ChangeGroup.Kind.RELINK, by) as made:
        found = Relinked(_end_of(redirect), made.group)
        _relink(found, redirect, made.by)
    if not found.changed:
        made.group.delete()
        found.group = None
    return found


@transaction.atomic
def straighten_redirects(*, by: Authorship) -> Relinked | None:
    """Have redirects to redirects lead to the page at the end; one group, None where there is none.

    Chains that lead in a circle are left.
    """
    require(by.authority, "wiki.rename_page")
    redirects = list(double_redirects().order_by("pk")[: MOST_PAGES + 1])
    if not redirects:
        return None
    found: Relinked | None = None
    with grouping(ChangeGroup.Kind.REDIRECTS, by) as made:
        for redirect in redirects[:MOST_PAGES]:
            end = _end_of(redirect)
            found = found or Relinked(end, made.group)
            if end.is_redirect:
                found.skipped.append(redirect.title)
                continue
            _try(found, redirect.title, lambda r=redirect, e=end: _retarget(r, e, made.by))
    assert found is not None
    found.left = max(len(redirects) - MOST_PAGES, 0)
    return found


def _retarget(redirect: Page, end: Page, by: Authorship) -> None:
    retarget_redirect(page_id=redirect.pk, target=end, by=by)


def _end_of(redirect: Page) -> Page:
    """Where a chain of redirects leads at last; a redirect where it leads in a circle."""
    page = redirect
    for _step in range(_MOST_STEPS):
        if page.redirect_to is None:
            break
        page = page.redirect_to
    return page


def _relink(found: Relinked, redirect: Page, by: Authorship) -> None:
    """Write the pages that link to ``redirect``, in the order in which everyone locks them."""
    title = found.page.title
    linking = find_linking(redirect.slug)
    if not can_be_linked(title):
        found.skipped += list(linking.values_list("title", flat=True)[:MOST_PAGES])
        return
    pages = list(linking.defer("body").order_by("pk")[:MOST_PAGES])
    kept_out = find_kept_out(by.authority, ObjectType.PAGE, pages)
    details = {"from_id": redirect.pk, "to_id": found.page.pk}
    for page in pages:
        if page.pk in kept_out:
            found.skipped.append(page.title)
            continue
        _try(
            found,
            page.title,
            lambda pk=page.pk: replace_page_links(
                page_id=pk, slug=redirect.slug, title=title, by=by, details=details
            ),
        )
    found.left = max(linking.count() - len(found.skipped), 0)


def _try(found: Relinked, title: str, write: Any) -> None:
    """Write one page, or leave it: what one page refuses does not keep the others."""
    try:
        with transaction.atomic():
            write()
    except NothingChangedError:
        pass
    except (PermissionDenied, ValidationError, EditHeldError):
        found.skipped.append(title)
    else:
        found.changed.append(title)
