"""Translating a page: into which language, and the form with the original beside it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.languages import is_same_language
from wiki.edit_views import run_create
from wiki.models import Page
from wiki.translating import find_versions, list_missing_languages, show_original


@require_http_methods(["GET", "HEAD", "POST"])
def page_translate(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a language (``?language=``), or write the page in it with the original beside it.

    One that exists in the language already is edited instead.
    """
    page = Page.objects.published().select_related("translation_of").filter(slug=slug).first()
    if page is None:
        raise Http404
    original = page.translation_of or page
    language = request.GET.get("language", "")
    versions = find_versions(original)
    for other in (original, *versions):
        if is_same_language(language, other.language) and request.method != "POST":
            return redirect("wiki:page_edit", other.slug)
    missing = list_missing_languages(original, versions)
    if language not in dict(missing):
        if request.method == "POST":
            raise Http404
        context = {"page": page, "original": original, "languages": missing}
        return render(request, "wiki/page_translate.html", context)
    initial = {
        "language": language,
        "section": original.section_id,
        "translation_of": original.pk,
        "source_version": original.version,
    }
    context = {"original": show_original(original), "cancel_url": page.get_absolute_url()}
    return run_create(request, initial=initial, context=context)
