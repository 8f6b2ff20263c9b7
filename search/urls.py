"""One search over everything that readers see."""

from django.urls import path

from search import views

app_name = "search"
urlpatterns = [
    path("search/", views.search_results, name="search_results"),
    path("search/suggest/", views.search_suggest, name="search_suggest"),
    path("search/help/", views.search_help, name="search_help"),
    path("opensearch.xml", views.search_description, name="search_description"),
]
