"""Following pages, resources and sections."""

import json

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from changes.feed_tokens import renew_feed_token
from changes.filters import ChangeQuery
from changes.hiding import hide_parts
from changes.mail_models import Preferences
from changes.models import Notification, NotificationChoice, ObjectType, Watch
from changes.notification_models import Channel
from changes.recording import Authorship
from changes.tasks import send_mails
from changes.watching import WATCHED_CHANGED, mark_seen, watch
from tests.changes.content import edit, make_page, make_resource, make_section
from wiki.editing import delete_page

pytestmark = pytest.mark.django_db


def shown(response):
    return [line.change.object_title for day in response.context["days"] for line in day.lines]


def told(user):
    return list(
        Notification.objects.of(user).filter(kind=WATCHED_CHANGED).values_list("count", flat=True)
    )


def test_a_page_is_watched_and_unwatched_by_its_button(client, alice, bob):
    page = make_page(bob)
    client.force_login(alice)
    assert 'value="watch"' in client.get(page.get_absolute_url()).content.decode()
    sent = {"object": f"page:{page.pk}", "next": page.get_absolute_url()}
    for _twice in range(2):
        answer = client.post("/watchlist/change/", {**sent, "action": "watch"})
        assert answer.url == page.get_absolute_url()
    assert Watch.objects.of(alice).count() == 1
    assert 'value="unwatch"' in client.get(page.get_absolute_url()).content.decode()
    client.post("/watchlist/change/", {**sent, "action": "unwatch"})
    assert not Watch.objects.exists()


@pytest.mark.parametrize("value", ["page:999", "link:1", "page:x", "", "user:1"])
def test_what_is_not_there_is_not_watched(client, alice, value):
    client.force_login(alice)
    answer = client.post("/watchlist/change/", {"object": value, "action": "watch"})
    assert answer.status_code == 404
    assert not Watch.objects.exists()


def test_a_deleted_page_is_not_watched(client, alice, maria):
    page = make_page(maria)
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    client.force_login(alice)
    answer = client.post("/watchlist/change/", {"object": f"page:{page.pk}", "action": "watch"})
    assert answer.status_code == 404


def test_resources_and_sections_have_the_button_and_anonymous_readers_do_not(client, alice, erin):
    section = make_section(erin)
    resource = make_resource(erin, section)
    for url in (section.get_absolute_url(), resource.get_absolute_url()):
        assert b"/watchlist/change/" not in client.get(url).content
    client.force_login(alice)
    for url in (section.get_absolute_url(), resource.get_absolute_url()):
        assert b"/watchlist/change/" in client.get(url).content


def test_the_list_shows_what_is_watched_and_of_a_section_what_stands_in_it(client, alice, erin):
    section, other = make_section(erin), make_section(erin, "Other")
    make_resource(erin, section, "Docs")
    make_resource(erin, other, "Elsewhere")
    page = make_page(erin, "Tasks")
    make_page(erin, "Actors")
    watch(user=alice, object_type="page", object_id=page.pk)
    watch(user=alice, object_type="section", object_id=section.pk)
    client.force_login(alice)
    assert shown(client.get("/watchlist/")) == ["Tasks", "Docs", "Core"]
    assert shown(client.get("/watchlist/?type=resource")) == ["Docs"]
    assert shown(client.get("/watchlist/?user=alice")) == []
    assert client.get("/watchlist/?kind=nonsense").status_code == 400


def test_nothing_is_shown_to_who_watches_nothing(client, alice, erin):
    make_page(erin)
    client.force_login(alice)
    answer = client.get("/watchlist/")
    assert shown(answer) == [] and b"You watch nothing yet" in answer.content


def test_as_many_queries_for_many_watched_as_for_one(client, alice, erin):
    client.force_login(alice)
    counts = []
    for size in (1, 12):
        for number in range(size):
            page = make_page(erin, f"Page {size} {number}")
            watch(user=alice, object_type="page", object_id=page.pk)
        for url in ("/watchlist/", "/watchlist/edit/"):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                client.get(url)
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


def test_changes_of_what_is_watched_are_asked_by_indexes(alice):
    Watch.objects.bulk_create(
        [Watch(user=alice, object_type="page", object_id=number) for number in range(1, 40)]
        + [Watch(user=alice, object_type="section", object_id=1)]
    )
    plan = ChangeQuery(watched_by=alice).find()[:51].explain()
    assert "change_object" in plan or connection.vendor != "sqlite", plan


