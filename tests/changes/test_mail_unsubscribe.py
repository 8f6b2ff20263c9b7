"""Leaving mails by the link in them."""

import pytest
from django.test import Client
from django.urls import reverse

from changes.mail_models import Preferences
from changes.models import Notification, NotificationChoice
from changes.notification_models import Channel, Rhythm
from changes.notifying import NotificationSubject, notify
from changes.unsubscribing import REVIEW, SUMMARY, Subscription, make_token

pytestmark = pytest.mark.django_db


def address(user, sort: str, kinds=()) -> str:
    token = make_token(Subscription(user_id=user.pk, sort=sort, kinds=kinds))
    return reverse("changes:mail_unsubscribe", args=[token])


def test_one_click_of_a_mail_program_ends_the_kind_and_leaves_the_site(alice, bob):
    subject = NotificationSubject(object_type="page", object_id=1, title="T", url="/")
    notify(recipient=alice, kind="proposal_approved", subject=subject, actor=bob)
    program = Client(enforce_csrf_checks=True)
    url = address(alice, "notices", ["proposal_approved"])
    for _twice in range(2):
        answer = program.post(url, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and not answer.cookies
    assert NotificationChoice.objects.get().channel == Channel.SITE
    assert Notification.objects.get().channel == Channel.SITE
    assert not Preferences.objects.exists()


def test_looking_at_the_link_ends_nothing_and_shows_a_button(client, alice):
    answer = client.get(address(alice, "notices", ["proposal_approved"]))
    assert b"A proposal of mine is approved" in answer.content
    assert b"<button" in answer.content
    assert not NotificationChoice.objects.exists()
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert b"alice" not in answer.content


def test_summaries_digests_and_all_mails_end_each_apart(client, alice):
    client.post(address(alice, SUMMARY), {"from": "this"})
    assert Preferences.of(alice).summary_rhythm == Rhythm.NEVER
    Preferences.objects.update(review_rhythm=Rhythm.DAILY)
    client.post(address(alice, REVIEW), {"from": "this"})
    assert Preferences.of(alice).review_rhythm == Rhythm.NEVER
    assert not Preferences.of(alice).mails_nothing
    client.post(address(alice, REVIEW), {"from": "all"})
    assert Preferences.of(alice).mails_nothing


@pytest.mark.parametrize("token", ["x", "x:y", "WzEsIm5vdGljZXMiXQ:forged", "é"])
def test_a_forged_link_does_nothing(client, alice, token):
    url = reverse("changes:mail_unsubscribe", args=[token])
    assert client.get(url).status_code == client.post(url).status_code == 404
    assert not Preferences.objects.exists()


def test_the_link_of_an_account_that_is_no_more_says_nothing_else(client, alice):
    url = address(alice, SUMMARY)
    alice.delete()
    assert client.post(url).status_code == 200
