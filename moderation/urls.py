"""The review queue and the public log of decisions."""

from django.urls import path

from moderation import views

app_name = "moderation"
urlpatterns = [
    path("review/", views.case_list, name="case_list"),
    path("review/<int:case_id>/", views.case_detail, name="case_detail"),
    path("review/<int:case_id>/decide/", views.case_decide, name="case_decide"),
    path("log/", views.decision_list, name="decision_list"),
]
