"""Mails of what happened: to whom, when, and at most once."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.utils import timezone

from accounts.blocking import BlockTerms, block_user
from accounts.models import User
from changes import mailing
from changes.hiding import hide_parts
from changes.mail_models import Mail, Preferences, find_slot, find_zone
from changes.models import Notification, NotificationChoice
from changes.notification_kinds import NotificationKind, register_kind
from changes.notification_models import Channel, Rhythm
from changes.notifying import NotificationSubject, mark_read, notify
from changes.tasks import send_mails
from tests.changes.content import edit, make_page
from tests.changes.mail_server import run_mail_server
from tests.threads import run_at_once

PAGE = NotificationSubject(object_type="page", object_id=7, title="Tasks", url="/wiki/tasks/")
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr("changes.notification_kinds._kinds", {})
    sentence = "%(actor)s blessed %(title)s."
    for name, usual in (("blessed", Channel.MAIL), ("praised", Channel.DIGEST)):
        register_kind(NotificationKind(name=name, label=name, sentence=sentence, usual=usual))


@pytest.fixture
def reader(alice: User) -> User:
    return confirm(alice)


@pytest.fixture
def server(settings):
    with run_mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.server_address[1]
        yield running


def confirm(user: User, address: str = "") -> User:
    email = address or user.email
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=not address)
    return user


def tell(recipient: User, actor: User, kind: str = "blessed", **subject: object) -> None:
    about = NotificationSubject(**{**vars(PAGE), **subject})
    notify(recipient=recipient, kind=kind, subject=about, actor=actor)


def states() -> list[str]:
    return list(Mail.objects.order_by("pk").values_list("state", flat=True))


def pass_time(**units: int) -> None:
    Mail.objects.update(due_at=timezone.now(), claimed_at=timezone.now() - timedelta(**units))


def test_what_happens_is_mailed_at_once_in_the_reader_s_language(reader, bob, settings):
    User.objects.filter(pk=reader.pk).update(language="es")
    tell(reader, bob)
    send_mails()
    [sent] = outbox.outbox
    assert sent.to == ["alice@example.org"]
    assert sent.subject == f"[{settings.SITE_NAME}] bob blessed Tasks."
    assert f"{settings.SITE_URL}/wiki/tasks/" in sent.body
    html, kind = sent.alternatives[0]
    assert kind == "text/html" and '<html lang="es">' in html
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.extra_headers["List-Unsubscribe"].startswith(f"<{settings.SITE_URL}/mail/")
    send_mails()
    assert len(outbox.outbox) == 1
    assert states() == ["sent"]


def test_what_comes_together_is_one_mail(reader, bob):
    tell(reader, bob)
    tell(reader, bob, object_id=8, title="Actors & <b>")
    send_mails()
    [sent] = outbox.outbox
    assert "2 notifications" in sent.subject
    assert "Actors & <b>" in sent.body and "Actors &amp; &lt;b&gt;" in sent.alternatives[0][0]


def test_mail_goes_only_to_confirmed_addresses_of_people_whose_account_is_open(
    alice, bob, erin, mika, maria
):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=False, primary=True)
    for user in (bob, erin, mika):
        confirm(user)
    for user in (alice, bob, erin, mika):
        tell(user, maria)
    block_user(user=bob, terms=BlockTerms(reason="Spam."), by=maria)
    User.objects.filter(pk=erin.pk).update(is_active=False)
    Preferences.objects.create(user=mika, mails_nothing=True)
    send_mails()
    assert outbox.outbox == []
    assert set(states()) == {"dropped"}
    confirm(alice, "alice@elsewhere.example")
    tell(alice, maria, object_id=9)
    send_mails()
    assert outbox.outbox[0].to == ["alice@elsewhere.example"]


def test_what_was_read_on_the_site_is_not_mailed(reader, bob):
    tell(reader, bob)
    mailing.plan_mails()
    mark_read(user=reader)
    send_mails()
    assert (outbox.outbox, states()) == ([], ["dropped"])


def test_what_was_hidden_since_is_not_mailed(reader, maria):
    page = make_page(maria, title="Tasks", body="A telephone number.\n")
    tell(reader, maria, object_id=page.pk, title="A telephone number")
    mailing.plan_mails()
    edit(page, "Nothing.\n", maria)
    hide_parts(
        object_type="page", object_id=page.pk, first=1, last=1, parts=["text"], reason="X", by=maria
    )
    send_mails()
    assert (outbox.outbox, states()) == ([], ["dropped"])


def test_who_may_not_hear_of_it_any_more_is_not_mailed(bob, maria):
    kind = {"sentence": "%(title)s", "usual": Channel.MAIL, "permission": "moderation.decide_case"}
    register_kind(NotificationKind(name="secret", label="secret", **kind))
    tell(confirm(maria), bob, kind="secret")
    maria.groups.clear()
    send_mails()
    assert outbox.outbox == []


@pytest.mark.parametrize(
    ("rhythm", "zone", "now", "slot"),
    [
        (Rhythm.DAILY, "UTC", "2026-11-25T08:00", "2026-11-25T08:00"),
        (Rhythm.DAILY, "UTC", "2026-11-25T07:59", "2026-11-24T08:00"),
        (Rhythm.DAILY, "Asia/Tokyo", "2026-11-24T23:30", "2026-11-24T23:00"),
        (Rhythm.WEEKLY, "UTC", "2026-11-25T12:00", "2026-11-23T08:00"),
        (Rhythm.WEEKLY, "UTC", "2026-11-23T07:00", "2026-11-16T08:00"),
        (Rhythm.WEEKLY, "America/New_York", "2026-11-02T12:59", "2026-10-26T12:00"),
    ],
)
def test_a_summary_is_due_in_the_morning_of_its_reader(rhythm, zone, now, slot):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(slot).replace(tzinfo=UTC)
    assert find_slot(rhythm, find_zone(zone), moment) == expected


def test_a_summary_gathers_what_waited_and_comes_once(reader, bob):
    Preferences.objects.create(user=reader, summary_rhythm=Rhythm.DAILY, time_zone="Europe/Berlin")
    with time_machine.travel(MONDAY, tick=False) as clock:  # half past eight in Berlin
        tell(reader, bob, kind="praised")
        tell(reader, bob, kind="praised", object_id=8)
        send_mails()
        assert outbox.outbox == []
        clock.shift(timedelta(hours=23))
        send_mails()
        assert outbox.outbox == []
        clock.shift(timedelta(hours=1))
        send_mails()
        send_mails()
    [sent] = outbox.outbox
    assert "2 notifications" in sent.subject


def test_who_wants_no_summary_gets_none(reader, bob):
    Preferences.objects.create(user=reader, summary_rhythm=Rhythm.NEVER)
    with time_machine.travel(MONDAY, tick=False) as clock:
        tell(reader, bob, kind="praised")
        clock.shift(timedelta(days=9))
        send_mails()
    assert not Mail.objects.exists()


def test_planning_asks_as_much_for_many_as_for_none(django_assert_num_queries, reader, bob):
    Preferences.objects.create(user=reader, summary_rhythm=Rhythm.WEEKLY)
    tell(reader, bob, kind="praised")
    Notification.objects.update(at=timezone.now())
    with django_assert_num_queries(3):
        mailing.plan_mails()


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_one_mail_each(alice, bob):
    for user in (alice, bob):
        confirm(user)
    root = User.objects.create_superuser(username="root", email="root@example.org")
    tell(alice, root)
    tell(bob, root)
    run_at_once(lambda _number: mailing.plan_mails(), people=6)
    run_at_once(lambda _number: mailing.send_mails(), people=6)
    assert sorted(sent.to[0] for sent in outbox.outbox) == ["alice@example.org", "bob@example.org"]
    assert states() == ["sent", "sent"]


def test_what_a_dead_worker_held_is_not_sent_again(reader, bob):
    tell(reader, bob)
    mailing.plan_mails()
    mailing._claim()
    send_mails()
    assert states() == ["sending"]
    pass_time(hours=1)
    send_mails()
    assert (outbox.outbox, states()) == ([], ["uncertain"])


def test_a_server_that_cannot_be_reached_is_tried_again_and_harms_nobody(
    reader, bob, server, caplog
):
    caplog.set_level(logging.DEBUG)
    port = server.server_address[1]
    server.shutdown()
    server.server_close()
    tell(reader, bob)
    send_mails()
    waiting = Mail.objects.get()
    assert (waiting.state, waiting.tries) == ("waiting", 1)
    assert waiting.due_at > timezone.now() + timedelta(seconds=30)
    for _try in range(20):
        pass_time(minutes=1)
        send_mails()
    assert (states(), Mail.objects.get().tries) == (["failed"], mailing.MAX_TRIES)
    assert str(port) not in caplog.text and "alice@" not in caplog.text
    assert "Error" in caplog.text


def test_a_server_that_says_later_gets_it_later_and_once(reader, bob, server):
    server.answers = {"RCPT": "451 4.7.1 alice@example.org is greylisted"}
    tell(reader, bob)
    send_mails()
    assert states() == ["waiting"]
    server.answers = {}
    pass_time(minutes=1)
    send_mails()
    send_mails()
    assert states() == ["sent"]
    [mail] = server.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Message-ID"].endswith("@127.0.0.1>")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"RCPT": "550 5.1.1 no alice@example.org here"}, "failed"),
        ({"END": "451 try later"}, "waiting"),
        ({"END": "554 not with me"}, "failed"),
        ({"END": ""}, "uncertain"),
        ({"EHLO": "500 what", "HELO": "500 what"}, "waiting"),
    ],
)
def test_what_the_server_says_decides_whether_it_is_sent_again(
    reader, bob, server, answers, state, caplog
):
    caplog.set_level(logging.DEBUG)
    server.answers = answers
    tell(reader, bob)
    send_mails()
    assert states() == [state]
    assert "alice@" not in caplog.text
    server.answers = {}
    pass_time(minutes=1)
    send_mails()
    assert len(server.mails) == (0 if state == "failed" else 1)


def test_what_is_known_of_old_mails_is_forgotten(reader, bob, settings):
    tell(reader, bob)
    send_mails()
    age = timedelta(days=settings.NOTIFICATIONS_KEEP_DAYS + 1)
    Mail.objects.update(made_at=timezone.now() - age)
    assert mailing.forget_mails() == 1
    assert Notification.objects.get().mail is None


def test_a_choice_decides_how_one_is_told(reader, bob):
    NotificationChoice.objects.create(user=reader, kind="blessed", channel=Channel.SITE)
    tell(reader, bob)
    send_mails()
    assert outbox.outbox == [] and Notification.objects.of(reader).count() == 1
