"""Recent changes and their feeds: the same question, with the same filters."""

from django.urls import path

import changes.converters  # noqa: F401  (makes <feed_format:…> known)
from changes import (
    group_views,
    notification_views,
    patrol_views,
    preference_views,
    private_feeds,
    views,
    watch_views,
)

app_name = "changes"
urlpatterns = [
    path("changes/", views.change_list, name="change_list"),
    path("changes/patrol/", patrol_views.change_patrol, name="change_patrol"),
    path("changes/rollback/", patrol_views.change_rollback, name="change_rollback"),
    path("changes/unpatrolled/next/", patrol_views.next_unpatrolled, name="next_unpatrolled"),
    path("changes/groups/<int:group_id>/", group_views.group_detail, name="group_detail"),
    path("changes/groups/<int:group_id>/undo/", group_views.group_undo, name="group_undo"),
    path("changes.<feed_format:format>", views.change_feed, name="change_feed"),
    path("notifications/", notification_views.notification_list, name="notification_list"),
    path("notifications/feeds/", preference_views.feed_token_change, name="feed_token_change"),
    path(
        "feeds/<str:token>/notifications.<feed_format:format>",
        private_feeds.notification_feed,
        name="notification_feed",
    ),
    path("watchlist/", watch_views.watchlist, name="watchlist"),
    path("watchlist/edit/", watch_views.watchlist_edit, name="watchlist_edit"),
    path("watchlist/change/", watch_views.watch_change, name="watch_change"),
    path("watchlist/seen/", watch_views.watch_seen, name="watch_seen"),
    path(
        "feeds/<str:token>/watchlist.<feed_format:format>",
        watch_views.watchlist_feed,
        name="watchlist_feed",
    ),
    path("notifications/preferences/", preference_views.preference_edit, name="preference_edit"),
    path(
        "mail/unsubscribe/<str:token>/",
        preference_views.mail_unsubscribe,
        name="mail_unsubscribe",
    ),
    path(
        "notifications/read/",
        notification_views.notification_read_all,
        name="notification_read_all",
    ),
    path(
        "notifications/<int:notification_id>/read/",
        notification_views.notification_read,
        name="notification_read",
    ),
]
