"""Rollback: what the last author wrote in a row goes at once, by one key from the difference."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.limits import LimitReachedError
from accounts.rates import read_rates
from accounts.roles import CONTRIBUTORS, TRUSTED
from catalog.editing import edit_resource
from changes.models import Change
from changes.recording import Authorship, StaleVersionError
from changes.rolling_back import Rollback, find_rollbacks, roll_back
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from wiki.models import Page

pytestmark = pytest.mark.django_db

URL = "/changes/rollback/"


@pytest.fixture
def page(alice, bob) -> Page:
    """Alice wrote twice, then bob three times."""
    page = edit(make_page(alice), "Alice's.\n", alice)
    for word in ("one", "two", "three"):
        page = edit(page, f"Bob's {word}.\n", bob)
    return page


def test_the_last_run_of_one_author_goes_by_one_revision(page, bob, maria):
    done = roll_back(object_type="page", object_id=page.pk, through=5, actor=maria)
    assert (done.count, done.to, done.author_label, done.kept_label) == (3, 2, "bob", "alice")
    page.refresh_from_db()
    assert (page.body, page.version) == ("Alice's.\n", 6)
    change = Change.objects.order_by("-pk")[0]
    assert (change.kind, change.actor, change.details) == ("reverted", maria, {"to": 2})
    assert change.summary == "Rolled back what bob wrote, to revision 2 by alice"
    by_bob = Change.objects.filter(actor=bob)
    assert {c.patrolled_by for c in by_bob} == {maria}
    assert Change.objects.unpatrolled().count() == 2  # alice's wait as before


def test_a_rollback_can_itself_be_rolled_back(page, maria, mika):
    roll_back(object_type="page", object_id=page.pk, through=5, actor=maria)
    roll_back(object_type="page", object_id=page.pk, through=6, actor=mika)
    page.refresh_from_db()
    assert page.body == "Bob's three.\n"


def test_entries_and_sections_are_rolled_back_too(alice, bob, erin, maria):
    section = make_section(erin)
    entry = make_resource(alice, section)
    by = Authorship(actor=bob)
    edit_resource(resource_id=entry.pk, base_version=1, values={"title": "Spam"}, by=by)
    roll_back(object_type="resource", object_id=entry.pk, through=2, actor=maria)
    entry.refresh_from_db()
    assert entry.title == "Docs"
    with pytest.raises(ValidationError, match="Nobody else wrote here"):
        roll_back(object_type="section", object_id=section.pk, through=1, actor=maria)


def test_what_was_written_since_is_never_taken_back_unseen(page, alice, maria):
    edit(page, "Alice again.\n", alice)
    with pytest.raises(StaleVersionError):
        roll_back(object_type="page", object_id=page.pk, through=5, actor=maria)
    page.refresh_from_db()
    assert page.version == 6


def test_only_patrollers_roll_back(page, alice, erin):
    for actor in (alice, erin):
        with pytest.raises(PermissionDenied):
            roll_back(object_type="page", object_id=page.pk, through=5, actor=actor)
    tessa = make_user("tessa", CONTRIBUTORS, TRUSTED)
    assert roll_back(object_type="page", object_id=page.pk, through=5, actor=tessa).count == 3


def test_rollbacks_are_limited(page, bob, settings):
    settings.RATE_LIMITS = read_rates(["rollback.user=1/1h"])
    tessa = make_user("tessa", CONTRIBUTORS, TRUSTED)
    roll_back(object_type="page", object_id=page.pk, through=5, actor=tessa)
    edit(page, "Again.\n", bob)
    with pytest.raises(LimitReachedError):
        roll_back(object_type="page", object_id=page.pk, through=7, actor=tessa)


def test_many_objects_are_asked_for_in_three_queries(alice, bob):
    keys = []
    for number in range(4):
        page = edit(make_page(alice, f"Page {number}"), "Bob's.\n", bob)
        keys.append(("page", page.pk))
    alone = make_page(alice, "Alone")
    with CaptureQueriesContext(connection) as queries:
        found = find_rollbacks([*keys, ("page", alone.pk)])
    assert len(queries) <= 4
    assert sorted(found) == sorted(keys)
    assert found[keys[0]] == Rollback(
        object_type="page",
        object_id=keys[0][1],
        author_id=bob.pk,
        author_label="bob",
        kept_label="alice",
        to=1,
        through=2,
    )


def test_the_button_stands_at_the_newest_difference_and_leads_to_the_result(
    client, page, alice, maria
):
    client.force_login(maria)
    old = client.get("/wiki/tasks/compare/?from=1&to=2").content.decode()
    assert 'data-key="r"' not in old
    text = client.get("/wiki/tasks/compare/?from=4&to=5").content.decode()
    assert "Roll back 3 changes by bob" in text
    assert f'name="object" value="page:{page.pk}"' in text
    response = client.post(URL, {"object": f"page:{page.pk}", "through": "5"})
    assert response.url == "/wiki/tasks/compare/?from=5&to=6"
    answer = client.get(response.url).content.decode()
    assert "3 changes by bob are rolled back." in answer
    assert "/wiki/tasks/revert/?to=5" in answer


@pytest.mark.parametrize(("through", "said"), [("4", "since you looked"), ("", "since you looked")])
def test_a_stale_button_says_so_and_does_nothing(client, page, maria, through, said):
    client.force_login(maria)
    response = client.post(URL, {"object": f"page:{page.pk}", "through": through}, follow=True)
    assert said in response.content.decode()
    page.refresh_from_db()
    assert page.version == 5


def test_others_see_no_button_and_are_refused(client, page, alice):
    client.force_login(alice)
    assert 'data-key="r"' not in client.get("/wiki/tasks/compare/").content.decode()
    assert client.post(URL, {"object": f"page:{page.pk}", "through": "5"}).status_code == 403


@pytest.mark.parametrize("name", ["", "page", "page:x", "page:999", "nothing:1", "link:1"])
def test_what_is_not_there_is_no_fault(client, page, maria, name):
    client.force_login(maria)
    assert client.post(URL, {"object": name, "through": "5"}).status_code == 404
