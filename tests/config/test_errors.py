"""What a person sees when something is refused or breaks."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import User
from config.urls import urlpatterns as site_urls
from tests.forms_on_pages import read_form
from wiki.models import Page

TYPED = {"about": "Two\nlines & <b>more</b>", "password": "my-secret-1", "csrfmiddlewaretoken": "x"}


def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


urlpatterns = [*site_urls, path("break-down/", break_down)]


@pytest.fixture
def strict_client(alice: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
        {"Origin": "http://testserver"},
        {"Referer": "http://testserver/users/alice/edit/"},
    ],
)
def test_a_stale_form_gives_back_what_was_typed(
    strict_client: Client, headers: dict[str, str]
) -> None:
    response = strict_client.post("/users/alice/edit/", TYPED, headers=headers)
    page = response.content.decode()
    assert response.status_code == 403
    assert "Two\nlines &amp; &lt;b&gt;more&lt;/b&gt;</textarea>" in page
    assert "my-secret-1" not in page
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://testserver.evil.example/"},
    ],
)
def test_another_site_puts_no_words_on_our_page(
    strict_client: Client, headers: dict[str, str]
) -> None:
    response = strict_client.post("/users/alice/edit/", TYPED, headers=headers)
    assert response.status_code == 403
    assert "lines" not in response.content.decode()


def test_a_stale_form_can_be_sent_again_as_it_was(strict_client: Client, alice: User) -> None:
    text = '\r\nTwo\r\nlines & "quotes" <b>'
    typed = {"title": "Tasks", "body": text, "language": "en", "section": ""}
    same = {"Sec-Fetch-Site": "same-origin"}
    refused = strict_client.post("/wiki/-/new/", typed, headers=same)
    fields = read_form(refused.content.decode())
    assert fields == {name: [value] for name, value in typed.items()}
    token = refused.context["csrf_token"]
    sent = {**fields, "csrfmiddlewaretoken": str(token)}
    assert strict_client.post("/wiki/-/new/", sent, headers=same).status_code == 302
    assert Page.objects.get().body == text.replace("\r\n", "\n")


def test_a_form_with_a_password_is_not_sent_again(strict_client: Client) -> None:
    same = {"Sec-Fetch-Site": "same-origin"}
    refused = strict_client.post("/users/alice/edit/", TYPED, headers=same)
    assert read_form(refused.content.decode()) == {}


@pytest.mark.django_db
def test_an_unknown_address_is_a_page_of_ours(client: Client) -> None:
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert 'class="site-head"' in response.content.decode()
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.urls("tests.config.test_errors")
@pytest.mark.django_db
def test_a_fault_shows_a_page_without_its_cause(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/break-down/")
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    assert "a fault of ours" not in response.content.decode()
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_form_with_too_many_fields_is_refused_in_words(client: Client) -> None:
    response = client.post("/accounts/login/", {f"field{n}": "x" for n in range(1100)})
    assert response.status_code == 400
    assert "could not be understood" in response.content.decode()
