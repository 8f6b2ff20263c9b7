"""The health of links and hosts."""

from django.urls import path

from linkcheck import batch_views, host_views, views, word_views

app_name = "linkcheck"
urlpatterns = [
    path("links/", views.link_list, name="link_list"),
    path("links/<int:link_id>/", views.link_detail, name="link_detail"),
    path("links/<int:link_id>/check/", views.link_check, name="link_check"),
    path("links/<int:link_id>/withdraw/", views.link_withdraw, name="link_withdraw"),
    path("links/<int:link_id>/override/", word_views.link_override, name="link_override"),
    path("links/<int:link_id>/confirm/", word_views.link_confirm, name="link_confirm"),
    path("links/moves/", word_views.move_list, name="move_list"),
    path("links/batches/<int:batch_id>/", batch_views.batch_detail, name="batch_detail"),
    path("links/batches/<int:batch_id>/undo/", batch_views.batch_undo, name="batch_undo"),
    path("hosts/", host_views.host_list, name="host_list"),
    path("hosts/<str:name>/", host_views.host_detail, name="host_detail"),
    path("hosts/<str:name>/override/", host_views.host_override, name="host_override"),
    path("hosts/<str:name>/moves/", batch_views.host_moves, name="host_moves"),
    path("hosts/<str:name>/withdraw/", host_views.host_withdraw, name="host_withdraw"),
]