def test_watchers_are_told_once_until_they_have_seen_it_and_not_of_their_own(alice, bob, erin):
    section = make_section(erin)
    page = make_page(erin)
    for user in (alice, bob):
        watch(user=user, object_type="page", object_id=page.pk)
    edit(page, "By Alice.\n", alice)
    edit(page, "By Erin.\n", erin)
    assert (told(alice), told(bob)) == ([1], [2])
    mark_seen(user=bob, object_type="page", object_id=page.pk)
    edit(page, "By Erin again.\n", erin)
    assert told(bob) == [1, 2]
    watch(user=bob, object_type="section", object_id=section.pk)
    make_resource(erin, section)
    assert Notification.objects.of(bob).unread().count() == 2


def test_a_change_is_mailed_once_until_it_is_seen(alice, bob):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    NotificationChoice.objects.create(user=alice, kind=WATCHED_CHANGED, channel=Channel.MAIL)
    page = make_page(bob)
    watch(user=alice, object_type="page", object_id=page.pk)
    for number in range(3):
        edit(page, f"{number}.\n", bob)
        send_mails()
    assert len(outbox.outbox) == 1
    assert "/wiki/tasks/history/" in outbox.outbox[0].body
    mark_seen(user=alice)
    edit(page, "New.\n", bob)
    send_mails()
    assert len(outbox.outbox) == 2


def test_a_visit_marks_it_as_seen_by_a_form_and_not_by_looking(client, alice, bob):
    page = make_page(bob)
    watch(user=alice, object_type="page", object_id=page.pk)
    edit(page, "More.\n", bob)
    client.force_login(alice)
    text = client.get(page.get_absolute_url()).content.decode()
    assert "data-seen" in text and Notification.objects.unread().exists()
    client.post("/watchlist/seen/", {"object": f"page:{page.pk}", "next": "/"})
    assert not Notification.objects.unread().exists()
    assert "data-seen" not in client.get(page.get_absolute_url()).content.decode()


def test_what_is_edited_is_watched_by_who_wants_that(alice, bob):
    Preferences.objects.create(user=alice, watches_edits=True)
    page = make_page(bob)
    edit(page, "By Alice.\n", alice)
    edit(page, "By Alice again.\n", alice)
    [one] = Watch.objects.all()
    assert (one.user, one.object_type, one.object_id) == (alice, ObjectType.PAGE, page.pk)


def test_some_are_unwatched_together_and_only_ones_own(client, alice, bob):
    pages = [make_page(bob, f"Page {number}") for number in range(3)]
    for page in pages:
        for user in (alice, bob):
            watch(user=user, object_type="page", object_id=page.pk)
    client.force_login(alice)
    mine = list(Watch.objects.of(alice).values_list("pk", flat=True))
    client.post("/watchlist/edit/", {"watch": mine[:2]})
    assert Watch.objects.of(alice).count() == 1
    for nonsense in ("9" * 30, "-1", "x\0", "é"):
        assert client.post("/watchlist/edit/", {"watch": nonsense}).status_code == 302
    theirs = list(Watch.objects.of(bob).values_list("pk", flat=True))
    client.post("/watchlist/edit/", {"watch": theirs})
    assert Watch.objects.of(bob).count() == 3


def test_the_watchlist_is_a_private_feed(client, alice, bob):
    page = make_page(bob, "Tasks")
    make_page(bob, "Actors")
    watch(user=alice, object_type="page", object_id=page.pk)
    url = reverse("changes:watchlist_feed", args=[renew_feed_token(user=alice), "json"])
    answer = client.get(url)
    assert [entry["tags"] for entry in json.loads(answer.content)["items"]] == [["created", "page"]]
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_nothing_hidden_is_found_by_watching(client, alice, bob, maria):
    page = make_page(bob, "Number of a telephone")
    watch(user=alice, object_type="page", object_id=page.pk)
    edit(page, "More.\n", bob)
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    hide_parts(
        object_type="page", object_id=page.pk, first=1, last=3, parts=["text"], reason="X", by=maria
    )
    client.force_login(alice)
    feed = reverse("changes:watchlist_feed", args=[renew_feed_token(user=alice), "atom"])
    for url in ("/watchlist/", "/watchlist/edit/", "/notifications/", feed):
        answer = client.get(url)
        assert answer.status_code == 200 and b"telephone" not in answer.content
