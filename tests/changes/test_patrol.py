"""Patrol: marks, the filter, many at once, and from one difference to the next."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import CONTRIBUTORS, TRUSTED
from changes.filters import ChangeQuery
from changes.models import Change
from changes.patrolling import count_unpatrolled, find_next_unpatrolled, patrol, patrol_all
from changes.recording import Authorship
from tests.cast import make_user
from tests.changes.content import edit, make_changes, make_page, make_page_with_revisions
from wiki.editing import create_page, delete_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def tessa(db: None) -> User:
    """Trusted: she patrols, and nobody patrols her edits."""
    return make_user("tessa", CONTRIBUTORS, TRUSTED)


def waiting() -> set[int]:
    return set(Change.objects.unpatrolled().values_list("pk", flat=True))


def test_edits_of_contributors_wait_and_those_of_the_trusted_do_not(alice, erin, tessa, maria):
    for actor in (alice, erin, tessa, maria, User.objects.get_bot()):
        make_page(actor, title=f"By {actor.username}")
    assert {c.actor for c in Change.objects.unpatrolled()} == {alice, erin}
    own = Change.objects.get(actor=tessa)
    assert (own.patrolled_by, own.is_patrolled) == (tessa, True)


def test_what_a_moderator_accepted_is_patrolled_by_the_moderator(alice, maria):
    by = Authorship(actor=alice, accepted_by=maria)
    create_page(values={"title": "Accepted", "body": "x"}, by=by)
    assert Change.objects.get().patrolled_by == maria


def test_who_may_patrol_marks_once_and_others_never(alice, erin, maria, tessa):
    make_page(alice)
    for actor in (alice, erin):
        with pytest.raises(PermissionDenied):
            patrol(change_ids=waiting(), actor=actor)
    chosen = waiting()
    assert patrol(change_ids=chosen, actor=tessa) == 1
    assert patrol(change_ids=chosen, actor=maria) == 0
    assert Change.objects.get().patrolled_by == tessa
    assert count_unpatrolled() == 0


def test_nobody_patrols_their_own_edits(alice, tessa):
    make_page(tessa)
    Change.objects.update(patrolled_at=None, patrolled_by=None)
    assert patrol(change_ids=waiting(), actor=tessa) == 1  # hers need none anyway
    Change.objects.update(patrolled_at=None, patrolled_by=None)
    permission = tessa.groups.get(name=TRUSTED).permissions.get(codename="autopatrol")
    tessa.groups.get(name=TRUSTED).permissions.remove(permission)
    again = User.objects.get(pk=tessa.pk)
    assert patrol(change_ids=waiting(), actor=again) == 0


def test_all_of_one_user_is_marked_up_to_what_was_seen(alice, bob, maria):
    page = make_page(alice)
    edit(page, "Bob's.\n", bob)
    seen = edit(page, "Alice's.\n", alice).history.count()
    up_to = Change.objects.get(version_after=seen).pk
    edit(page, "Unseen.\n", alice)
    assert patrol_all(query=ChangeQuery(user=alice), up_to=up_to, actor=maria) == 2
    assert [c.actor for c in Change.objects.unpatrolled()] == [alice, bob]
    with pytest.raises(ValueError, match="one user"):
        patrol_all(query=ChangeQuery(), up_to=up_to, actor=maria)


def test_next_is_the_oldest_behind_the_one_before_and_begins_anew(alice, maria):
    page = make_page_with_revisions(alice, 3)
    first, second, third = sorted(waiting())
    assert find_next_unpatrolled().change.pk == first
    assert find_next_unpatrolled(after=second).change.pk == third
    assert find_next_unpatrolled(after=third).change.pk == first
    assert find_next_unpatrolled().diff_url == f"{page.get_absolute_url()}revisions/1/"


def test_what_readers_cannot_see_comes_last_and_yet_can_be_patrolled(client, alice, maria):
    gone = make_page(alice, title="Gone")
    delete_page(page_id=gone.pk, reason="spam", by=Authorship(actor=maria))
    make_page(alice, title="Here")
    client.force_login(maria)
    assert client.get("/changes/unpatrolled/next/").url == "/wiki/here/revisions/1/"
    patrol(change_ids=[find_next_unpatrolled().change.pk], actor=maria)
    address = client.get("/changes/unpatrolled/next/").url
    assert address == f"/changes/?object=page:{gone.pk}"
    text = client.get(address).content.decode()
    assert f'value="{find_next_unpatrolled().change.pk}" form="patrol"' in text


def test_patrollers_see_marks_in_lists_history_and_difference_and_others_none(client, alice, maria):
    page = make_page(alice)
    edit(page, "Two.\n", alice)
    addresses = ("/changes/", "/wiki/tasks/history/", "/wiki/tasks/compare/?from=1&to=2")
    addresses = (*addresses, "/wiki/tasks/revisions/1/")
    for url in addresses:
        assert "not patrolled</span>" not in client.get(url).content.decode(), url
    client.force_login(maria)
    for url in addresses:
        assert "not patrolled</span>" in client.get(url).content.decode(), url
    patrol(change_ids=waiting(), actor=maria)
    for url in addresses:
        assert "not patrolled</span>" not in client.get(url).content.decode(), url
    assert "Patrolled by" in client.get(addresses[2]).content.decode()


def test_a_difference_is_patrolled_by_its_button_and_leads_to_the_next(client, alice, maria):
    page = make_page(alice)
    edit(page, "Two.\n", alice)
    first, second = sorted(waiting())
    client.force_login(maria)
    text = client.get("/wiki/tasks/revisions/1/").content.decode()
    assert '<button class="button" data-key="p">' in text
    assert f'href="/changes/unpatrolled/next/?after={first}" data-key="n"' in text
    data = {"change": first, "next": "next_unpatrolled"}
    response = client.post("/changes/patrol/", data)
    assert response.url == f"/changes/unpatrolled/next/?after={first}"
    assert client.get(response.url).url == "/wiki/tasks/compare/?from=1&to=2"
    response = client.post("/changes/patrol/", {"change": second, "next": "https://evil.example/"})
    assert response.url == "/changes/?patrolled=no"
    last = client.get("/changes/unpatrolled/next/", follow=True)
    assert "Everything is patrolled." in last.content.decode()


def test_a_difference_over_several_revisions_marks_them_all(client, alice, maria):
    make_page_with_revisions(alice, 4)
    client.force_login(maria)
    panel = client.get("/wiki/tasks/compare/?from=1&to=4").context["patrol"]
    assert [change.version_after for change in panel.waiting] == [4, 3, 2]


def test_the_list_of_one_user_marks_all_by_a_button(client, alice, bob, maria):
    page = make_page_with_revisions(alice, 60)
    edit(page, "Bob's.\n", bob)
    client.force_login(maria)
    response = client.get("/changes/?user=alice&patrolled=no")
    assert response.context["waiting"] == 60
    data = {"user": "alice", "up_to": response.context["newest_waiting"]}
    assert client.post("/changes/patrol/", data).status_code == 302
    assert [c.actor for c in Change.objects.unpatrolled()] == [bob]
    assert client.post("/changes/patrol/", {"up_to": "5"}).status_code == 400


def test_others_than_patrollers_are_refused(client, alice):
    make_page(alice)
    for login in (False, True):
        if login:
            client.force_login(alice)
        assert client.post("/changes/patrol/", {"change": "1"}).status_code == 403
        assert client.get("/changes/unpatrolled/next/").status_code == 403


def test_the_filter_narrows_lists_and_feeds_which_change_by_a_patrol(client, alice, maria):
    page = make_page(alice)
    edit(page, "Two.\n", alice)
    first, second = sorted(waiting())
    before = client.get("/changes.atom?patrolled=no")
    patrol(change_ids=[first], actor=maria)
    after = client.get("/changes.atom?patrolled=no")
    assert before.headers["ETag"] != after.headers["ETag"]
    (day,) = client.get("/changes/?patrolled=no").context["days"]
    assert [line.change.pk for line in day.lines] == [second]
    (day,) = client.get("/changes/?patrolled=yes").context["days"]
    assert [line.change.pk for line in day.lines] == [first]


def test_patrol_costs_the_same_however_many_wait(client, alice, maria):
    client.force_login(maria)
    costs = []
    for count in (2, 30):
        make_page_with_revisions(alice, count, title=f"With {count}")
        urls = ("/changes/?patrolled=no", "/changes/?user=alice", "/changes/unpatrolled/next/")
        for url in urls:
            client.get(url)
        queries = []
        for url in urls:
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            queries.append(len(captured))
        costs.append(queries)
    assert costs[0] == costs[1]


def test_counting_what_waits_asks_the_partial_index(alice, maria):
    make_changes(maria, 300, patrolled_at="2026-01-01T00:00:00Z")
    make_page(alice)
    with CaptureQueriesContext(connection) as captured:
        assert count_unpatrolled() == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {captured[0]['sql']}")
            assert "change_unpatrolled" in str(cursor.fetchall())
