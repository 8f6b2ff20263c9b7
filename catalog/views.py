"""Reading the catalog: sections, the list of resources, one resource."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.permissions import may
from catalog.browsing import Browse, SectionNode, section_nodes, shelved_pages
from catalog.duplicates import find_merged_into
from catalog.models import Placement, Resource, Section
from catalog.permissions import may_edit_resource
from catalog.similar import find_similar
from catalog.structured import describe_resource, describe_section
from changes.models import Change, ObjectType
from changes.watching import describe_watch
from config import reader_cache
from markup.slugs import slugify_title
from moderation.proposal_desk import find_waiting
from moderation.protection import may_protect, show_protection
from moderation.protection_models import Protection
from talk.models import Thread

PER_PAGE = 50
_SHOWN_OF_LINK = (
    *("pk", "mark", "verdict", "verdict_since", "last_good_at", "override", "archive_url"),
)
_SHOWN_OF_REPOSITORY = ("state", "full_name", "is_archived", "pushed_at", "license", "stars")

# Whether a protection was made or lifted; what ends by its time is seen READER_CACHE_SECONDS later.
PROTECTIONS = {
    "last_protection": Protection.objects.newest(),
    "protections": Protection.objects.count_held(),
}


@require_safe
def section_list(request: HttpRequest) -> HttpResponse:
    """The tree of sections with counts and health."""
    state = Change.objects.newest_ids()
    return reader_cache.answer(request, state=state, draw=lambda: _draw_section_list(request))


def _draw_section_list(request: HttpRequest) -> HttpResponse:
    context = {"nodes": section_nodes(), "may_add": may(request.user, "catalog.add_section")}
    return render(request, "catalog/section_list.html", context)


@require_safe
def section_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A section: introduction, sections inside it, its resources in their places."""
    columns = ("pk", "version", "hidden", "talking", *PROTECTIONS)
    own = (
        Section.objects.existing()
        .annotate(
            hidden=Change.objects.hidden_of(ObjectType.SECTION),
            talking=Thread.objects.count_open(ObjectType.SECTION),
            **PROTECTIONS,
        )
        .filter(slug=slug)
        .values_list(*columns)
        .first()
    )
    state = own and (own, Change.objects.newest_ids())
    return reader_cache.answer(request, state=state, draw=lambda: _draw_section(request, slug))


def _draw_section(request: HttpRequest, slug: str) -> HttpResponse:
    section = get_object_or_404(Section.objects.existing().select_related("parent"), slug=slug)
    browse = Browse(request.GET.dict(), section=section)
    page = Paginator(browse.resources(), PER_PAGE).get_page(request.GET.get("page"))
    nodes = [node for root in section_nodes() for node in _walk(root)]
    node = next(node for node in nodes if node.section.pk == section.pk)
    ancestors = _ancestors(section, [n.section for n in nodes])
    context = {
        **describe_section(section, ancestors),
        "section": section,
        "waiting": find_waiting(request, ObjectType.SECTION, section.pk),
        "watching": describe_watch(request.user, ObjectType.SECTION, section.pk),
        "ancestors": ancestors,
        "node": node,
        "browse": browse,
        "page": page,
        "facets": browse.facets(),
        "shelved": [] if browse.is_narrowed or page.number > 1 else shelved_pages(section),
        "last_change": _last_change(ObjectType.SECTION, section.pk),
        "may_protect": may_protect(request.user),
        "protection": show_protection(ObjectType.SECTION, section, viewer=request.user),
    }
    return render(request, "catalog/section_detail.html", context)


def _walk(root: SectionNode) -> Iterator[SectionNode]:
    yield root
    for child in root.children:
        yield from _walk(child)


def _ancestors(section: Section, sections: list[Section]) -> list[Section]:
    by_id = {s.pk: s for s in sections}
    found: list[Section] = []
    parent = by_id.get(section.parent_id or 0)
    while parent is not None and parent not in found:
        found.insert(0, parent)
        parent = by_id.get(parent.parent_id or 0)
    return found


@require_safe
def resource_list(request: HttpRequest) -> HttpResponse:
    """All resources, narrowed by the address's parameters."""
    browse = Browse(request.GET.dict())
    page = Paginator(browse.resources(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"browse": browse, "page": page, "facets": browse.facets()}
    return render(request, "catalog/resource_list.html", context)


@require_safe
def resource_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One resource with its evidence, where it stands and who changed it last."""
    sections = Section.objects.filter(placements__resource=OuterRef("pk"))
    newest = sections.order_by("-updated_at").values("updated_at")[:1]
    resource = get_object_or_404(
        Resource.objects.select_related("section", "link__repository", "merged_into").annotate(
            sections_at=Subquery(newest),
            hidden=Change.objects.hidden_of(ObjectType.RESOURCE),
            talking=Thread.objects.count_open(ObjectType.RESOURCE),
            **PROTECTIONS,
        ),
        slug=slug,
    )
    shown = (resource.sections_at, resource.hidden, resource.talking)  # type: ignore[attr-defined]
    link_state = [getattr(resource.link, name, None) for name in _SHOWN_OF_LINK]
    repository = getattr(resource.link, "repository", None)
    repository_state = [getattr(repository, name, None) for name in _SHOWN_OF_REPOSITORY]
    return reader_cache.answer(
        request,
        state=(
            *(resource.pk, resource.version, shown, link_state, repository_state),
            [getattr(resource, name) for name in PROTECTIONS],
            Change.objects.newest_ids(),  # similar entries come and go
        ),
        draw=lambda: _draw_resource(request, resource),
    )


def _draw_resource(request: HttpRequest, resource: Resource) -> HttpResponse:
    may_edit = may_edit_resource(request.user, resource)
    merged_into = find_merged_into(resource)
    if merged_into is not None and request.GET.get("redirect") != "no":
        return redirect(f"{merged_into.get_absolute_url()}?from={resource.slug}")
    context = {
        **describe_resource(resource),
        "resource": resource,
        "waiting": find_waiting(request, ObjectType.RESOURCE, resource.pk),
        "watching": describe_watch(request.user, ObjectType.RESOURCE, resource.pk),
        "merged_into": merged_into,
        "merged_from": slugify_title(request.GET.get("from", "")[:130]),
        "similar": find_similar(resource),
        "repository": getattr(resource.link, "repository", None),
        "placements": Placement.objects.filter(resource=resource).select_related("section"),
        "last_change": _last_change(ObjectType.RESOURCE, resource.pk),
        "may_edit": may_edit,
        "may_retire": may_edit,
        "may_protect": may_protect(request.user),
        "protection": show_protection(ObjectType.RESOURCE, resource, viewer=request.user)
        if resource.protections  # type: ignore[attr-defined]
        else None,
    }
    return render(request, "catalog/resource_detail.html", context)


def _last_change(object_type: str, object_id: int) -> Change | None:
    return Change.objects.of_object(object_type, object_id).select_related("actor").first()
