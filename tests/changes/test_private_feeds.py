"""Feeds that a key in their address opens, for one person."""

import json
import logging

import pytest
from django.urls import reverse

from accounts.blocking import BlockTerms, block_user
from changes.feed_tokens import find_feed_reader, renew_feed_token, revoke_feed_token
from changes.models import FeedToken
from changes.notifying import NotificationSubject, notify
from config.logs import LineFormatter
from moderation.cases import open_case

PAGE = NotificationSubject(object_type="page", object_id=7, title="Tasks & <b>", url="/wiki/tasks/")

pytestmark = pytest.mark.django_db


def feed(name: str, token: str, format: str = "json") -> str:
    return reverse(name, args=[token, format])


def open_report(title: str = "Spam on Tasks") -> None:
    open_case(kind="dead_link", target_type="link", target_id=1, title=title, reason="Secret.")


def test_the_key_is_shown_once_and_kept_as_a_digest(client, maria):
    client.force_login(maria)
    answer = client.post("/notifications/feeds/", {"action": "renew"})
    assert "no-store" in answer.headers["Cache-Control"]
    addresses = dict(answer.context["feeds"])
    assert len(addresses) >= 2
    token = addresses["Notifications"].split("/")[-2]
    assert find_feed_reader(token) == maria
    assert token not in FeedToken.objects.get().digest
    assert token not in client.get("/notifications/preferences/").content.decode()
    client.post("/notifications/feeds/", {"action": "revoke"})
    assert find_feed_reader(token) is None


def test_a_new_key_ends_the_old_one(client, alice):
    old, new = renew_feed_token(user=alice), renew_feed_token(user=alice)
    assert client.get(feed("changes:notification_feed", old)).status_code == 404
    assert client.get(feed("changes:notification_feed", new)).status_code == 200
    revoke_feed_token(user=alice)
    assert client.get(feed("changes:notification_feed", new)).status_code == 404


@pytest.mark.parametrize("format", ["atom", "rss", "json"])
def test_notifications_are_read_without_signing_in_and_kept_by_nobody(client, alice, bob, format):
    notify(recipient=alice, kind="proposal_approved", subject=PAGE, actor=bob)
    notify(recipient=bob, kind="proposal_approved", subject=PAGE, actor=alice)
    answer = client.get(feed("changes:notification_feed", renew_feed_token(user=alice), format))
    text = answer.content.decode()
    assert "bob approved your proposal" in text and "alice approved" not in text
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert not answer.cookies
    again = client.get(answer.request["PATH_INFO"], HTTP_IF_NONE_MATCH=answer.headers["ETag"])
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, no-cache")


def test_the_queue_is_asked_for_anew_at_every_request(client, maria, root):
    open_report()
    url = feed("moderation:review_feed", renew_feed_token(user=maria))
    entries = json.loads(client.get(url).content)["items"]
    assert [entry["url"].rpartition("/review/")[2] for entry in entries] != []
    assert "Secret." not in client.get(url).content.decode()
    block_user(user=maria, terms=BlockTerms(reason="X."), by=root)
    assert client.get(url).status_code == 404
    maria.blocks.all().delete()
    assert client.get(url).status_code == 200
    maria.groups.clear()
    assert client.get(url).status_code == 404


def test_a_closed_account_reads_nothing(client, alice):
    url = feed("changes:notification_feed", renew_feed_token(user=alice))
    alice.is_active = False
    alice.save()
    assert client.get(url).status_code == 404


def test_who_may_not_hear_of_a_kind_any_more_reads_none_of_it(client, maria, mika):
    notify(recipient=maria, kind="mentioned_in_note", subject=PAGE, actor=mika)
    url = feed("changes:notification_feed", renew_feed_token(user=maria))
    assert len(json.loads(client.get(url).content)["items"]) == 1
    maria.groups.clear()
    assert json.loads(client.get(url).content)["items"] == []


def test_as_many_queries_for_many_cases_as_for_few(client, maria, django_assert_max_num_queries):
    url = feed("moderation:review_feed", renew_feed_token(user=maria))
    for number in range(1, 30):
        open_case(
            kind="unknown", target_type="link", target_id=number, title=f"Case {number}", reason=""
        )
    with django_assert_max_num_queries(12):
        assert len(json.loads(client.get(url).content)["items"]) == 29


@pytest.mark.parametrize("address", ["/feeds/%s/review.atom", "/mail/unsubscribe/%s/"])
def test_a_key_never_gets_into_the_log(address):
    key = "s3cret-key_of:somebody"
    record = logging.LogRecord("x", 30, "", 1, "Not Found: %s", (address % key,), None)
    line = LineFormatter().format(record)
    assert key not in line and "Not Found: /" in line
