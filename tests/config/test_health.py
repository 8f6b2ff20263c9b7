"""The two addresses that machines ask."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings


def test_healthz_answers_under_any_host_name_and_without_tls(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
    response = client.get("/healthz", headers={"host": "10.1.2.3:9999"})
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_readyz_says_that_everything_answers(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"database: ok\nbroker: ok\n")


@pytest.mark.django_db
def test_readyz_is_503_while_migrations_are_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'wiki'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content.startswith(b"database: lacks ")


@pytest.mark.django_db
@pytest.mark.embedded
def test_readyz_is_503_when_the_broker_cannot_be_used(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": "/nowhere/messages"}
    response = client.get("/readyz")
    assert response.status_code == 503
    assert b"broker: cannot write its folder messages\n" in response.content


def test_nothing_but_reading_is_allowed(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
