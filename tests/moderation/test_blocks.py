"""The pages where moderators block people."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.blocking import BlockTerms
from accounts.models import Block
from changes.models import Change
from changes.notification_models import Notification
from moderation.blocking import block
from moderation.log_models import Decision


@pytest.fixture
def moderator(maria) -> Client:
    client = Client()
    client.force_login(maria)
    return client


FORM = {"target": "ALICE", "duration": "1w", "reason": "Advertises.", "may_appeal": "on"}


def test_a_block_is_made_changed_and_lifted_and_the_log_tells_of_each(moderator, alice):
    assert "ALICE" in moderator.get("/blocks/new/?user=ALICE").content.decode()
    assert moderator.post("/blocks/new/", FORM).url == "/blocks/"
    made = Block.objects.get()
    assert made.user == alice
    assert timedelta(days=6) < made.expires_at - made.made_at < timedelta(days=8)
    assert "Advertises." in moderator.get("/blocks/").content.decode()
    changed = {"duration": "never", "reason": "Goes on."}
    assert moderator.post(f"/blocks/{made.pk}/edit/", changed).status_code == 302
    made.refresh_from_db()
    assert (made.expires_at, made.reason, made.may_appeal) == (None, "Goes on.", False)
    assert moderator.post(f"/blocks/{made.pk}/lift/", {"reason": "Promised."}).status_code == 302
    assert not Block.objects.standing().exists()
    assert [d.action for d in Decision.objects.order_by("pk")] == ["block", "change", "lift"]
    log = Client().get("/log/").content.decode()
    assert "Block lifted" in log
    assert "/users/alice/" in log
    assert "Promised." in log
    assert Change.objects.count() == 0


def test_the_blocked_account_is_told(moderator, alice):
    moderator.post("/blocks/new/", FORM)
    told = Notification.objects.get()
    assert told.recipient == alice
    client = Client()
    client.force_login(alice)
    assert "Advertises." in client.get("/notifications/").content.decode()


def test_a_range_is_blocked_in_its_plain_spelling(moderator):
    form = {**FORM, "target": " 203.0.113.77/24 ", "refuses_signup": "on"}
    assert moderator.post("/blocks/new/", form).status_code == 302
    made = Block.objects.get()
    assert (made.network, made.refuses_signup, made.holds_signed_in) == (
        "203.0.113.0/24",
        True,
        False,
    )


@pytest.mark.parametrize("target", ["nobody-here", "203.0.0.0/8", "", "alice", "127.0.0.1"])
def test_what_cannot_be_blocked_keeps_the_form(moderator, alice, maria, target):
    block(target=alice, terms=BlockTerms(reason="Already."), by=maria)
    refused = moderator.post("/blocks/new/", {**FORM, "target": target})
    assert refused.status_code == 422
    assert "Advertises." in refused.content.decode()
    assert Block.objects.count() == 1


def test_blocks_are_found_by_account_by_address_and_by_words(moderator, alice, maria):
    block(target=alice, terms=BlockTerms(reason="Advertises shoes."), by=maria)
    block(target="203.0.113.0/24", terms=BlockTerms(reason="Floods."), by=maria)

    def found(words: str) -> tuple[bool, bool]:
        text = moderator.get("/blocks/", {"q": words}).content.decode()
        return "Advertises shoes." in text, "Floods." in text

    assert found("") == (True, True)
    assert found("ali") == (True, False)
    assert found("shoes") == (True, False)
    assert found("203.0.113.200") == (False, True)
    assert found("203.0.113") == (False, True)
    assert found("198.51.100.1") == (False, False)


def test_a_list_of_many_blocks_takes_as_many_queries_as_one_of_few(
    moderator, maria, django_assert_max_num_queries
):
    for number in range(30):
        terms = BlockTerms(reason="Floods.")
        block(target=f"203.0.113.{number}", terms=terms, by=maria)
    with django_assert_max_num_queries(12):
        assert moderator.get("/blocks/").status_code == 200


def test_only_moderators_block(alice, erin):
    for user in (alice, erin):
        client = Client()
        client.force_login(user)
        for url in ("/blocks/", "/blocks/new/"):
            assert client.get(url).status_code == 403
        assert client.post("/blocks/new/", FORM).status_code == 403
        assert "/blocks/new/" not in client.get("/users/alice/").content.decode()
    assert not Block.objects.exists()


def test_a_profile_leads_moderators_to_the_block(moderator, alice):
    assert "/blocks/new/?user=alice" in moderator.get("/users/alice/").content.decode()
    moderator.post("/blocks/new/", FORM)
    made = Block.objects.get()
    assert f"/blocks/{made.pk}/edit/" in moderator.get("/users/alice/").content.decode()
