"""Choosing how one is told."""

import pytest

from accounts.models import User
from changes.mail_models import Preferences
from changes.models import Notification, NotificationChoice
from changes.notification_models import Channel, Rhythm
from changes.notifying import NotificationSubject, notify
from tests.forms_on_pages import read_form

URL = "/notifications/preferences/"

pytestmark = pytest.mark.django_db


def save(client, **changes: str) -> None:
    """Change some fields of the form, which is not the last one of the page, and save."""
    page = client.get(URL).content.decode().partition('id="feeds"')[0]
    answer = client.post(URL, {**read_form(page), **changes})
    assert answer.status_code == 302, answer.content.decode()


def test_what_is_chosen_is_kept_and_only_what_differs_from_the_usual(client, alice):
    client.force_login(alice)
    wanted = {"summary_rhythm": "weekly", "time_zone": "Europe/Berlin", "language": "es"}
    save(client, kind_proposal_approved="digest", **wanted)
    preferences = Preferences.of(alice)
    assert (preferences.summary_rhythm, preferences.time_zone) == ("weekly", "Europe/Berlin")
    assert User.objects.get(pk=alice.pk).language == "es"
    choice = NotificationChoice.objects.get(user=alice)
    assert (choice.kind, choice.channel) == ("proposal_approved", "digest")
    save(client, kind_proposal_approved="mail")
    assert not NotificationChoice.objects.exists()


def test_what_waits_follows_the_choice(client, alice, bob):
    subject = NotificationSubject(object_type="page", object_id=1, title="T", url="/")
    notify(recipient=alice, kind="proposal_approved", subject=subject, actor=bob)
    client.force_login(alice)
    save(client, kind_proposal_approved="off")
    assert not Notification.objects.to_mail(Channel.MAIL).exists()


def test_only_who_decides_cases_is_offered_the_digest_and_kinds_of_moderators(client, alice, maria):
    client.force_login(alice)
    page = client.get(URL).content.decode()
    assert "review_rhythm" not in page and "kind_mentioned_in_note" not in page
    sent = {"summary_rhythm": "daily", "review_rhythm": "daily", "time_zone": "UTC"}
    client.post(URL, {**sent, "language": "en", "kind_mentioned_in_note": "mail"})
    assert Preferences.of(alice).review_rhythm == Rhythm.NEVER
    assert not NotificationChoice.objects.exists()
    client.force_login(maria)
    save(client, review_rhythm="weekly")
    assert Preferences.of(maria).review_covered_at is not None


def test_nonsense_is_refused_and_nothing_is_kept(client, alice):
    client.force_login(alice)
    answer = client.post(
        URL, {"summary_rhythm": "hourly", "time_zone": "Mars/Base", "kind_proposal_approved": "x"}
    )
    assert answer.status_code == 200 and b"error-summary" in answer.content
    assert not Preferences.objects.exists() and not NotificationChoice.objects.exists()


def test_people_without_a_confirmed_address_are_told_so(client, alice):
    client.force_login(alice)
    assert b"none of your e-mail addresses is confirmed" in client.get(URL).content
