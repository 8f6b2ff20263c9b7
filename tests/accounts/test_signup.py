"""New accounts: who may have which name, and what a newcomer belongs to."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.traps import make_stamp

TYPED = {
    "username": "newcomer",
    "email": "newcomer@example.org",
    "password1": "long-enough-pw-7",
    "password2": "long-enough-pw-7",
    "opened": make_stamp(),
}


@pytest.mark.django_db
def test_a_newcomer_is_signed_in_and_was_told_that_edits_wait(client: Client) -> None:
    assert "waits until a moderator has looked" in client.get("/accounts/signup/").content.decode()
    response = client.post("/accounts/signup/", TYPED)
    assert response.status_code == 302
    newcomer = User.objects.get(username="newcomer")
    assert client.session["_auth_user_id"] == str(newcomer.pk)
    assert [group.name for group in newcomer.groups.all()] == ["Newcomers"]
    assert not newcomer.has_perm("wiki.change_page")
    assert newcomer.has_perm("moderation.add_proposal")


@pytest.mark.django_db
def test_a_site_may_let_new_accounts_publish_at_once(client: Client, settings: Any) -> None:
    settings.NEW_ACCOUNTS_JOIN = "contributors"
    assert "waits until a moderator" not in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", TYPED)
    assert User.objects.get(username="newcomer").has_perm("wiki.change_page")


@pytest.mark.django_db
def test_signing_up_leads_back_to_where_one_was(client: Client) -> None:
    response = client.post("/accounts/signup/?next=/users/newcomer/", TYPED)
    assert response.headers["Location"] == "/users/newcomer/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ab", "at least 3 characters"),
        ("a" * 41, "at most 40 characters"),
        ("two words", "cannot contain a space"),
        ("a/b/c", "cannot contain “/”"),
        ("ab\u200bcd", "cannot contain U+200B"),
        ("ab\u202ecd", "cannot contain U+202E"),
        ("ﬁnally", "please use “finally”"),
        (".dotted", "begins and ends with a letter or a digit"),
        ("Admin", "would pass for an office"),
        ("Аdmіn", "would pass for an office"),
        ("mod.erat0r", "would pass for an office"),
        ("perennial-bot", "would pass for an office"),
    ],
)
def test_a_bad_name_is_explained_and_what_was_typed_is_kept(
    client: Client, name: str, sentence: str
) -> None:
    response = client.post("/accounts/signup/", {**TYPED, "username": name})
    assert response.status_code == 200
    assert not User.objects.filter(email=TYPED["email"]).exists()
    form = response.context["form"]
    assert any(sentence in error for error in form.errors["username"]), form.errors
    page = response.content.decode()
    assert TYPED["email"] in page
    assert name in page
    assert 'href="#id_username"' in page


@pytest.mark.django_db
def test_a_name_that_is_taken_in_another_case_is_refused(client: Client, alice: User) -> None:
    response = client.post("/accounts/signup/", {**TYPED, "username": "ALICE"})
    assert "This user name is taken." in response.context["form"].errors["username"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["mаria", "rnaria", "ma-ria"])
def test_a_name_that_looks_like_a_moderators_is_refused(
    client: Client, maria: User, name: str
) -> None:
    response = client.post("/accounts/signup/", {**TYPED, "username": name})
    assert "looks like that of a moderator" in str(response.context["form"].errors["username"])


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Ольга", "王小明", "محمد", "o_O-3", "Zoë", "हिन्दी"])
def test_names_of_every_script_are_welcome(client: Client, name: str) -> None:
    assert client.post("/accounts/signup/", {**TYPED, "username": name}).status_code == 302
    assert User.objects.get_named(name).label == name
    assert client.get(f"/users/{name}/").status_code == 200


@pytest.mark.django_db
def test_an_address_that_is_taken_makes_no_second_account(client: Client, alice: User) -> None:
    response = client.post("/accounts/signup/", {**TYPED, "email": "alice@example.org"})
    assert User.objects.filter(email="alice@example.org").count() == 1
    assert response.status_code in {200, 302}
