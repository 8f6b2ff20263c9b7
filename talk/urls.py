"""Addresses of talk over the whole site; that about one object is below its own address."""

from django.urls import path

from talk import views

app_name = "talk"
urlpatterns = [
    path("talk/", views.post_list, name="post_list"),
    path("talk/posts/<int:post_id>/edit/", views.post_edit, name="post_edit"),
    path("talk/posts/<int:post_id>/hide/", views.post_hide, name="post_hide"),
    path("talk/threads/<int:thread_id>/resolve/", views.thread_resolve, name="thread_resolve"),
]
