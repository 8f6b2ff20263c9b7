"""Reading learning paths, and ticking their steps off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import may
from catalog.models import Level, Resource
from catalog.views import PROTECTIONS
from changes.hiding import is_text_hidden
from changes.models import Change, ObjectType
from config import reader_cache
from linkcheck.models import Link, Mark
from moderation.proposal_desk import find_waiting
from moderation.protection import may_protect, show_protection
from talk.models import Thread
from wiki.models import Page
from wiki.paths.models import Path, PathStep
from wiki.paths.progress import count_done, find_done, measure, start_over, take_back, tick_off
from wiki.structured import describe_path

PER_PAGE = 50
MAX_KEYS = 200  # in one request
_BROKEN = (Mark.DEAD, Mark.SUSPECT, Mark.UNSURE)


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """A step as readers see it; ``url`` is "" for a note and for what is gone.

    Of what was merged into something else it leads there: the path itself is as it was written.
    """

    row: PathStep
    number: int
    is_done: bool

    @property
    def page(self) -> Page | None:
        page = self.row.page
        return page.redirect_to if page is not None and page.redirect_to is not None else page

    @property
    def resource(self) -> Resource | None:
        entry = self.row.resource
        return entry.merged_into if entry is not None and entry.merged_into is not None else entry

    @property
    def is_gone(self) -> bool:
        """Whether what it leads to is not here any more."""
        if self.row.kind == PathStep.Kind.PAGE:
            return self.page is None or self.page.is_deleted
        return self.row.kind == PathStep.Kind.RESOURCE and self.resource is None

    @property
    def is_retired(self) -> bool:
        return self.resource is not None and self.resource.is_retired

    @property
    def url(self) -> str:
        target = self.page or self.resource
        return target.get_absolute_url() if target is not None and not self.is_gone else ""

    @property
    def title(self) -> str:
        """Its own title, or that of what it leads to."""
        target = self.page or self.resource
        known = target.title if target is not None and not self.is_gone else ""
        return self.row.title or known

    @property
    def leads_to(self) -> str:
        """What it leads to, where its own title does not say so."""
        target = self.page or self.resource
        return target.title if target is not None and self.url and self.row.title else ""

    @property
    def link(self) -> Link | None:
        """The link of its entry."""
        return self.resource.link if self.resource is not None else None

    @property
    def broken_link(self) -> Link | None:
        """The link of its entry where readers must know something before they click."""
        return self.link if self.link is not None and self.link.mark in _BROKEN else None


@require_safe
def path_list(request: HttpRequest) -> HttpResponse:
    """All paths, for one level where that is asked for."""
    level = request.GET.get("level", "")
    paths = Path.objects.existing().for_listing().order_by("title", "pk")
    if level in Level.values:
        paths = paths.filter(level=level)
    page = Paginator(paths, PER_PAGE).get_page(request.GET.get("page"))
    user = request.user
    done = count_done(user, list(page)) if isinstance(user, User) else {}
    context = {
        "page": page,
        "rows": [(path, done.get(path.pk, 0)) for path in page],
        "level": level,
        "levels": Level.choices,
    }
    return render(request, "wiki/path_list.html", context)


@require_safe
def path_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A path with its steps, and how far one is."""
    columns = ("pk", "version", "hidden", "rendered__rendered_at", "talking", *PROTECTIONS)
    own = (
        Path.objects.existing()
        .annotate(
            hidden=Change.objects.hidden_of(ObjectType.PATH),
            talking=Thread.objects.count_open(ObjectType.PATH),
            **PROTECTIONS,
        )
        .filter(slug=slug)
        .values_list(*columns)
        .first()
    )
    state = own and (own, Change.objects.newest_ids())
    return reader_cache.answer(request, state=state, draw=lambda: _draw_path(request, slug))


def _draw_path(request: HttpRequest, slug: str) -> HttpResponse:
    path = Path.objects.existing().select_related("section", "rendered").filter(slug=slug).first()
    if path is None:
        return _path_missing(request, slug)
    user = request.user if isinstance(request.user, User) else None
    done = find_done(user, path) if user else set()
    followed = ("page__redirect_to", "resource__link", "resource__merged_into__link")
    rows = list(path.step_rows.select_related(*followed))
    steps = _show(rows, done)
    context = {
        **describe_path(path, [step.title for step in steps]),
        "path": path,
        "steps": steps,
        "progress": measure(rows, done),
        "next": next((step for step in steps if not step.is_done), None),
        "waiting": find_waiting(request, ObjectType.PATH, path.pk),
        "last_change": Change.objects.of_object(ObjectType.PATH, path.pk)
        .select_related("actor")
        .first(),
        "may_delete": may(request.user, "wiki.delete_path"),
        "may_protect": may_protect(request.user),
        "protection": show_protection(ObjectType.PATH, path, viewer=request.user),
    }
    return render(request, "wiki/path_detail.html", context)


def _show(rows: list[PathStep], done: Collection[str]) -> list[ShownStep]:
    return [
        ShownStep(row=row, number=number, is_done=row.key in done)
        for number, row in enumerate(rows, start=1)
    ]


def _path_missing(request: HttpRequest, slug: str) -> HttpResponse:
    """404 with a way on; who may restore a deleted one is told which it was."""
    deleted = Path.objects.filter(slug=slug).first()
    may_restore = deleted is not None and may(request.user, "wiki.delete_path")
    shows_title = deleted is not None and may_restore and not is_text_hidden(deleted)
    context = {
        "slug": slug,
        "title": deleted.title if deleted is not None and shows_title else "",
        "deleted": deleted,
        "may_restore": may_restore,
    }
    return render(request, "wiki/path_missing.html", context, status=404)


@require_POST
def path_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """Tick a step off, take that back, start over, or bring along what a browser remembers."""
    if not isinstance(request.user, User):
        raise PermissionDenied(_("Sign in to do this."))
    path = get_object_or_404(Path.objects.existing(), slug=slug)
    key = request.POST.get("undo", "")[:40].replace("\0", "")
    keys = [key[:40].replace("\0", "") for key in request.POST.getlist("done")[:MAX_KEYS]]
    if request.POST.get("reset"):
        start_over(path=path, user=request.user)
    elif key:
        take_back(path=path, key=key, user=request.user)
    else:
        tick_off(path=path, keys=keys, user=request.user)
    place = key or (keys[0] if len(keys) == 1 else "")
    is_known = path.step_rows.filter(key=place).exists()
    return redirect(f"{path.get_absolute_url()}#step-{place}" if is_known else path)
