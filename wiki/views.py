"""Reading the wiki: the front page, pages, what links where."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.permissions import may
from catalog.browsing import section_nodes
from catalog.models import Level, Resource
from changes.hiding import is_text_hidden
from changes.models import Change, ObjectType
from changes.objects import find_refs
from changes.watching import describe_watch
from config import reader_cache
from config.languages import is_same_language, own_name
from linkcheck.health import totals_by_mark
from markup.slugs import slugify_title
from moderation.proposal_desk import find_waiting
from moderation.protection import may_protect, show_protection
from wiki.link_graph import wanted_pages
from wiki.models import Page, PageLink, PageQuerySet, Path
from wiki.page_parts import add_edit_links
from wiki.page_state import PageState, find_page_state
from wiki.structured import describe_page, describe_site
from wiki.translating import find_lag, find_versions, list_missing_languages

PER_PAGE = 100
CHANGES_SHOWN = 8
WANTED_SHOWN = 5
PATHS_SHOWN = 4
#: The page that new readers are led to, where a site has one.
WELCOME_SLUG = "start-here"


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """The list at a glance: sections with health, what changed, what needs help."""
    state = Change.objects.newest_ids()
    return reader_cache.answer(request, state=state, draw=lambda: _draw_front_page(request))


def _draw_front_page(request: HttpRequest) -> HttpResponse:
    changes = list(Change.objects.select_related("actor")[:CHANGES_SHOWN])
    refs = find_refs((change.object_type, change.object_id) for change in changes)
    totals = totals_by_mark()
    welcome, translations = _find_welcome()
    context = {
        **describe_site(
            _("Anyone may edit, every change is kept, and every link is looked at again and again.")
        ),
        "nodes": section_nodes(),
        "changes": [
            (change, refs.get((change.object_type, change.object_id))) for change in changes
        ],
        "resource_total": Resource.objects.listed().count(),
        "page_total": Page.objects.published().count(),
        "totals": totals,
        "welcome": welcome,
        "translations": translations,
        "paths": _paths_for_new_readers(),
        "wanted": wanted_pages()[:WANTED_SHOWN],
    }
    return render(request, "wiki/front_page.html", context)


def _find_welcome() -> tuple[Page | None, list[Page]]:
    """The page for new readers in the language of the reader, and it in other languages."""
    welcome = Page.objects.published().filter(slug=WELCOME_SLUG).first()
    if welcome is None:
        return None, []
    versions = [welcome, *find_versions(welcome)]
    spoken = get_language() or ""
    mine = next((page for page in versions if is_same_language(page.language, spoken)), welcome)
    return mine, [page for page in versions if page is not mine]


def _paths_for_new_readers() -> list[Path]:
    """Some learning paths, those for beginners first."""
    is_for_beginners = Case(When(level=Level.BEGINNER, then=0), default=1)
    paths = Path.objects.existing().for_listing().order_by(is_for_beginners, "title", "pk")
    return list(paths[:PATHS_SHOWN])


@require_safe
def page_list(request: HttpRequest) -> HttpResponse:
    """All pages by title."""
    pages = Page.objects.published().select_related("section").defer("body")
    languages = _count_languages(pages)
    language = request.GET.get("language", "")
    if language in dict(languages):
        pages = pages.filter(language=language)
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    for word in words.split()[:8]:
        pages = pages.filter(Q(title__icontains=word) | Q(body__icontains=word))
    context = {
        "page": Paginator(pages, PER_PAGE).get_page(request.GET.get("page")),
        "words": words,
        "language": language if language in dict(languages) else "",
        "languages": [(code, own_name(code), n) for code, n in languages],
        "wanted": wanted_pages()[:WANTED_SHOWN],
        "may_add": may(request.user, "wiki.add_page"),
    }
    return render(request, "wiki/page_list.html", context)


def _count_languages(pages: PageQuerySet) -> list[tuple[str, int]]:
    counted = pages.order_by().values("language").annotate(n=Count("pk"))
    return list(counted.order_by("-n", "language").values_list("language", "n"))


@require_safe
def page_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A page as it was rendered at its last change."""
    state = find_page_state(slug)
    return reader_cache.answer(request, state=state, draw=lambda: _draw_page(request, slug, state))


