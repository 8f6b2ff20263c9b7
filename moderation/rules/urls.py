"""Addresses of rules on edits, below ``/rules/``."""

from django.urls import path

from moderation.rules import edit_views, views

urlpatterns = [
    path("", views.rule_list, name="rule_list"),
    path("new/", edit_views.rule_create, name="rule_create"),
    path("<int:rule_id>/", views.rule_detail, name="rule_detail"),
    path("<int:rule_id>/edit/", edit_views.rule_edit, name="rule_edit"),
    path("<int:rule_id>/history/", views.rule_history, name="rule_history"),
    path("<int:rule_id>/hits/", views.rule_hits, name="rule_hits"),
    path("<int:rule_id>/try/", views.rule_try, name="rule_try"),
    path("<int:rule_id>/on/", views.rule_switch_on, name="rule_switch_on"),
    path("<int:rule_id>/off/", views.rule_switch_off, name="rule_switch_off"),
    path("hits/<int:hit_id>/mark/", views.rule_hit_mark, name="rule_hit_mark"),
]
