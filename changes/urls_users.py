"""Profiles below ``/users/``: what ``accounts`` knows of a person, with what they contributed.

In the namespace of ``accounts``, which needs the address and may not know this app.
"""

from django.urls import path

import accounts.urls
from changes import views

app_name = accounts.urls.app_name
urlpatterns = [
    path("<str:username>/", views.user_detail, name="user_detail"),
    *accounts.urls.urlpatterns,
]
