"""Blocks: what they hold, from the next request on, and what they leave open."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.addresses import sort_key
from accounts.blocking import (
    BlockTerms,
    block_range,
    block_user,
    change_block,
    lift_block,
    may_block,
)
from accounts.blocks import BlockedError, find_block, find_signup_block
from accounts.models import Block, User
from accounts.permissions import may, require
from accounts.roles import EDITORS, put_in_group
from accounts.traps import make_stamp
from tests.changes.content import make_page

SPAM = BlockTerms(reason="Advertises.")
EDIT = "wiki.change_page"


def signed_in(user: User, address: str = "198.51.100.9") -> Client:
    client = Client(REMOTE_ADDR=address)
    client.force_login(user)
    return client


def save(client: Client, page, words: str = "My careful text."):
    page.refresh_from_db()
    form = {"body": words, "language": "en", "section": "", "base_revision": page.version}
    return client.post(f"/wiki/{page.slug}/edit/", form)


def test_a_block_acts_on_the_next_request_and_keeps_what_was_typed(alice, maria):
    page = make_page(alice)
    client = signed_in(alice)
    assert save(client, page, "Before.").status_code == 302
    block_user(user=alice, terms=SPAM, by=maria)
    refused = save(client, page)
    assert refused.status_code == 403
    text = refused.content.decode()
    assert "My careful text." in text
    assert "Your account is blocked for good: Advertises." in text
    assert page.history.count() == 2


def test_the_blocked_read_sign_in_and_are_told_why(alice, maria):
    page = make_page(alice)
    until = timezone.now() + timedelta(days=2)
    block_user(user=alice, terms=BlockTerms(reason="Advertises.", expires_at=until), by=maria)
    client = signed_in(alice)
    for url in (page.get_absolute_url(), f"{page.get_absolute_url()}history/", "/changes/"):
        assert client.get(url).status_code == 200
    refused = client.get("/wiki/-/new/")
    assert refused.status_code == 403
    assert "Advertises." in refused.content.decode()
    assert "UTC" in refused.content.decode()
    assert client.get("/users/alice/edit/").status_code == 403
    assert "Advertises." in client.get("/users/alice/").content.decode()


def test_a_block_ends_by_itself_and_by_being_lifted(alice, maria, mika):
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as clock:
        terms = BlockTerms(reason="Quarrels.", expires_at=now + timedelta(hours=1))
        first = block_user(user=alice, terms=terms, by=maria)
        assert not may(alice, EDIT)
        clock.shift(3600)
        assert may(alice, EDIT)
        with pytest.raises(ValidationError):
            lift_block(block_id=first.pk, by=mika)
        second = block_user(user=alice, terms=SPAM, by=maria)
        assert not may(alice, EDIT)
        lift_block(block_id=second.pk, by=mika)
        assert may(alice, EDIT)
        assert Block.objects.standing().count() == 0
        assert Block.objects.ended().count() == 2


def test_who_is_blocked_is_not_blocked_again_but_under_other_terms(alice, maria):
    first = block_user(user=alice, terms=SPAM, by=maria)
    with pytest.raises(ValidationError, match="already"):
        block_user(user=alice, terms=SPAM, by=maria)
    terms = BlockTerms(reason="Better.", expires_at=timezone.now() + timedelta(days=1))
    assert change_block(block_id=first.pk, terms=terms, by=maria).reason == "Better."
    assert Block.objects.count() == 1


def test_the_database_holds_one_block_an_account(alice, maria):
    block_user(user=alice, terms=SPAM, by=maria)
    with pytest.raises(IntegrityError), transaction.atomic():
        Block.objects.create(user=alice, reason="Again.")


def test_nobody_blocks_themselves_the_bot_or_as_a_moderator_a_moderator(alice, maria, mika, root):
    for user in (maria, User.objects.get_bot(), mika, root):
        assert not may_block(maria, user)
        with pytest.raises(PermissionDenied):
            block_user(user=user, terms=SPAM, by=maria)
    with pytest.raises(PermissionDenied):
        block_user(user=maria, terms=SPAM, by=alice)
    assert may_block(root, mika)
    block_user(user=mika, terms=SPAM, by=root)
    assert not may(mika, "moderation.decide_case")
    with pytest.raises(BlockedError):
        block_user(user=alice, terms=SPAM, by=mika)
    with pytest.raises(BlockedError):  # not even the own one
        lift_block(block_id=Block.objects.get(user=mika).pk, by=mika)


@pytest.mark.parametrize("reason", ["", "   ", "\0"])
def test_a_block_has_a_reason(alice, maria, reason):
    with pytest.raises(ValidationError):
        block_user(user=alice, terms=BlockTerms(reason=reason), by=maria)


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("203.0.113.0/24", "203.0.113.200", "203.0.114.1"),
        ("203.0.113.77/24", "203.0.113.1", "203.0.112.255"),
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("2001:db8:1:2::/64", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"),
        ("2001:db8::/32", "2001:db8:ffff::1", "203.0.113.7"),
    ],
)
def test_a_range_holds_its_addresses_and_no_other(maria, network, inside, outside):
    made = block_range(network=network, terms=SPAM, by=maria)
    assert find_signup_block(inside) == made
    assert find_signup_block(outside) is None
    assert find_signup_block("") is None


@pytest.mark.parametrize(
    "network", ["", "nonsense", "203.0.0.0/8", "::/0", "2001:db8::/18", "1.2.3"]
)
def test_what_is_no_range_or_too_wide_a_one_is_refused(maria, network):
    with pytest.raises(ValidationError):
        block_range(network=network, terms=SPAM, by=maria)


def test_a_range_of_our_proxy_or_of_oneself_is_refused(maria, settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.1/32")]
    maria.client_address = "203.0.113.9"
    for network in ("10.0.0.0/24", "203.0.113.0/24"):
        with pytest.raises(ValidationError):
            block_range(network=network, terms=SPAM, by=maria)


def test_a_range_holds_people_who_are_signed_in_only_if_it_says_so(alice, maria):
    page = make_page(alice)
    made = block_range(network="203.0.113.0/24", terms=SPAM, by=maria)
    there, elsewhere = signed_in(alice, "203.0.113.5"), signed_in(alice, "203.0.114.5")
    assert save(there, page, "One.").status_code == 302
    terms = BlockTerms(reason="Advertises.", holds_signed_in=True)
    change_block(block_id=made.pk, terms=terms, by=maria)
    refused = save(there, page)
    assert refused.status_code == 403
    assert "Changes from your network address are blocked" in refused.content.decode()
    assert save(elsewhere, page, "Two.").status_code == 302


@pytest.mark.django_db
def test_nobody_makes_an_account_from_a_blocked_range(maria):
    made = block_range(network="203.0.113.0/24", terms=SPAM, by=maria)
    client = Client(REMOTE_ADDR="203.0.113.5")
    form = {
        "username": "zoe",
        "email": "zoe@example.org",
        "password1": "correct-horse-9",
        "password2": "correct-horse-9",
        "opened": make_stamp(),
    }
    for answer in (client.get("/accounts/signup/"), client.post("/accounts/signup/", form)):
        assert answer.status_code == 403
        assert "Advertises." in answer.content.decode()
    assert not User.objects.filter(username="zoe").exists()
    terms = BlockTerms(reason="Advertises.", refuses_signup=False)
    change_block(block_id=made.pk, terms=terms, by=maria)
    assert client.post("/accounts/signup/", form).status_code == 302


def test_people_without_an_account_are_told_of_the_block_of_their_address(maria):
    block_range(network="203.0.113.0/24", terms=SPAM, by=maria)
    refused = Client(REMOTE_ADDR="203.0.113.5").get("/wiki/-/new/")
    assert refused.status_code == 403
    assert "Advertises." in refused.content.decode()


def test_a_change_of_role_or_password_acts_on_the_next_request(alice, maria):
    page = make_page(alice)
    client = signed_in(alice)
    rename = f"/wiki/{page.slug}/rename/"
    assert client.get(rename).status_code == 403
    put_in_group(user=alice, group=EDITORS)
    assert client.get(rename).status_code == 200
    alice.groups.clear()
    assert client.get(rename).status_code == 403
    assert client.get("/notifications/").status_code == 200
    alice.set_password("another-horse-9")
    alice.save(update_fields=["password"])
    assert client.get("/notifications/").status_code == 302  # every session of theirs is over


def test_the_block_is_asked_for_once_in_a_request(alice, maria, django_assert_num_queries):
    alice.client_address = "203.0.113.5"
    alice.has_perm(EDIT)
    with django_assert_num_queries(1):
        for _ in range(3):
            require(alice, EDIT)
    assert find_block(alice) is None


def test_addresses_sort_as_numbers():
    spelled = ["1.2.3.4", "9.0.0.0", "10.0.0.0", "203.0.113.9", "2001:db8::", "2001:db8::1"]
    keys = [sort_key(address) for address in spelled]
    assert keys == sorted(keys)
    assert sort_key("::ffff:1.2.3.4") == sort_key("1.2.3.4")
