"""Searching: the page of results, suggestions while typing, and what browsers ask for."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.permissions import may
from search.finding import search, suggest
from search.queries import MAX_LENGTH, OPERATORS
from search.sources import TYPES


@require_safe
def search_results(request: HttpRequest) -> HttpResponse:
    """What was found for ``?q=``, a page at a time."""
    answer = search(request.GET.get("q", ""), page=request.GET.get("page", "1"))
    context = {"answer": answer, "may_add_page": may(request.user, "wiki.add_page")}
    return render(request, "search/search_results.html", context)


@require_safe
@cache_control(max_age=60)
def search_suggest(request: HttpRequest) -> HttpResponse:
    """Titles for what was typed so far, in the form that browsers know.

    OpenSearch suggestions: the text, the titles, a description and an address for each. The
    editor asks for those of one ``?type=``: "page", "resource" or "section".
    """
    text = request.GET.get("q", "")[:MAX_LENGTH]
    asked = request.GET.get("type", "")
    found = suggest(text, object_type=asked if asked in TYPES else "")
    rows = [
        text,
        [item.title for item in found],
        [item.object_type for item in found],
        [f"{settings.SITE_URL}{item.url}" for item in found],
    ]
    return JsonResponse(rows, safe=False, content_type="application/x-suggestions+json")


@require_safe
def search_help(request: HttpRequest) -> HttpResponse:
    """What the search understands."""
    spellings = {name: spellings[0] for name, spellings in OPERATORS.items()}
    return render(request, "search/search_help.html", {"operators": spellings})


@require_safe
@cache_control(max_age=86_400)
def search_description(request: HttpRequest) -> HttpResponse:
    """The OpenSearch description (1.1, draft 6) by which a browser adds this search."""
    context = {
        "results": f"{settings.SITE_URL}{reverse('search:search_results')}",
        "suggest": f"{settings.SITE_URL}{reverse('search:search_suggest')}",
        "site_url": settings.SITE_URL,
    }
    return render(
        request,
        "search/search_description.xml",
        context,
        content_type="application/opensearchdescription+xml",
    )
