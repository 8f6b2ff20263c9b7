"""Addresses of sections and resources; a slug never begins with a hyphen, so "-" is free."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import include, path

from accounts.permissions import may
from catalog import edit_views, merge_views, views
from catalog.models import Resource, Section
from changes.history_views import history_patterns
from moderation.protect_views import protect_patterns
from moderation.reviewer_views import reviewer_patterns
from talk.views import talk_patterns

app_name = "catalog"


def load_section(request: HttpRequest, slug: str) -> Section:
    """The section whose history is asked for; a deleted one only for those who delete them."""
    section = get_object_or_404(Section, slug=slug)
    if section.is_deleted and not may(request.user, "catalog.delete_section"):
        raise Http404
    return section


def load_resource(request: HttpRequest, slug: str) -> Resource:
    return get_object_or_404(Resource, slug=slug)


urlpatterns = [
    path("sections/", views.section_list, name="section_list"),
    path("sections/-/new/", edit_views.section_create, name="section_create"),
    path("sections/-/preview/", edit_views.introduction_preview, name="introduction_preview"),
    path("sections/<str:slug>/", views.section_detail, name="section_detail"),
    path("sections/<str:slug>/edit/", edit_views.section_edit, name="section_edit"),
    path("sections/<str:slug>/", include(history_patterns("section", load_section))),
    path("sections/<str:slug>/", include(protect_patterns("section", load_section))),
    path("sections/<str:slug>/", include(talk_patterns("section", load_section))),
    path("sections/<str:slug>/", include(reviewer_patterns("section", load_section))),
    path("resources/", views.resource_list, name="resource_list"),
    path("resources/-/new/", edit_views.resource_create, name="resource_create"),
    path("resources/-/preview/", edit_views.description_preview, name="description_preview"),
    path("resources/<str:slug>/", views.resource_detail, name="resource_detail"),
    path("resources/<str:slug>/edit/", edit_views.resource_edit, name="resource_edit"),
    path("resources/<str:slug>/retire/", edit_views.resource_retire, name="resource_retire"),
    path("resources/<str:slug>/merge/", merge_views.resource_merge, name="resource_merge"),
    path("resources/<str:slug>/restore/", edit_views.resource_restore, name="resource_restore"),
    path("resources/<str:slug>/", include(history_patterns("resource", load_resource))),
    path("resources/<str:slug>/", include(protect_patterns("resource", load_resource))),
    path("resources/<str:slug>/", include(talk_patterns("resource", load_resource))),
]
