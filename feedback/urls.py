"""Where readers say whether something was helpful."""

from django.urls import path

from feedback import views

app_name = "feedback"
urlpatterns = [
    path("helpful/<slug:object_type>/<int:object_id>/", views.helpful, name="helpful"),
]
