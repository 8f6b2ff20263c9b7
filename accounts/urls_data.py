"""One's own data, below ``/accounts/data/``."""

from django.urls import path

from accounts import data_views as views

app_name = "accounts_data"
urlpatterns = [
    path("", views.data_detail, name="data_detail"),
    path("export/", views.data_export, name="data_export"),
    path("erase/", views.data_erase, name="data_erase"),
]
