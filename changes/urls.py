"""Recent changes and their feeds: the same question, with the same filters."""

from django.urls import path

import changes.converters  # noqa: F401  (makes <feed_format:…> known)
from changes import views

app_name = "changes"
urlpatterns = [
    path("changes/", views.change_list, name="change_list"),
    path("changes.<feed_format:format>", views.change_feed, name="change_feed"),
]
