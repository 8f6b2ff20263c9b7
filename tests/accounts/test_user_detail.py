"""Public profiles."""

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User


def test_everyone_sees_a_profile_but_not_the_address(client: Client, erin: User) -> None:
    erin.about = "I like **tables**. <script>alert(1)</script>"
    erin.save(update_fields=["about"])
    page = client.get("/users/erin/").content.decode()
    assert "<strong>tables</strong>" in page
    assert "<script>alert" not in page
    assert "editor" in page
    assert erin.email not in page


def test_another_case_leads_to_the_name_as_it_is_written(client: Client, erin: User) -> None:
    response = client.get("/users/ERIN/")
    assert response.status_code == 301
    assert response.headers["Location"] == "/users/erin/"


def test_an_unknown_name_answers_404_in_words(client: Client, erin: User) -> None:
    response = client.get("/users/nobody-here/")
    assert response.status_code == 404
    assert "Nobody here has the name “nobody-here”." in response.content.decode()


def test_a_profile_takes_five_queries(
    client: Client, erin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # The account, its block, its groups, its changes, their counts; tests/changes counts many.
    with django_assert_num_queries(5):
        client.get("/users/erin/")


def test_people_edit_their_own_profile(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/users/alice/edit/").status_code == 200
    response = client.post("/users/alice/edit/", {"about": "Hello", "is_superuser": "on"})
    assert response.headers["Location"] == "/users/alice/"
    alice.refresh_from_db()
    assert alice.about == "Hello"
    assert not alice.is_superuser


def test_too_long_a_text_is_given_back(client: Client, alice: User) -> None:
    client.force_login(alice)
    text = "x" * 2001
    response = client.post("/users/alice/edit/", {"about": text})
    assert response.status_code == 200
    assert text in response.content.decode()


def test_nobody_edits_the_profile_of_another(client: Client, alice: User, maria: User) -> None:
    client.force_login(maria)
    response = client.post("/users/alice/edit/", {"about": "mine now"})
    assert response.status_code == 403
    assert "only they can edit it" in response.content.decode()
    alice.refresh_from_db()
    assert alice.about == ""


def test_a_visitor_is_asked_to_sign_in_first(client: Client, alice: User) -> None:
    response = client.get("/users/alice/edit/")
    assert response.headers["Location"] == "/accounts/login/?next=/users/alice/edit/"
