"""Every address of the site; each app keeps its own below its prefix."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("users/", include("changes.urls_users")),
    path("", include("changes.urls")),
    path("", include("catalog.urls")),
    path("", include("wiki.urls")),
]
