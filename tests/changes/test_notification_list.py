"""The list of what somebody was told."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from changes.models import Notification

pytestmark = pytest.mark.django_db

LIST = reverse("changes:notification_list")
READ_ALL = reverse("changes:notification_read_all")


def told(recipient, number: int = 1, kind: str = "blessed", title: str = "Tasks") -> Notification:
    return Notification.objects.create(
        recipient=recipient,
        kind=kind,
        object_type="page",
        object_id=number,
        object_title=f"{title} {number}",
        url="/wiki/tasks/",
        unread_key=f"{recipient.pk}:{kind}:page:{number}",
    )


def read(notification: Notification) -> str:
    return reverse("changes:notification_read", args=[notification.pk])


def test_it_is_for_those_who_are_signed_in(client):
    assert client.get(LIST).status_code == 302
    assert client.post(READ_ALL).status_code == 302


def test_it_shows_ones_own_the_newest_first_and_escaped(client, alice, bob):
    told(alice, 1)
    told(alice, 2, title="<b>")
    told(bob, 3)
    client.force_login(alice)
    response = client.get(LIST)
    assert [line.sentence for line in response.context["lines"]] == ["<b> 2", "Tasks 1"]
    assert "&lt;b&gt; 2" in response.content.decode()


def test_it_narrows_to_what_is_unread_and_to_a_kind(client, alice):
    told(alice, 1)
    told(alice, 2, kind="cursed")
    client.force_login(alice)
    client.post(read(Notification.objects.get(object_id=1)))
    assert len(client.get(LIST, {"state": "unread"}).context["lines"]) == 1
    assert len(client.get(LIST, {"kind": "blessed"}).context["lines"]) == 1
    assert (
        "Nothing unread"
        in client.get(LIST, {"kind": "blessed", "state": "unread"}).content.decode()
    )


def test_reading_leads_back_to_the_list_as_it_was_narrowed_and_nowhere_else(client, alice):
    client.force_login(alice)
    one = told(alice)
    assert client.post(read(one), {"next": f"{LIST}?page=2"}).url == f"{LIST}?page=2"
    for elsewhere in ("https://evil.example/", "//evil.example/notifications/", "/log/"):
        assert client.post(read(one), {"next": elsewhere}).url == LIST
    one.refresh_from_db()
    assert not one.is_unread


def test_nobody_marks_what_another_was_told(client, alice, bob):
    client.force_login(bob)
    assert client.post(read(told(alice))).status_code == 404
    client.post(READ_ALL, {"until": "999999"})
    assert Notification.objects.unread().count() == 1


def test_all_that_was_seen_is_marked_as_read_at_once(client, alice):
    first, second = told(alice, 1), told(alice, 2)
    client.force_login(alice)
    client.post(READ_ALL, {"until": first.pk})
    assert Notification.objects.unread().get() == second
    client.post(READ_ALL, {"until": "x"})
    assert Notification.objects.unread().get() == second


def test_the_header_says_how_much_is_unread(client, alice):
    told(alice, 1)
    client.force_login(alice)
    assert '<span class="count">1<' in client.get("/changes/").content.decode()
    assert "Notifications" not in client.get("/", headers={"cookie": ""}).content.decode()


def test_it_takes_as_many_queries_for_many_as_for_few(client, alice):
    client.force_login(alice)
    told(alice, 1)
    client.get(LIST)  # what a process asks once
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for number in range(2, 60):
        told(alice, number)
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(LIST).context["lines"]) == 50
    assert len(many) == len(few) <= 8
