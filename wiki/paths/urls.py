"""Addresses of learning paths, in the namespace of the wiki."""

from django.http import Http404, HttpRequest
from django.urls import URLPattern, URLResolver, include, path

from accounts.permissions import may
from changes.hiding import is_text_hidden, shows_hidden
from changes.history_views import history_patterns
from changes.veils import hidden_word
from moderation.protect_views import protect_patterns
from talk.views import talk_patterns
from wiki.paths import edit_views, views
from wiki.paths.models import Path


def load_path(request: HttpRequest, slug: str) -> Path:
    """The path whose history is asked for; a deleted one only for those who could restore it."""
    found = Path.objects.filter(slug=slug).first()
    if found is None or (found.is_deleted and not may(request.user, "wiki.delete_path")):
        raise Http404
    if found.is_deleted and is_text_hidden(found) and not shows_hidden(request):
        found.title = hidden_word()  # to be shown; nothing saves it
    return found


path_patterns: list[URLPattern | URLResolver] = [
    path("", views.path_list, name="path_list"),
    path("-/new/", edit_views.path_create, name="path_create"),
    path("<str:slug>/", views.path_detail, name="path_detail"),
    path("<str:slug>/edit/", edit_views.path_edit, name="path_edit"),
    path("<str:slug>/delete/", edit_views.path_delete, name="path_delete"),
    path("<str:slug>/restore/", edit_views.path_restore, name="path_restore"),
    path("<str:slug>/progress/", views.path_progress, name="path_progress"),
    path("<str:slug>/", include(history_patterns("path", load_path))),
    path("<str:slug>/", include(protect_patterns("path", load_path))),
    path("<str:slug>/", include(talk_patterns("path", load_path))),
]
