"""Signing in and out, and a lost password."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User

PASSWORD = "correct-horse-9"


@pytest.fixture
def alice_with_password(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    return alice


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.org"])
def test_name_and_address_both_sign_in(
    client: Client, alice_with_password: User, login: str
) -> None:
    response = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(alice_with_password.pk)


def test_a_wrong_password_says_so_and_keeps_the_name(
    client: Client, alice_with_password: User
) -> None:
    response = client.post("/accounts/login/", {"login": "alice", "password": "wrong-horse-9"})
    page = response.content.decode()
    assert "There is no account with this name and password." in page
    assert 'value="alice"' in page
    assert "wrong-horse-9" not in page


def test_signing_in_never_leads_to_another_site(client: Client, alice_with_password: User) -> None:
    response = client.post(
        "/accounts/login/?next=https://evil.example/", {"login": "alice", "password": PASSWORD}
    )
    assert response.headers["Location"] == "/"


def test_looking_at_sign_out_does_not_sign_out(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_a_lost_password_is_replaced_by_mail(client: Client, alice_with_password: User) -> None:
    client.post("/accounts/password/reset/", {"email": "alice@example.org"})
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"]
    (path,) = re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", message.body)
    form = client.get(path, follow=True)
    new = {"password1": "another-horse-9", "password2": "another-horse-9"}
    done = client.post(form.redirect_chain[-1][0], new, follow=True)
    assert done.status_code == 200
    alice_with_password.refresh_from_db()
    assert alice_with_password.check_password("another-horse-9")


@pytest.mark.django_db
def test_nobody_learns_whether_an_address_has_an_account(client: Client) -> None:
    response = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert response.headers["Location"] == "/accounts/password/reset/done/"


@pytest.mark.django_db
def test_the_bot_cannot_sign_in() -> None:
    bot = User.objects.get_bot()
    assert bot == User.objects.get_bot()
    assert bot.is_bot
    assert not bot.is_active
    assert not bot.has_usable_password()


@pytest.mark.parametrize(
    "path", ["login/", "signup/", "password/reset/", "password/reset/done/", "inactive/"]
)
@pytest.mark.django_db
def test_every_entrance_wears_our_look(client: Client, path: str) -> None:
    page = client.get(f"/accounts/{path}").content.decode()
    assert 'class="site-head"' in page
    assert "<h1>" in page
    assert " style=" not in page
    assert "placeholder" not in page.replace('placeholder="Search"', "")


@pytest.mark.parametrize("path", ["email/", "password/change/", "logout/"])
def test_every_page_of_ones_account_wears_our_look(
    client: Client, alice_with_password: User, path: str
) -> None:
    client.force_login(alice_with_password)
    page = client.get(f"/accounts/{path}").content.decode()
    assert 'class="site-head"' in page
    assert "<h1>" in page
    assert " style=" not in page


def test_too_many_wrong_passwords_are_told_to_wait(alice_with_password: User) -> None:
    client = Client(REMOTE_ADDR="203.0.113.77")
    wrong = {"login": "alice", "password": "wrong-horse-9"}
    answers = [client.post("/accounts/login/", wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 300
    assert "wrong-horse-9" not in answers[-1].content.decode()


def test_who_floods_an_account_does_not_keep_its_owner_out(alice_with_password: User) -> None:
    flood = Client(REMOTE_ADDR="203.0.113.77")
    for _ in range(40):
        flood.post("/accounts/login/", {"login": "alice", "password": "wrong-horse-9"})
    right = {"login": "alice", "password": PASSWORD}
    assert flood.post("/accounts/login/", right).status_code == 429
    owner = Client(REMOTE_ADDR="198.51.100.4")
    assert owner.post("/accounts/login/", right).status_code == 302


def test_who_knows_the_password_is_not_counted_as_one_who_guesses(
    alice_with_password: User,
) -> None:
    for _ in range(9):
        answer = Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD})
        assert answer.status_code == 302


def test_one_address_guesses_at_many_accounts_no_longer(alice_with_password: User) -> None:
    client = Client(REMOTE_ADDR="2001:db8:1:2::1")
    for number in range(30):
        client.post("/accounts/login/", {"login": f"user{number}", "password": "wrong-horse-9"})
    neighbour = Client(REMOTE_ADDR="2001:db8:1:2:ffff::9")  # of the same /64
    right = {"login": "alice", "password": PASSWORD}
    assert neighbour.post("/accounts/login/", right).status_code == 429


@pytest.mark.parametrize("known", [True, False])
def test_the_sixth_mail_for_a_lost_password_in_an_hour_is_not_sent(
    alice: User, known: bool
) -> None:
    email = "alice@example.org" if known else "nobody@example.org"
    answers = [
        Client(REMOTE_ADDR=f"203.0.113.{n}").post("/accounts/password/reset/", {"email": email})
        for n in range(6)
    ]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "mails for a lost password" in answers[-1].content.decode()


def test_one_address_asks_for_five_mails_an_hour(alice: User) -> None:
    form = "/accounts/password/reset/"
    answers = [Client().post(form, {"email": f"user{n}@example.org"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