def _draw_page(request: HttpRequest, slug: str, state: PageState | None) -> HttpResponse:
    page = (
        Page.objects.existing()
        .select_related("section", "rendered", "redirect_to", "translation_of")
        .filter(slug=slug)
        .first()
    )
    if page is None:
        return _page_missing(request, slug)
    target = page.redirect_to
    if target is not None and request.GET.get("redirect") != "no":
        return redirect(f"{target.get_absolute_url()}?from={page.slug}")
    rendered = getattr(page, "rendered", None)
    versions = find_versions(page) if state is None or state.has_translations else []
    context = {
        **describe_page(page),
        "page": page,
        "html": add_edit_links(rendered.html, page, rendered.contents) if rendered else "",
        "waiting": find_waiting(request, ObjectType.PAGE, page.pk),
        "watching": describe_watch(request.user, ObjectType.PAGE, page.pk),
        "open_threads": state and state.open_threads,
        "tally": state and state.tally,
        "health": state and state.health,
        "versions": versions,
        "missing_languages": list_missing_languages(page, versions),
        "lag": find_lag(page),
        "last_change": Change.objects.of_object(ObjectType.PAGE, page.pk)
        .select_related("actor")
        .first(),
        "redirected_from": slugify_title(request.GET.get("from", "")[:130]),
        "may_rename": may(request.user, "wiki.rename_page"),
        "may_delete": may(request.user, "wiki.delete_page"),
        "may_protect": may_protect(request.user),
        "protection": show_protection(ObjectType.PAGE, page, viewer=request.user)
        if state is None or state.may_be_protected
        else None,
    }
    return render(request, "wiki/page_detail.html", context)


def _page_missing(request: HttpRequest, slug: str) -> HttpResponse:
    """404 with a way on: write the page, or see what links to it; a deleted one says so.

    Where a learning path has that name, wiki links mean it.
    """
    canonical = slugify_title(slug)
    if canonical and canonical != slug:
        return redirect("wiki:page_detail", canonical)
    path = Path.objects.existing().filter(slug=slug).first()
    if path is not None:
        return redirect(path)
    deleted = Page.objects.filter(slug=slug).first()
    wanting = PageLink.objects.filter(target_slug=slug).select_related("source")[:20]
    may_restore = deleted is not None and may(request.user, "wiki.delete_page")
    # Of a deleted page nobody else reads anything, not its title either.
    known = deleted.title if deleted and may_restore and not is_text_hidden(deleted) else ""
    title = known or (wanting[0].target_title if wanting else "")
    context = {
        "slug": slug,
        "title": title or slug.replace("-", " ").capitalize(),
        "deleted": deleted,
        "wanting": wanting,
        "may_restore": may_restore,
    }
    return render(request, "wiki/page_missing.html", context, status=404)


@require_safe
def page_links(request: HttpRequest, slug: str) -> HttpResponse:
    """What links here: pages and redirects; of a wanted page too."""
    page = Page.objects.existing().filter(slug=slug).first()
    sources = Page.objects.existing().filter(outgoing__target_slug=slug).order_by("title", "id")
    if page is None and not sources.exists():
        raise Http404
    context = {
        "page": page,
        "slug": slug,
        "title": page.title if page else slug,
        "sources": Paginator(sources, PER_PAGE).get_page(request.GET.get("page")),
        "redirects": page.redirects.existing() if page else [],
        "may_relink": may(request.user, "wiki.change_page"),
    }
    return render(request, "wiki/page_links.html", context)


@require_safe
def page_source(request: HttpRequest, slug: str) -> HttpResponse:
    """The page's Markdown as it is stored."""
    page = get_object_or_404(Page.objects.existing(), slug=slug)
    return HttpResponse(page.body, content_type="text/plain; charset=utf-8")
