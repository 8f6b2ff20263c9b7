"""Who is told what, and what becomes one notification."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from accounts.models import User
from changes.models import Notification, NotificationChoice
from changes.notification_kinds import NotificationKind, find_kind, register_kind
from changes.notification_models import Channel
from changes.notifying import (
    NotificationSubject,
    forget_notifications,
    mark_read,
    notify,
    notify_all,
)
from tests.cast import make_user

pytestmark = pytest.mark.django_db

PAGE = NotificationSubject(object_type="page", object_id=7, title="Tasks", url="/wiki/tasks/")


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr("changes.notification_kinds._kinds", {})
    sentence = "%(actor)s blessed %(title)s with %(what)s."
    register_kind(NotificationKind(name="blessed", label="blessings", sentence=sentence))
    register_kind(NotificationKind(name="cursed", label="curses", sentence="%(actor)s cursed."))


def tell(*recipients: User, actor: User | None, kind: str = "blessed", **params: object) -> None:
    params.setdefault("what", "oil")
    notify_all(recipients=recipients, kind=kind, subject=PAGE, actor=actor, params=params)


def sentence(notification: Notification) -> str:
    return find_kind(notification.kind).tell(notification)


def test_a_notification_is_a_sentence_and_an_address(alice, bob):
    notify(recipient=alice, kind="blessed", subject=PAGE, actor=bob, params={"what": "oil"})
    notification = Notification.objects.of(alice).get()
    assert sentence(notification) == "bob blessed Tasks with oil."
    assert (notification.url, notification.is_unread) == ("/wiki/tasks/", True)


def test_it_is_put_into_words_in_the_language_of_who_reads_it(alice, bob):
    register_kind(NotificationKind(name="x", label="x", sentence=gettext_lazy("January")))
    tell(alice, actor=bob, kind="x")
    with translation.override("es"):
        assert sentence(Notification.objects.get()) == "enero"


def test_a_name_of_another_direction_stays_where_it_belongs(alice, bob):
    tell(alice, actor=bob, what="שמן")
    assert "\u2068שמן\u2069" in sentence(Notification.objects.get())


def test_nobody_is_told_of_what_they_did_themselves(alice, bob):
    tell(alice, bob, actor=alice)
    assert Notification.objects.get().recipient == bob


def test_neither_bots_nor_closed_accounts_are_told(alice, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    bob.refresh_from_db()
    tell(User.objects.get_bot(), bob, actor=alice)
    assert not Notification.objects.exists()


def test_who_does_not_want_to_hear_of_a_kind_is_not_told(alice, bob, erin):
    NotificationChoice.objects.create(user=bob, kind="blessed", channel=Channel.OFF)
    NotificationChoice.objects.create(user=erin, kind="blessed", channel=Channel.DIGEST)
    tell(bob, erin, actor=alice)
    assert list(Notification.objects.values_list("recipient", "channel")) == [(erin.pk, "digest")]


def test_what_is_unread_of_the_same_kind_and_object_is_one(alice, bob, erin):
    tell(alice, actor=bob)
    tell(alice, actor=erin, what="water")
    tell(alice, actor=erin, kind="cursed")
    blessed = Notification.objects.get(kind="blessed")
    assert (blessed.count, sentence(blessed)) == (2, "erin blessed Tasks with water.")
    assert Notification.objects.count() == 2


def test_once_read_the_next_is_a_new_one(alice, bob):
    tell(alice, actor=bob)
    mark_read(user=alice)
    tell(alice, actor=bob)
    assert Notification.objects.of(alice).count() == 2
    assert Notification.objects.of(alice).unread().count() == 1
    assert Notification.objects.of(alice).unread().get().count == 1


def test_reading_marks_only_ones_own_and_only_what_was_seen(alice, bob, erin):
    tell(alice, bob, actor=erin)
    seen = Notification.objects.of(alice).get()
    tell(alice, actor=erin, kind="cursed")
    assert mark_read(user=alice, until=seen.pk) == 1
    assert Notification.objects.unread().filter(recipient=alice).get().kind == "cursed"
    assert mark_read(user=alice, ids=[Notification.objects.of(bob).get().pk]) == 0


def test_many_are_told_in_as_many_queries_as_few(alice, bob, django_assert_num_queries):
    people = [make_user(f"reader{number}") for number in range(40)]
    with django_assert_num_queries(5):  # the savepoint is two of them
        tell(bob, actor=alice)
    with django_assert_num_queries(5):
        tell(*people, actor=alice)
    with django_assert_num_queries(5):
        tell(*people, actor=alice)
    assert Notification.objects.filter(count=2).count() == 40


def test_an_unknown_kind_is_a_fault_of_the_caller(alice, bob):
    with pytest.raises(KeyError):
        tell(alice, actor=bob, kind="unheard")


def test_old_ones_are_forgotten(alice, bob, settings):
    settings.NOTIFICATIONS_KEEP_DAYS = 30
    with time_machine.travel(timezone.now() - timedelta(days=31)):
        tell(alice, actor=bob)
    tell(bob, actor=alice)
    assert forget_notifications() == 1
    assert Notification.objects.get().recipient == bob
