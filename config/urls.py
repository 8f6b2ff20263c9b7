"""Every address of the site; each app keeps its own below its prefix."""

from django.urls import include, path

from accounts.language_views import language_choice

handler400 = "config.outages.handle_bad_request"
handler403 = "config.visitors.handle_denied"
handler500 = "config.outages.handle_fault"

urlpatterns = [
    path("accounts/data/", include("accounts.urls_data")),
    path("accounts/", include("allauth.account.urls")),
    path("language/", language_choice, name="language_choice"),
    path("users/", include("changes.urls_users")),
    path("", include("changes.urls")),
    path("", include("moderation.urls")),
    path("", include("talk.urls")),
    path("", include("feedback.urls")),
    path("", include("linkcheck.urls")),
    path("", include("catalog.urls")),
    path("", include("search.urls")),
    path("", include("insights.urls")),
    path("", include("wiki.urls")),
]
