"""Addresses of pages; a slug never begins with a hyphen, so "-" is free for what is no page."""

from django.http import Http404, HttpRequest
from django.urls import include, path, register_converter

from accounts.permissions import may
from changes.hiding import is_text_hidden, shows_hidden
from changes.history_views import history_patterns
from changes.veils import hidden_word
from markup.images import IMAGE_NAME
from moderation.protect_views import protect_patterns
from talk.views import talk_patterns
from wiki import (
    edit_views,
    image_views,
    merge_views,
    moving_views,
    sitemap_views,
    translation_views,
    views,
)
from wiki.models import Page
from wiki.paths.urls import path_patterns

app_name = "wiki"


class ImageNameConverter:
    """The name of an uploaded picture."""

    regex = IMAGE_NAME

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ImageNameConverter, "image")


def load_page(request: HttpRequest, slug: str) -> Page:
    """The page whose history is asked for; a deleted one only for those who could restore it."""
    page = Page.objects.filter(slug=slug).first()
    if page is None or (page.is_deleted and not may(request.user, "wiki.delete_page")):
        raise Http404
    if page.is_deleted and is_text_hidden(page) and not shows_hidden(request):
        page.title = hidden_word()  # to be shown; nothing saves it
    return page


urlpatterns = [
    path("", views.front_page, name="front_page"),
    path("images/", image_views.image_list, name="image_list"),
    path("images/upload/", image_views.image_upload, name="image_upload"),
    path("images/<image:image>", image_views.image_file, name="image_file"),
    path("images/<image:image>/about/", image_views.image_detail, name="image_detail"),
    path("images/<image:image>/delete/", image_views.image_delete, name="image_delete"),
    path("images/<image:image>/restore/", image_views.image_restore, name="image_restore"),
    path("robots.txt", sitemap_views.robots, name="robots"),
    path("sitemap.xml", sitemap_views.sitemap_index, name="sitemap_index"),
    path(
        "sitemap-<str:sitemap_kind>-<int:sitemap_number>.xml",
        sitemap_views.sitemap_file,
        name="sitemap_file",
    ),
    path("paths/", include(path_patterns)),
    path("wiki/", views.page_list, name="page_list"),
    path("wiki/-/new/", edit_views.page_create, name="page_create"),
    path("wiki/-/preview/", edit_views.page_preview, name="page_preview"),
    path("wiki/<str:slug>/", views.page_detail, name="page_detail"),
    path("wiki/<str:slug>/edit/", edit_views.page_edit, name="page_edit"),
    path("wiki/<str:slug>/translate/", translation_views.page_translate, name="page_translate"),
    path("wiki/<str:slug>/rename/", moving_views.page_rename, name="page_rename"),
    path("wiki/<str:slug>/delete/", moving_views.page_delete, name="page_delete"),
    path("wiki/<str:slug>/restore/", moving_views.page_restore, name="page_restore"),
    path("wiki/<str:slug>/merge/", merge_views.page_merge, name="page_merge"),
    path("wiki/<str:slug>/relink/", moving_views.page_relink, name="page_relink"),
    path("wiki/<str:slug>/links/", views.page_links, name="page_links"),
    path("wiki/<str:slug>/source/", views.page_source, name="page_source"),
    path("wiki/<str:slug>/", include(history_patterns("page", load_page))),
    path("wiki/<str:slug>/", include(protect_patterns("page", load_page))),
    path("wiki/<str:slug>/", include(talk_patterns("page", load_page))),
]
