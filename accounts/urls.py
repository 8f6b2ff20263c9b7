"""One's own profile; signing up and in is allauth's, below ``/accounts/``.

The profile that everyone sees lists contributions: ``changes.urls_users``, of the app that knows
them, gives it its address and includes these.
"""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("<str:username>/edit/", views.user_edit, name="user_edit"),
]
