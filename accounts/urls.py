"""Public profiles; signing up and in is allauth's, below ``/accounts/``."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("<str:username>/", views.user_detail, name="user_detail"),
    path("<str:username>/edit/", views.user_edit, name="user_edit"),
]
